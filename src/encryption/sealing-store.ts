import { andThen } from '../awaitable.js';
import { SessionStoreError } from '../errors.js';
import { merge } from '../session-change.js';
import { fromTexts, toTexts } from '../values/session-values.js';
import {
  type AtomicSessionStore, type Awaitable, type CreateTerms, type FoundSession, isIndexing, type LiveSession,
  type MoveTerms, type SessionAbout, type SessionChange, type SessionTexts, type SessionValues, type StoredUserSession,
  type UpdateTerms, type WhichSessions,
} from '../store.js';
import { isStoredId, newStoredId } from '../stores/lib/stored-id.js';
import { aboutDigest, KnownAbouts, NOTHING_ABOUT } from './about-digest.js';
import type { EncryptionSettings } from './encryption-options.js';
import { openTexts, sealTexts } from './sealed-text.js';
import { handleIn, SessionKeys } from './session-keys.js';

type Moved = 'moved' | 'ended' | 'gone' | 'conflict' | 'too-large' | 'revoked';

/** A move reads, seals and stores: so often may others come in between. */
const MOST_TRIES = 100;

/**
 * Seals what it hands to a store, and opens what it gets from it. It has all
 * methods of the contract; those that the store lacks must not be called.
 */
export class SealingStore implements AtomicSessionStore {

  readonly atomic: boolean = true;
  readonly touchIsFree: boolean;
  readonly keepsAbout: boolean;

  readonly #inner: Required<AtomicSessionStore>;
  readonly #settings: EncryptionSettings;
  readonly #abouts = new KnownAbouts();

  constructor(inner: Required<AtomicSessionStore>, settings: EncryptionSettings) {

    this.#inner = inner;
    this.#settings = settings;
    this.touchIsFree = inner.touchIsFree === true;
    this.keepsAbout = inner.keepsAbout === true;

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
    // Another program may have put the session there since it was known.
    this.#abouts.delete(keys.storedId);
    return andThen(this.#aboutOf(keys), about => (
      this.#inner.set(keys.storedId, fromTexts(sealTexts(texts, about ?? NOTHING_ABOUT, keys)), expire)
    ));

  }

  delete(id: string): Awaitable<void> {
    return this.#inner.delete(this.storedIdOf(id));
  }

  load(id: string): Awaitable<FoundSession | null> {
    return this.#load(this.#keys(id));
  }

  create(id: string, texts: SessionTexts, { lifetime, becoming }: CreateTerms): Awaitable<boolean | 'revoked'> {

    const keys = this.#keys(id);
    const about = this.#digest(becoming?.about);
    const answer = this.#inner.create(keys.storedId, sealTexts(texts, about, keys), { lifetime, becoming });
    return andThen(answer, created => {
      if (created === true) this.#abouts.set(keys.storedId, about);
      return created;
    });

  }

  update(
    id: string, change: SessionChange, { lifetime, version, patience, user }: UpdateTerms,
  ): Awaitable<'updated' | 'ended' | 'gone' | 'conflict' | 'too-large'> {

    const keys = this.#keys(id);
    const left = countdown(patience);
    return andThen(this.#aboutOf(keys), about => {
      if (about === null) return 'gone';
      const sealed = { set: sealTexts(change.set, about, keys), unset: change.unset };
      return this.#inner.update(keys.storedId, sealed, { lifetime, version, patience: left(), user });
    });

  }

  touch(id: string, lifetime: number, user?: string): Awaitable<boolean> {
    return this.#inner.touch(this.storedIdOf(id), lifetime, user);
  }

  end(id: string): Awaitable<boolean> {
    return this.#inner.end(this.storedIdOf(id));
  }

  /** A new id is a new key: all is sealed anew. */
  move(
    id: string, newId: string, change: SessionChange, { lifetime, patience, becoming, version }: MoveTerms,
  ): Awaitable<Moved> {

    const [from, to] = [this.#keys(id), this.#keys(newId)];
    const left = countdown(patience);
    const attempt = (triesLeft: number): Awaitable<Moved> => andThen(this.#load(from), found => {
      if (found?.status !== 'live') return 'gone';
      if (version !== undefined && version !== found.version) return 'conflict';
      const texts = merge(found.texts, change);
      const about = this.#digest(becoming ? becoming.about : found.about);
      const whole = { set: sealTexts(texts, about, to), unset: [...found.texts.keys()].filter(name => !texts.has(name)) };
      const answer = this.#inner.move(from.storedId, to.storedId, whole, { lifetime, patience: left(), becoming, version: found.version });
      return andThen(answer, moved => {
        if (moved === 'moved') this.#abouts.set(to.storedId, about);
        if (moved !== 'conflict' || version !== undefined) return moved;
        if (triesLeft === 1) throw new SessionStoreError('The session was changed by others again and again');
        return attempt(triesLeft - 1);
      });
    });
    return attempt(MOST_TRIES);

  }

  take(id: string, newId: string, patience?: number): Awaitable<SessionTexts | null> {

    const [from, to] = [this.#keys(id), this.#keys(newId)];
    const left = countdown(patience);
    return andThen(this.#aboutOf(from), about => (
      about && andThen(this.#inner.take(from.storedId, to.storedId, left()), texts => texts && openTexts(texts, about, from))
    ));

  }

  sessionsOf(user: string): Awaitable<readonly StoredUserSession[]> {
    return this.#inner.sessionsOf(user);
  }

  endSessionsOf(user: string, which?: WhichSessions): Awaitable<readonly string[]> {
    return this.#inner.endSessionsOf(user, which);
  }

  endAllSessions(): Awaitable<void> {
    return this.#inner.endAllSessions();
  }

  #load(keys: SessionKeys): Awaitable<FoundSession | null> {
    return andThen(this.#inner.load(keys.storedId), found => found?.status === 'live' ? this.#opened(found, keys) : found);
  }

  #opened(found: LiveSession, keys: SessionKeys): Awaitable<LiveSession | null> {

    const about = this.#digest(found.about);
    let texts: SessionTexts;
    try {
      texts = openTexts(found.texts, about, keys);
    } catch (error) {
      if (!this.#settings.endsUnreadable) throw error;
      // Without a mark, as if its time were over: the visitor can begin anew.
      return andThen(this.#inner.delete(keys.storedId), () => null);
    }
    this.#abouts.set(keys.storedId, about);
    return { ...found, texts };

  }

  /** What a live session is, of which only the id is known; null where none lives. */
  #aboutOf(keys: SessionKeys): Awaitable<Buffer | null> {

    if (!this.keepsAbout) return NOTHING_ABOUT;
    return this.#abouts.get(keys.storedId)
      ?? andThen(this.#load(keys), found => found?.status === 'live' ? this.#digest(found.about) : null);

  }

  #digest(about: SessionAbout | undefined): Buffer {
    return this.keepsAbout ? aboutDigest(about) : NOTHING_ABOUT;
  }

  #keys(id: string): SessionKeys {
    return new SessionKeys(id, this.#settings.ring);
  }

}

/**
 * What is left of the time for which a caller waits, whenever it is asked for.
 * It throws when nothing is: what comes later must not be carried out.
 */
function countdown(seconds: number | undefined): () => number | undefined {

  if (seconds === undefined) return () => undefined;
  const until = performance.now() + seconds * 1000;
  return () => {
    const left = (until - performance.now()) / 1000;
    if (left <= 0) throw new SessionStoreError('The session store was too slow: its caller has given up');
    return left;
  };

}
