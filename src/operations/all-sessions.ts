import type { SessionStore, StoredSession } from '../base/store.js';
import { unixTime } from '../base/time.js';
import type { SessionMetadata } from '../base/user-session.js';
import { readDetails } from '../info/session-details.js';
import { type OperationOptions, operable } from './operable.js';

/** A live session, as {@link allSessions} lists it. Times are Unix timestamps in whole seconds. */
export interface ListedSession {
  /** Its public name, which can be shown and logged. */
  readonly handle: string;
  /** Null for an anonymous session, and for all without the option `user`. */
  readonly user: string | null;
  /** When it began, or its user signed in; null if the store keeps no details of it. */
  readonly createdAt: number | null;
  /** When its user last proved who they are; null if `ctx.authenticated()` was never called. */
  readonly authenticatedAt: number | null;
  /** When it was last written or touched; null if the store does not know. */
  readonly seenAt: number | null;
  /** When it ends if it is not used again. */
  readonly expiresAt: number;
  /** When it ends, however often it is used; null for never. */
  readonly absoluteExpiresAt: number | null;
  /** The texts that the application gave to `ctx.authenticated()`. */
  readonly metadata: SessionMetadata;
  /** The bytes of its keys and values, in the form in which the store keeps them. */
  readonly size: number;
}

/** Options of {@link allSessions}. */
export interface AllSessionsOptions extends OperationOptions {
  /** The most sessions that the store is asked for at a time, at most 1000; 200 by default. */
  pageSize?: number | undefined;
}

/**
 * Lists all live sessions in a store, in no particular order, without their values. One
 * page at a time is in memory. A session that exists all the time is listed, maybe
 * twice; one that begins or ends in between may be missing.
 *
 * @throws {TypeError} if the store can't list sessions, or for a wrong option
 * @throws {SessionStoreError} while it is read, if the store fails
 */
export function allSessions(store: SessionStore, options: AllSessionsOptions = {}): AsyncGenerator<ListedSession, void> {

  const ask = operable(store, 'sessionPage', options, ['pageSize']);
  const { pageSize: limit = 200 } = options;
  return list();

  async function* list(): AsyncGenerator<ListedSession, void> {
    let after: string | undefined;
    do {
      const now = unixTime();
      const { sessions, next } = await ask(each => each.sessionPage({ after, limit }));
      for (const session of sessions) yield listed(session, now);
      after = next ?? undefined;
    } while (after !== undefined);
  }

}

function listed({ handle, user, details, idle, remaining, size }: StoredSession, now: number): ListedSession {

  const info = (details === '' ? null : readDetails(details)) ?? {};
  const { created, authenticated, endsAt } = info;
  return {
    handle, user, size,
    createdAt: inSeconds(created),
    authenticatedAt: inSeconds(authenticated),
    // Rounding in the store, and the time that its answer takes, must not put this before the sign-in.
    seenAt: idle === null ? null : inSeconds(Math.max(now - idle, created ?? 0, authenticated ?? 0)),
    expiresAt: Math.floor(Math.min(now + remaining, endsAt ?? Infinity)),
    absoluteExpiresAt: inSeconds(endsAt),
    metadata: info.metadata ?? {},
  };

}

function inSeconds(time: number | undefined): number | null {

  return time === undefined ? null : Math.floor(time);

}
