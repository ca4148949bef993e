import { SessionStoreError, SessionValueError } from '../base/errors.js';
import type {
  AtomicSessionStore, CreateTerms, EndTerms, LiveSession, MoveTerms, RetiredSession, SessionChange, SessionStore,
  SessionTexts, SessionValues, UpdateTerms,
} from '../base/store.js';
import { derivedHandle } from '../id/session-id.js';
import { changed, isLarger, isSession, isStorable, storedInfo, storedTexts, versionOf, withInfo } from './four-method/four-method-values.js';
import { inTime, KeyedLock } from './four-method/keyed-lock.js';
import { LateWrites } from './four-method/late-writes.js';
import { ELSEWHERE, type Fate, RetiredIds } from './shared/retired-ids.js';
import { unreadable } from './shared/unreadable.js';

/** The most sessions whose expiry is remembered. */
const MOST_EXPIRIES = 10_000;

/**
 * Makes an atomic store of a store that has only the four basic methods.
 *
 * It is atomic within this process: changes of a session wait for each other,
 * each reads again before it writes, and a change waits for the answer to the
 * one before it, even if the request of that one has given up. Between processes
 * nothing of this holds: two of them can overwrite each other's changes, and a
 * slow one can bring a session back that another has ended.
 */
export class FourMethodStore implements AtomicSessionStore {

  readonly atomic: boolean = true;

  // A touch is not free. But with a touch interval, `expire` would have to be later than in 1.x.
  readonly touchIsFree: boolean = true;

  // As one of the values. There is no index: four methods can't keep one.
  readonly keepsInfo: boolean = true;

  readonly #store: SessionStore;
  readonly #lock = new KeyedLock();
  readonly #retired = new RetiredIds(now);
  readonly #late = new LateWrites();
  readonly #expiries = new Map<string, number>();

  constructor(store: SessionStore) {
    this.#store = store;
  }

  async get(id: string): Promise<SessionValues | null> {

    const values = await this.#stored(id);
    return values && withInfo(values, undefined);

  }

  /** The session keeps its info, as in other stores. */
  set(id: string, values: SessionValues, expire: number): Promise<void> {
    return this.#lock.run(id, async () => this.#put(id, withInfo(values, storedInfo(await this.#stored(id) ?? {})), expire));
  }

  async delete(id: string): Promise<void> {

    await this.#store.delete(id);
    this.#expiries.delete(id);

  }

  newSessionId(): ReturnType<SessionStore['newSessionId']> {
    return this.#store.newSessionId();
  }

  handleOf(id: string): string {
    return derivedHandle(id);
  }

  async load(id: string): Promise<LiveSession | RetiredSession | null> {

    const values = await this.#stored(id);
    // Asked last: the id may have been retired while the store answered.
    const mark = this.#retired.get(id);
    if (mark || !values || this.#late.areUndone(id)) return mark;
    const texts = storedTexts(values);
    if (!isSession(values, texts)) return null;
    const info = storedInfo(values);
    return {
      status: 'live',
      texts,
      ...(info && { info }),
      version: versionOf(texts),
      // Rounded down, so that without a `touchInterval` each request refreshes, as in 1.x.
      remaining: Math.ceil((this.#expiries.get(id) ?? 0) - now()) - 1,
    };

  }

  create(id: string, texts: SessionTexts, { lifetime, newInfo, ...waits }: CreateTerms): Promise<boolean> {

    return this.#lock.run(id, async mayWrite => {
      if (await this.#stored(id) || this.#hasGone(id)) return false;
      const values = changed({}, { set: texts, unset: [] });
      mayWrite();
      await this.#put(id, withInfo(values, newInfo?.info), expireIn(lifetime));
      return true;
    }, waits);

  }

  update(
    id: string, change: SessionChange, { lifetime, version, maxBytes, ...waits }: UpdateTerms,
  ): Promise<'updated' | 'gone' | 'conflict' | 'too-large'> {

    return this.#lock.run(id, async mayWrite => {
      const values = await this.#live(id);
      if (!values) return 'gone';
      if (version !== undefined && version !== versionOf(storedTexts(values))) return 'conflict';
      const result = changed(values, change);
      if (isLarger(values, result, maxBytes)) return 'too-large';
      mayWrite();
      await this.#overwrite(values, id, result, this.#notEarlier(id, lifetime));
      return 'updated';
    }, waits);

  }

