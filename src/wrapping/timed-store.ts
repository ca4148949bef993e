import { andThen, isThenable } from '../base/awaitable.js';
import { SessionError, SessionStoreError } from '../base/errors.js';
import { plainError } from '../base/plain-error.js';
import type { AtomicSessionStore, Awaitable, EndReason, EndTerms, FoundSession, SessionTexts, StoreOperations } from '../base/store.js';
import { LONGEST_LIFE } from '../base/time.js';
import { endsObservers, reportEnds, reportMove } from '../events/session-ends.js';
import { type EventSource, publishFailed } from '../events/session-events.js';
import { IdWarnings } from '../id/id-warnings.js';
import { derivedHandle, isPlausibleId } from '../id/session-id.js';
import { adapted } from './checked-store.js';
import { type Caller, TimeLimit } from './time-limit.js';
import { hasUniqueHandles } from './unique-handles.js';

/** What a request does not ask of a store. */
type NotAsked = 'get' | 'set' | 'atomic' | 'touchIsFree' | 'endAllSessions' | 'watch' | 'watchEnds' | keyof StoreOperations;

/**
 * The store as a request sees it. It has all methods, and nothing that is not
 * listed here, but methods that the store lacks must not be called.
 */
export interface TimedStore extends Required<Omit<AtomicSessionStore, NotAsked>>, EventSource {

  /** Whether the store moves a session in one step. If not, it has `take`. */
  readonly canMove: boolean;

  /** Whether the store finds the sessions of a user, by `sessionsOf` and `endSessionsOf`. */
  readonly canIndex: boolean;

  /** Whether the store finds a session's info by its handle, by `infoByHandle`. */
  readonly canTell: boolean;

  /** Whether the store says what has become of sessions, by `statesOf`. */
  readonly canTellStates: boolean;

  /**
   * Creates a record, as `create` does, that is no session, and only keeps others
   * from creating one with the same handle. It is deleted, without a mark, if the
   * answer comes too late.
   *
   * @param texts those of a record that is no session
   * @returns whether it was created
   */
  claim(id: string, texts: SessionTexts, lifetime: number): Awaitable<boolean>;

  /**
   * Stores a session in the shape in which it was read, if its stored shape is another.
   * Only a store of sessions with a schema has this method.
   *
   * @param texts the very map that `load` returned
   * @returns whether anything was stored, so that the session has another version
   */
  upgrade?(id: string, texts: SessionTexts, lifetime: number): Awaitable<boolean>;

}

const CREATED = [true, false, 'revoked'] as const;
const UPDATED = ['updated', 'gone', 'conflict', 'too-large'] as const;
const ENDED = [true, false] as const;
const MOVED = ['moved', 'gone', 'conflict', 'too-large', 'revoked'] as const;

/**
 * Makes a store that answers within a time limit. Each failure is a
 * {@link SessionStoreError} with the store's own error as `cause`.
 *
 * @param store may stop being atomic, as the memory store does when a test replaces
 *   one of its four methods. It is adapted from then on
 * @param limit in seconds
 * @param cookieName of the middleware, for events; null outside of requests
 */
