/**
 * Runs a task for each item, several at a time. After a failure no more are begun.
 *
 * @throws the first error, when all that had begun have ended
 */
export async function inParallel<T>(items: Iterable<T>, most: number, task: (item: T) => Promise<void>): Promise<void> {

  const rest = items[Symbol.iterator]();
  const errors: unknown[] = [];
  const work = async () => {
    for (let next = rest.next(); !next.done && errors.length === 0; next = rest.next()) {
      await task(next.value).catch(error => errors.push(error));
    }
  };
  await Promise.all(Array.from({ length: most }, work));
  if (errors.length > 0) throw errors[0];

}