  touch(id: string, lifetime: number): Promise<boolean> {

    return this.#lock.run(id, async () => {
      const values = await this.#live(id);
      if (!values) return false;
      await this.#overwrite(values, id, { ...values }, this.#notEarlier(id, lifetime));
      return true;
    });

  }

  move(
    id: string, newId: string, change: SessionChange, { lifetime, newInfo, version, maxBytes, ...waits }: MoveTerms,
  ): Promise<'moved' | 'gone' | 'conflict' | 'too-large'> {

    return this.#lock.run(id, async (mayWrite, isOvertaken) => {
      const values = await this.#live(id);
      if (!values) return 'gone';
      if (version !== undefined && version !== versionOf(storedTexts(values))) return 'conflict';
      const result = changed(values, change);
      if (isLarger(values, result, maxBytes)) return 'too-large';
      if (await this.#stored(newId)) throw new Error('newSessionId() returned an id that is in use');
      const info = newInfo ? newInfo.info : storedInfo(values);
      mayWrite();
      // In this order, a crash between the two leaves the user signed in.
      await this.#overwrite(values, newId, info ? withInfo(result, info) : result, expireIn(lifetime));
      if (isOvertaken()) {
        await this.delete(newId);
        throw new Error('Others had their turn before the store answered: the session was not moved');
      }
      await this.#retire(id, { next: newId, info });
      return 'moved';
    }, waits);

  }

  end(id: string, { moved, reason }: EndTerms = {}): Promise<boolean> {

    return this.#lock.run(id, async () => {
      if (await this.#live(id)) {
        await this.#retire(id, { next: moved ? ELSEWHERE : undefined, reason });
        return true;
      }
      const target = this.#retired.whereIs(id);
      return target !== id && target !== ELSEWHERE && this.end(target, { reason });
    });

  }

  /** Returns the values, with the info among them. */
  async #stored(id: string): Promise<SessionValues | null> {

    const values = (await this.#store.get(id)) || null;
    if (values !== null && (typeof values !== 'object' || Array.isArray(values))) {
      throw new SessionStoreError('get() of the session store must return an object of values, or null');
    }
    return values;

  }

  async #live(id: string): Promise<SessionValues | null> {

    return this.#hasGone(id) ? null : inTime(this.#stored(id));

  }

  #hasGone(id: string): boolean {

    return this.#retired.get(id) !== null || this.#late.areUndone(id);

  }

  async #put(id: string, values: SessionValues, expireAt: number): Promise<void> {

    const expire = Math.floor(expireAt);
    await this.#late.run(id, () => this.#store.set(id, values, expire), () => this.#store.delete(id));
    this.#expiries.delete(id);
    this.#expiries.set(id, expire);
    if (this.#expiries.size > MOST_EXPIRIES) {
      this.#expiries.delete(this.#expiries.keys().next().value as string);
    }

  }

  /** Stores changed values. If the values before the change can't be stored either, this is not the application's mistake. */
  async #overwrite(before: SessionValues, id: string, values: SessionValues, expire: number): Promise<void> {

    try {
      await this.#put(id, values, expire);
    } catch (error) {
      throw error instanceof SessionValueError && !isStorable(before) ? unreadable(error) : error;
    }

  }

  #notEarlier(id: string, lifetime: number): number {

    return Math.max(expireIn(lifetime), this.#expiries.get(id) ?? 0);

  }

  async #retire(id: string, fate: Fate): Promise<void> {

    // Before the delete: a load in between must not find the id unknown.
    this.#retired.add(id, fate);
    this.#late.undo(id);
    try {
      await this.delete(id);
    } catch (error) {
      this.#retired.delete(id);
      this.#late.undo(id, false);
      throw error;
    }

  }

}

const now = (): number => Date.now() / 1000;

/**
 * The last whole second of a session's life. It is never the present second:
 * Redis and others refuse a time to live of 0.
 */
function expireIn(lifetime: number): number {

  const seconds = now();
  return Math.max(Math.floor(seconds + lifetime), Math.floor(seconds) + 1);

}
