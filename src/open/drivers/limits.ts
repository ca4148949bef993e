/*
 * Time limits of connections, in milliseconds. The middleware waits for
 * `storeTimeout` seconds, 3 by default, and then answers 503; these limits decide
 * when a connection is given up and replaced by a new one.
 */

/** For a new connection. */
export const CONNECTING = 5000;

/** For an answer, over a connection that may have broken silently. */
export const ANSWERING = 5000;

/** For commands that are under way when a connection is closed. */
export const CLOSING = 2000;

/** Returns the milliseconds to wait before a connection is tried again, after this number of failures. */
export function pause(failures: number): number {

  return Math.min(50 * 2 ** failures, 500);

}

/** Waits for a promise, at most for this number of milliseconds. */
export async function within<T>(milliseconds: number, promise: PromiseLike<T>): Promise<T> {

  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    const giveUp = () => reject(new Error(`No answer within ${milliseconds / 1000} seconds`));
    const due = performance.now() + milliseconds;
    // Answers may have come while the process stood still, and not have been read: it gets that time back.
    timer = setTimeout(() => {
      timer = setTimeout(giveUp, Math.min(performance.now() - due, milliseconds));
    }, milliseconds);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));

}
