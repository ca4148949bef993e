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
