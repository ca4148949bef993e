import type { Awaitable } from './store.js';

/*
 * A store in memory answers at once, and a promise for each of its answers would
 * cost more than the answer. So most requests go on without waiting.
 */

export function isThenable<T>(value: Awaitable<T>): value is PromiseLike<T> {

  return typeof value === 'object' && value !== null && typeof (value as PromiseLike<T>).then === 'function';

}

/** Goes on with an answer: at once if it is a value, otherwise when its promise resolves. */
export function andThen<T, R>(answer: Awaitable<T>, next: (value: T) => Awaitable<R>): Awaitable<R> {

  return isThenable(answer) ? answer.then(next) : next(answer);

}

/**
 * Makes a call, and does something as soon as it was answered or has failed.
 *
 * @returns what the call returned; its errors are passed on
 */
export function settled<T>(call: () => Awaitable<T>, answered: (answer: T) => void, failed: (error: unknown) => void): Awaitable<T> {

  let answer: Awaitable<T>;
  try {
    answer = call();
  } catch (error) {
    failed(error);
    throw error;
  }
  if (!isThenable(answer)) {
    answered(answer);
    return answer;
  }
  return answer.then(
    value => {
      answered(value);
      return value;
    },
    error => {
      failed(error);
      throw error;
    },
  );

}
