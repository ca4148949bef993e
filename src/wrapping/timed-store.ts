import { isLife } from '../base/time.js';
import { andThen, isThenable } from '../base/awaitable.js';
import { SessionError, SessionStoreError } from '../base/errors.js';
import { IdWarnings } from '../id/id-warnings.js';
import { plainError } from '../base/plain-error.js';
import { publishFailed } from '../events/session-events.js';
import { derivedHandle } from '../id/session-id.js';
import {
  type AtomicSessionStore, type Awaitable, type CreateTerms, type EndTerms, type FoundSession,
  type IndexingSessionStore, isIndexing, type MoveTerms, type StoredInfo, type SessionChange, type SessionTexts,
  type StoredUserSession, type UpdateTerms, type WhichSessions,
} from '../base/store.js';
import { TimeLimit } from './time-limit.js';

/**
 * The store as the request sees it: it answers within a time limit, and every
 * failure of it is a {@link SessionStoreError} with the store's own as `cause`.
 */
export class TimedStore {

  readonly #store: () => AtomicSessionStore;
  readonly #limit: number;
  readonly #ids = new IdWarnings();
  readonly #time: TimeLimit;

  /**
   * @param store asked anew for each call
   * @param limit in seconds
   */
  constructor(store: () => AtomicSessionStore, limit: number) {
    this.#store = store;
    this.#limit = limit;
    this.#time = new TimeLimit(limit);
  }

  newSessionId(moving?: string): Awaitable<string> {
    return andThen(this.#ask(moving === undefined ? [] : [moving], () => this.#store().newSessionId(moving)), id => this.#ids.check(id));
  }

  load(id: string): Awaitable<FoundSession | null> {
    return this.#ask([id], () => andThen(this.#store().load(id), checked));
  }

  create(id: string, texts: SessionTexts, { lifetime, newInfo }: CreateTerms): Awaitable<boolean | 'revoked'> {
    // No browser will ever have its id: a list must not show it.
    const drop = async (isCreated: boolean | 'revoked') => { if (isCreated === true) await this.#store().end(id); };
    return this.#ask([id], patienceLeft => andThen(
      this.#store().create(id, texts, { lifetime, patience: this.#limit, patienceLeft, newInfo }), answer => oneOf(answer, 'create', [true, false, 'revoked']),
    ), answer => { drop(answer).catch(() => {}); });
  }

