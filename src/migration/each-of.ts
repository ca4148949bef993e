/**
 * Does something with each item, at most so many at a time. One that fails leaves the
 * rest to the others: what can be done is done, and a backend that fails each time is
 * asked no more than so many times.
 *
 * @throws the first error, when nothing is under way any more
 */
export async function eachOf<T>(items: readonly T[], atOnce: number, act: (item: T) => Promise<unknown>): Promise<void> {

  // They share it: each takes the next item.
  const left = items.values();
  const workers = Array.from({ length: atOnce }, async () => {
    for (const item of left) await act(item);
  });
  for (const worker of await Promise.allSettled(workers)) if (worker.status === 'rejected') throw worker.reason;

}
