import { checkSeconds, known, record, show, wrong } from '../base/option-checks.js';

/** Options of `ctx.exclusive()`. */
export interface ExclusiveOptions {

  /** Seconds to wait for those who came before; 15 by default. With 0, the call fails at once if the lock is taken. */
  wait?: number | undefined;

  /**
   * Seconds after which the lock of a process that has died ends; 10 by default, at
   * least 1. A living process extends its lock, so the function may take longer. If
   * the process stands still for longer than this, it loses the lock.
   */
  lease?: number | undefined;

  /** Ends the wait: the call rejects with the signal's reason. The function gets a signal of its own. */
  signal?: AbortSignal | undefined;

}

export interface ExclusiveSettings {
  readonly wait: number;
  readonly lease: number;
  readonly signal: AbortSignal | undefined;
}

const LONGEST = 3600;

/** @throws {TypeError} for a wrong argument */
export function checkCall(key: unknown, task: unknown): void {

  if (typeof key !== 'string' || key === '') throw new TypeError(`ctx.exclusive() was given the key ${show(key)}: it must be a text that is not empty`);
  if (typeof task !== 'function') throw new TypeError(`ctx.exclusive() was given ${show(task)}: it must be a function`);

}

/** @throws {TypeError} for a wrong option */
export function exclusiveSettings(options: ExclusiveOptions = {}): ExclusiveSettings {

  record('ctx.exclusive(): options', options);
  known('ctx.exclusive(): option', options, ['wait', 'lease', 'signal']);
  const { wait = 15, lease = 10, signal } = options;
  checkSeconds('wait', wait, 0, LONGEST);
  checkSeconds('lease', lease, 1, LONGEST);
  if (signal !== undefined && !(signal instanceof AbortSignal)) throw wrong('signal', signal, 'must be an AbortSignal');
  return { wait, lease, signal };

}
