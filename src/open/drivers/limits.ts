/*
 * How long connections are waited for, in milliseconds. The middleware waits for
 * `storeTimeout` seconds, 3 by default, and answers 503 then; these decide when
 * a connection is given up and another one made in its place.
 */

/** For a new connection. */
export const CONNECTING = 5000;

/** For an answer, over a connection that may be broken without anyone having said so. */
export const ANSWERING = 5000;

/** For the end of what is under way when a connection is closed. */
export const CLOSING = 2000;

/** The pause before a connection is tried again, after so many failures. */
export function pause(failures: number): number {

  return Math.min(50 * 2 ** failures, 500);

}

/** Waits for a promise, and no longer than so many milliseconds. */
export async function within<T>(milliseconds: number, promise: PromiseLike<T>): Promise<T> {

  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    const giveUp = () => reject(new Error(`No answer within ${milliseconds / 1000} seconds`));
    const due = performance.now() + milliseconds;
    // While the process stood still, answers came that it has not read: it gets that time back.
    timer = setTimeout(() => {
      timer = setTimeout(giveUp, Math.min(performance.now() - due, milliseconds));
    }, milliseconds);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));

}
