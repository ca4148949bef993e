import { merge } from '../values/texts-change.js';
import { andThen } from '../base/awaitable.js';
import { SessionStoreError } from '../base/errors.js';
import { isTooLarge } from '../values/texts-size.js';
import { fromTexts, toTexts } from '../values/session-values.js';
import {
  type AtomicSessionStore, type Awaitable, type CreateTerms, type EndTerms, type FoundSession, isIndexing, type LiveSession,
  type MoveTerms, type StoredInfo, type SessionChange, type SessionTexts, type SessionValues, type StoredUserSession,
  type UpdateTerms, type WhichSessions,
} from '../base/store.js';
import { type Countdown, countdown, restOf } from '../base/countdown.js';
import { isStoredId, newStoredId } from '../id/stored-id.js';
import {
  infoOfMoved, sealedInfo, checkNames, checkSeal, isOutdated, openValues, optional, plainInfo, plainDetails, withSeal,
} from './info-seal.js';
import type { EncryptionSettings } from './encryption-options.js';
import { OutdatedSeals } from './outdated-seals.js';
import { sealTexts } from './sealed-text.js';
import { handleIn, SessionKeys } from './session-keys.js';

type Updated = Awaited<ReturnType<AtomicSessionStore['update']>>;
type Moved = Awaited<ReturnType<Required<AtomicSessionStore>['move']>>;

/** A move reads, seals and stores: so often may others come in between. */
const MOST_TRIES = 100;

/**
 * Seals what it hands to a store, and opens what it gets from it. It has all
 * methods of the contract; those that the store lacks must not be called.
 */
export class SealingStore implements AtomicSessionStore {

  readonly atomic: boolean = true;
  readonly touchIsFree: boolean;
  readonly keepsInfo: boolean;

  readonly #inner: Required<AtomicSessionStore>;
  readonly #settings: EncryptionSettings;
  readonly #outdated = new OutdatedSeals();

  constructor(inner: Required<AtomicSessionStore>, settings: EncryptionSettings) {

    this.#inner = inner;
    this.#settings = settings;
    this.touchIsFree = inner.touchIsFree === true;
    this.keepsInfo = inner.keepsInfo === true;

  }

  /** Where the store looks for a session. */
  storedIdOf(id: string): string {
    return this.#keys(id).storedId;
  }

  /** As the store lists it, or else the public part of the id. */
  handleOf(id: string): string {

    const storedId = this.storedIdOf(id);
    return isIndexing(this.#inner) ? this.#inner.handleOf(storedId) : handleIn(storedId);

  }

  newSessionId(moving?: string): string {
    return newStoredId(moving);
  }

  isSessionId(id: string): boolean {
    return isStoredId(id);
  }

  get(id: string): Awaitable<SessionValues | null> {
    return andThen(this.load(id), found => found?.status === 'live' ? fromTexts(found.texts) : null);
  }

  /**
   * @throws {SessionValueError} for values that can't be stored
   * @throws {SessionStoreError} where a session is that can't be opened: `delete` removes it
   */
  set(id: string, values: SessionValues, expire: number): Awaitable<void> {

    const keys = this.#keys(id);
    const texts = toTexts(values);
    return andThen(this.#load(keys), found => (
      this.#inner.set(keys.storedId, fromTexts(this.#sealed(texts, found?.status === 'live' ? found.info : undefined, keys)), expire)
    ));

  }

  delete(id: string): Awaitable<void> {
    return this.#inner.delete(this.storedIdOf(id));
  }

  load(id: string): Awaitable<FoundSession | null> {
    return this.#load(this.#keys(id));
  }

  create(id: string, texts: SessionTexts, { newInfo, ...terms }: CreateTerms): Awaitable<boolean | 'revoked'> {

    const keys = this.#keys(id);
    const info = newInfo && this.#kept(newInfo.info);
    return this.#inner.create(keys.storedId, this.#sealed(texts, info, keys), { ...terms, newInfo: newInfo && sealedInfo(newInfo) });

  }

  update(id: string, change: SessionChange, terms: UpdateTerms): Awaitable<Updated> {

    const keys = this.#keys(id);
    checkNames(change.set, change.unset);
    const sealed = { set: this.#outdated.renewedIn(sealTexts(change.set, keys), keys), unset: change.unset };
    const left = countdown(terms);
    // Sealed texts are longer: what is small enough when it is sealed is so as well when it is not.
    return andThen(this.#inner.update(keys.storedId, sealed, terms), answer => {
      if (answer === 'updated') this.#outdated.delete(keys);
      return answer === 'too-large' ? this.#updateCounted(keys, change, sealed, { ...terms, left }) : answer;
    });

  }

  touch(id: string, lifetime: number, user?: string): Awaitable<boolean> {
    return this.#inner.touch(this.storedIdOf(id), lifetime, user);
  }

  end(id: string, terms?: EndTerms): Awaitable<boolean> {
    return this.#inner.end(this.storedIdOf(id), terms);
  }