  update(
    id: string, change: SessionChange, { lifetime, version, user, maxBytes }: UpdateTerms,
  ): Awaitable<'updated' | 'gone' | 'conflict' | 'too-large'> {
    return this.#ask([id], patienceLeft => andThen(
      this.#store().update(id, change, { lifetime, version, patience: this.#limit, patienceLeft, user, maxBytes }),
      answer => oneOf(answer, 'update', ['updated', 'gone', 'conflict', 'too-large']),
    ));
  }

  touch(id: string, lifetime: number, user?: string): Awaitable<boolean> {
    return this.#ask([id], () => this.#store().touch(id, lifetime, user));
  }

  end(id: string, terms?: EndTerms): Awaitable<boolean> {
    return this.#ask([id], () => andThen(this.#store().end(id, terms), answer => oneOf(answer, 'end', [true, false])));
  }

  /** Says whether the store moves a session in one step; else it has `take`. */
  get canMove(): boolean {
    return typeof this.#store().move === 'function';
  }

  move(
    id: string, newId: string, change: SessionChange, { lifetime, newInfo, version, maxBytes }: MoveTerms,
  ): Awaitable<'moved' | 'gone' | 'conflict' | 'too-large' | 'revoked'> {
    return this.#ask([id, newId], patienceLeft => andThen(
      // biome-ignore lint/style/noNonNullAssertion: asked for only where `canMove`
      this.#store().move!(id, newId, change, { lifetime, patience: this.#limit, patienceLeft, newInfo, version, maxBytes }),
      answer => oneOf(answer, 'move', ['moved', 'gone', 'conflict', 'too-large', 'revoked'] as const),
    ));
  }

  take(id: string, newId: string): Awaitable<SessionTexts | null> {
    // biome-ignore lint/style/noNonNullAssertion: a store without `move` has `take`, or the options were refused
    return this.#ask([id, newId], patienceLeft => this.#store().take!(id, newId, this.#limit, patienceLeft));
  }

  /** Says whether the store keeps what a session is. */
  get keepsInfo(): boolean {
    return this.#store().keepsInfo === true;
  }

  /** Says whether the store finds the sessions of a user. */
  get canIndex(): boolean {
    return isIndexing(this.#store());
  }

  /** Only where `canIndex`. */
  sessionsOf(user: string): Awaitable<readonly StoredUserSession[]> {
    return this.#ask([], () => this.#indexing.sessionsOf(user));
  }

  /** Only where `canIndex`. */
  endSessionsOf(user: string, which?: WhichSessions): Awaitable<readonly string[]> {
    return this.#ask([], () => this.#indexing.endSessionsOf(user, which));
  }

  /** Says whether the store tells what the session is that has a handle. */
  get canTell(): boolean {
    return this.canIndex && typeof this.#store().infoByHandle === 'function';
  }

  /** Only where `canTell`. */
  infoByHandle(handle: string): Awaitable<StoredInfo | null> {
    // biome-ignore lint/style/noNonNullAssertion: asked for only where `canTell`
    return this.#ask([], () => this.#store().infoByHandle!(handle));
  }

  /** The public name of the session that has an id: the same for one id, always. */
  handleOf(id: string): string {
    return this.#store().handleOf?.(id) ?? derivedHandle(id);
  }

  get #indexing(): IndexingSessionStore {
    return this.#store() as IndexingSessionStore;
  }

  /**
   * Stores a session in the shape in which it was read, if that is another one.
   *
   * @param texts as `load` has returned them, the very map
   * @returns whether there was anything to do: it has another version then
   */
  upgrade(_id: string, _texts: SessionTexts, _lifetime: number): Awaitable<boolean> {
    return false;
  }

  /**
   * @param ids that no error may tell
   * @param call is given what says how many seconds are left for the answer
   */
  #ask<T>(ids: readonly string[], call: (patienceLeft: () => number) => Awaitable<T>, onLate?: (value: T) => void): Awaitable<T> {

    const failure = (error: unknown) => storeError(error, ids);
    const caller = this.#time.caller();
    let answer: Awaitable<T>;
    try {
      answer = call(() => this.#time.left(caller));
    } catch (error) {
      throw failure(error);
    }
    return isThenable(answer) ? this.#time.for(caller, answer, failure, onLate) : answer;

  }

}

function oneOf<T>(answer: unknown, method: string, allowed: readonly T[]): T {

  if (allowed.includes(answer as T)) return answer as T;
  // Its type only: it may be the id.
  throw new SessionStoreError(`The session store's ${method}() returned what it may not: a value of type ${typeof answer}`);

}

/** What a store says that it found, if it has the form of it. */
function checked(found: FoundSession | null | undefined): FoundSession | null {

  if (found === null || found === undefined) return null;
  if (found.status === 'retired' || found.status === 'expired') return found;
  if (found.status === 'live' && typeof found.texts?.get === 'function') {
    if (isLife(found.remaining)) return found;
    throw new SessionStoreError(`The session store's load() returned a session with ${found.remaining} seconds left to live, which no option allows`);
  }
  throw new SessionStoreError('The session store\'s load() returned what is no session');

}

function storeError(cause: unknown, ids: readonly string[]): SessionError {

  const error = cause instanceof SessionError ? cause : new SessionStoreError('The session store failed', { cause: plainError(cause, ids) });
  if (error instanceof SessionStoreError) publishFailed(error);
  return error;

}
