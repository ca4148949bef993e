import { checkSeconds, known, record, wrong } from '../base/option-checks.js';
import type { SessionStore } from '../base/store.js';
import { type WrappedStore, wrapStore } from '../wrapping/wrap-store.js';
import { cachedMethods } from './cached-methods.js';

/** Options of {@link cached}. */
export interface CacheOptions {

  /**
   * The most seconds by which a copy can be out of date, whatever fails; 1 by
   * default, at most 60. A copy is used for so long, or for as long as the store has
   * confirmed within this time that the session has not changed.
   */
  maxAge?: number | undefined;

  /** The most sessions to keep copies of; 10,000 by default. The least recently used is dropped first. */
  maxSessions?: number | undefined;

  /** The most bytes that the copies may take, approximately; 64 MiB by default. */
  maxBytes?: number | undefined;

}

const KNOWN = ['maxAge', 'maxSessions', 'maxBytes'];

/**
 * Makes a store around another that keeps copies of sessions in this process, for
 * requests with `GET`, `HEAD` and `OPTIONS`. All others read the store, and all
 * changes are made there. The copies are plain, also those of an encrypted store.
 *
 * @param store any store. One of Redis whose client has `emitInvalidate: true` reports
 *   changes by other processes at once; without reports, a change is seen after
 *   `maxAge` seconds at the latest
 * @throws {TypeError} for a wrong option, or a store that lacks a method
 */
export function cached<Store extends SessionStore>(store: Store, options: CacheOptions = {}): WrappedStore<Store> {

  record('options', options);
  known('option', options, KNOWN);
  const { maxAge = 1, maxSessions = 10_000, maxBytes = 64 * 2 ** 20 } = options;
  checkSeconds('maxAge', maxAge, 0.001, 60);
  checkWhole('maxSessions', maxSessions, MOST_SESSIONS);
  checkWhole('maxBytes', maxBytes, MOST_BYTES);
  return wrapStore(store, inner => cachedMethods(inner, { maxAge, maxSessions, maxBytes }));

}

/** The list of copies is as long as that from the beginning. */
const MOST_SESSIONS = 10_000_000;

const MOST_BYTES = 2 ** 40;

function checkWhole(option: string, value: number, most: number): void {

  if (!(Number.isInteger(value) && value >= 1 && value <= most)) throw wrong(option, value, `must be a whole number from 1 to ${most}`);

}