  /** A new id is a new key: all is sealed anew. */
  move(id: string, newId: string, change: SessionChange, { newInfo, maxBytes, version, ...terms }: MoveTerms): Awaitable<Moved> {

    const [from, to] = [this.#keys(id), this.#keys(newId)];
    const left = countdown(terms);
    return this.#again<Moved>(from, version, found => {
      const texts = merge(found.texts, change);
      if (isTooLarge(found.texts, texts, maxBytes)) return 'too-large';
      const becomes = newInfo ?? (found.info && { info: found.info });
      const whole = {
        set: this.#sealed(texts, becomes && this.#kept(becomes.info), to),
        unset: [...found.texts.keys()].filter(name => !texts.has(name)),
      };
      return this.#inner.move(from.storedId, to.storedId, whole, {
        ...terms, patience: restOf(left), version: found.version, newInfo: becomes && sealedInfo(becomes, from),
      });
    });

  }

  take(id: string, newId: string, patience?: number, patienceLeft?: () => number): Awaitable<SessionTexts | null> {

    const [from, to] = [this.#keys(id), this.#keys(newId)];
    return andThen(this.#inner.take(from.storedId, to.storedId, patience, patienceLeft), texts => texts && openValues(texts, from));

  }

  sessionsOf(user: string): Awaitable<readonly StoredUserSession[]> {

    return andThen(this.#inner.sessionsOf(user), sessions => (
      sessions.map(session => ({ ...session, details: plainDetails(session.details) }))
    ));

  }

  infoByHandle(handle: string): Awaitable<StoredInfo | null> {
    return andThen(this.#inner.infoByHandle(handle), info => info && plainInfo(info));
  }

  endSessionsOf(user: string, which?: WhichSessions): Awaitable<readonly string[]> {
    return this.#inner.endSessionsOf(user, which);
  }

  endAllSessions(): Awaitable<void> {
    return this.#inner.endAllSessions();
  }

  /** Changes a session whose size has to be counted first, since its sealed texts are larger than `maxBytes`. */
  #updateCounted(
    keys: SessionKeys, change: SessionChange, sealed: SessionChange, { left, maxBytes, version, ...terms }: UpdateTerms & { left: Countdown },
  ): Awaitable<Updated> {

    return this.#again<Updated>(keys, version, found => {
      if (isTooLarge(found.texts, merge(found.texts, change), maxBytes)) return 'too-large';
      return this.#inner.update(keys.storedId, sealed, { ...terms, patience: restOf(left), version: found.version });
    });

  }

  /**
   * Loads a session and does something on condition of the version that it has;
   * again where another came in between, unless the caller has named a version.
   */
  #again<Answer extends string>(
    keys: SessionKeys, version: string | number | undefined, act: (found: LiveSession) => Awaitable<Answer>, triesLeft = MOST_TRIES,
  ): Awaitable<Answer | 'gone' | 'conflict'> {

    return andThen(this.#load(keys), found => {
      if (found?.status !== 'live') return 'gone';
      if (version !== undefined && version !== found.version) return 'conflict';
      return andThen(act(found), answer => {
        if (answer !== 'conflict' || version !== undefined) return answer;
        if (triesLeft === 1) throw new SessionStoreError('The session was changed by others again and again');
        return this.#again(keys, version, act, triesLeft - 1);
      });
    });

  }

  #load(keys: SessionKeys): Awaitable<FoundSession | null> {

    return andThen(this.#inner.load(keys.storedId), found => {
      switch (found?.status) {
        case 'live':
          return this.#opened(found, keys);
        case 'retired':
          return { status: found.status, moved: found.moved, ...optional(found.info && infoOfMoved(found.info, keys)) };
        case 'expired':
          return { status: found.status, ...optional(found.info && plainInfo(found.info)) };
      }
      return null;
    });

  }

  #opened(found: LiveSession, keys: SessionKeys): Awaitable<LiveSession | null> {

    const info = found.info && plainInfo(found.info);
    try {
      checkSeal(found.texts, this.#kept(info), keys);
      if (isOutdated(found.texts, keys)) this.#outdated.add(keys, this.#kept(info));
      return { ...found, ...optional(info), texts: openValues(found.texts, keys) };
    } catch (error) {
      if (!this.#settings.endsUnreadable) throw error;
      // Without a mark, as if its time were over: the visitor can begin anew.
      return andThen(this.#inner.delete(keys.storedId), () => null);
    }

  }

  #sealed(texts: SessionTexts, info: StoredInfo | undefined, keys: SessionKeys): SessionTexts {

    checkNames(texts);
    return withSeal(sealTexts(texts, keys), info, keys);

  }

  /** What a store gives back of what a session is. */
  #kept(info: StoredInfo | undefined): StoredInfo | undefined {
    return this.keepsInfo ? info : undefined;
  }

  #keys(id: string): SessionKeys {
    return new SessionKeys(id, this.#settings.ring);
  }

}