export function timedStore(store: AtomicSessionStore, limit: number, cookieName: string | null = null): TimedStore {

  const inner = () => (store.atomic === false ? adapted(store) : store) as Required<AtomicSessionStore>;
  // An adapter has no index: UserSessions asks the store itself.
  const indexing = store as Required<AtomicSessionStore>;
  const time = new TimeLimit(limit);
  const ids = new IdWarnings();

  /**
   * Calls the store, and waits for its answer.
   *
   * @param secrets ids that no error may contain
   * @param call is given a function that returns the seconds left for the answer
   * @param onLate is given an answer that came too late
   */
  const ask = <T>(
    secrets: readonly string[], call: (patienceLeft: () => number) => Awaitable<T>, onLate?: (value: T) => void,
  ): Awaitable<T> => {
    let caller: Caller | undefined;
    let answer: Awaitable<T>;
    try {
      answer = call(() => caller ? time.left(caller) : limit);
    } catch (error) {
      throw storeError(error, secrets, cookieName);
    }
    if (!isThenable(answer)) return answer;
    caller = { until: Infinity, prolonged: 0, giveUp() {} };
    return time.for(caller, answer, error => storeError(error, secrets, cookieName), onLate);
  };

  /** Returns the handle of an id, by default a hash. */
  const handleOf = (id: string) => (inner() as AtomicSessionStore).handleOf?.(id) ?? derivedHandle(id);

  return {

    newSessionId: moving => andThen(ask(moving === undefined ? [] : [moving], () => inner().newSessionId(moving)), id => ids.check(id)),

    load: (id, terms) => ask([id], () => andThen(inner().load(id, terms), checked)),

    create(id, texts, { lifetime, newInfo }) {
      // No browser gets the id of a session that was created too late, and no list must show it.
      const drop = async (isCreated: boolean | 'revoked') => { if (isCreated === true) await inner().end(id); };
      return ask([id], patienceLeft => andThen(
        inner().create(id, texts, { lifetime, patience: limit, patienceLeft, newInfo }),
        answer => oneOf(answer, 'create', CREATED),
      ), answer => { drop(answer).catch(() => {}); });
    },

    claim(id, texts, lifetime) {
      const drop = async (isCreated: boolean) => { if (isCreated) await inner().delete(id); };
      return ask([id], patienceLeft => andThen(
        inner().create(id, texts, { lifetime, patience: limit, patienceLeft }),
        answer => oneOf(answer, 'create', CREATED) === true,
      ), answer => { drop(answer).catch(() => {}); });
    },

    delete: id => ask([id], () => inner().delete(id)),

    update: (id, change, { lifetime, version, user, maxBytes, loaded }) => ask([id], patienceLeft => andThen(
      inner().update(id, change, { lifetime, version, patience: limit, patienceLeft, user, maxBytes, loaded }),
      answer => oneOf(answer, 'update', UPDATED),
    )),

    touch: (id, lifetime, user) => ask([id], () => inner().touch(id, lifetime, user)),

    end: (id, terms) => ask([id], () => andThen(inner().end(id, terms), answer => {
      if (answer === true && endsObservers.size > 0) reportEnds([handleOf(id)], reasonIn(terms));
      return oneOf(answer, 'end', ENDED);
    })),

    move: (id, newId, change, { lifetime, newInfo, version, maxBytes }) => ask([id, newId], patienceLeft => andThen(
      inner().move(id, newId, change, { lifetime, patience: limit, patienceLeft, newInfo, version, maxBytes }),
      answer => {
        if (answer === 'moved' && endsObservers.size > 0) reportMove(handleOf(id), handleOf(newId), newId);
        if (answer === 'revoked' && endsObservers.size > 0) reportEnds([handleOf(id)], 'revoked');
        return oneOf(answer, 'move', MOVED);
      },
    )),

    take: (id, newId) => ask([id, newId], patienceLeft => andThen(inner().take(id, newId, limit, patienceLeft), texts => {
      if (texts && endsObservers.size > 0) reportMove(handleOf(id), handleOf(newId), newId);
      return texts;
    })),

    sessionsOf: user => ask([], () => indexing.sessionsOf(user)),

    endSessionsOf: (user, terms) => ask([], () => andThen(indexing.endSessionsOf(user, terms), handles => {
      if (endsObservers.size > 0) reportEnds(handles, reasonIn(terms));
      return handles;
    })),

    infoByHandle: handle => ask([], () => indexing.infoByHandle(handle)),

    statesOf: handles => ask([], () => indexing.statesOf(handles)),

    get canMove() {
      return typeof inner().move === 'function';
    },

    get canIndex() {
      return typeof inner().sessionsOf === 'function';
    },

    get canTell() {
      return typeof inner().sessionsOf === 'function' && typeof inner().infoByHandle === 'function';
    },

    get canTellStates() {
      return typeof inner().sessionsOf === 'function' && typeof inner().statesOf === 'function';
    },

    get keepsInfo() {
      return inner().keepsInfo === true;
    },

    get uniqueHandles() {
      return hasUniqueHandles(inner());
    },

    handleOf,
    cookieName,

    /** Whether a text may be tried as an id. */
    isSessionId: (text: string) => (inner() as AtomicSessionStore).isSessionId?.(text) ?? isPlausibleId(text),

  };

}

function reasonIn({ moved, reason }: EndTerms = {}): EndReason {

  return moved ? 'signed-out' : reason ?? 'revoked';

}

function oneOf<T>(answer: unknown, method: string, allowed: readonly T[]): T {

  if (allowed.includes(answer as T)) return answer as T;
  // Only its type, since the value may be the id.
  throw new SessionStoreError(`The session store's ${method}() returned a value that is not allowed, of type ${typeof answer}`);

}

/** Returns what a store has found, if it has the form that it must have. */
function checked(found: FoundSession | null | undefined): FoundSession | null {

  if (found === null || found === undefined) return null;
  if (found.status === 'retired' || found.status === 'expired') return found;
  if (found.status === 'live' && typeof found.texts?.get === 'function') {
    if (found.remaining <= LONGEST_LIFE) return found;
    throw new SessionStoreError(`The session store's load() returned a session with ${found.remaining} seconds left to live, which no option allows`);
  }
  throw new SessionStoreError('The session store\'s load() returned something that is not a session');

}

/** @param ids that the error must not contain */
function storeError(cause: unknown, ids: readonly string[], cookieName: string | null): SessionError {

  const error = cause instanceof SessionError ? cause : new SessionStoreError('The session store failed', { cause: plainError(cause, ids) });
  if (error instanceof SessionStoreError) publishFailed(error, cookieName);
  return error;

}
