import { wrong } from '../../base/option-checks.js';
import { checkNames } from '../shared/store-options.js';

/** Options of `MemoryStore`. */
export interface MemoryStoreOptions {

  /**
   * The most sessions to keep; unlimited by default. When it is exceeded,
   * the least recently used anonymous session is dropped, as if it had expired; if
   * there is none, the least recently used one of any user.
   */
  maxSessions?: number;

  /**
   * The clock, in seconds since 1970; the system's by default. For tests. It does
   * not move deadlines, such as those of `absoluteExpiry`.
   */
  now?: () => number;

}

/** @throws {TypeError} for a wrong option */
export function checkedOptions(options: MemoryStoreOptions): Required<MemoryStoreOptions> {

  checkNames(options, 'maxSessions', 'now');
  const { maxSessions = Infinity, now = systemTime } = options;
  if (maxSessions !== Infinity && !(Number.isInteger(maxSessions) && maxSessions >= 1)) {
    throw wrong('maxSessions', maxSessions, 'must be a whole number from 1, or Infinity');
  }
  if (typeof now !== 'function') {
    throw wrong('now', now, 'must be a function that returns seconds');
  }
  return { maxSessions, now };

}

function systemTime(): number {

  return Date.now() / 1000;

}
