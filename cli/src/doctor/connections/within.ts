/** The milliseconds that a server may take to accept a connection, or to answer. */
export const PATIENCE = 5000;

/** Waits for an answer, but not without end. */
export async function within<T>(answer: PromiseLike<T>, patience = PATIENCE): Promise<T> {

  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`No answer within ${patience / 1000} seconds`)), patience);
  });
  return Promise.race([answer, late]).finally(() => clearTimeout(timer));

}
