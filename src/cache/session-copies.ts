import { LRUCache } from 'lru-cache';
import { andThen, isThenable } from '../base/awaitable.js';
import { flatCopy } from '../base/flat-copy.js';
import type { AtomicSessionStore, Awaitable, FoundSession, LiveSession } from '../base/store.js';
import { Freshness } from './freshness.js';

/** How old and how many copies may be. */
export interface CacheSettings {
  /** In seconds. */
  readonly maxAge: number;
  readonly maxSessions: number;
  readonly maxBytes: number;
}

/** A load that is under way. Requests that may use copies wait for its answer. */
interface Coming {
  readonly handle: string;
  /** When the load began, in milliseconds of `performance.now()`: what it finds may be as old as that. */
  readonly loadedAt: number;
  readonly answer: PromiseLike<FoundSession | null>;
}

/** The copy of a live session. */
interface Kept {
  readonly handle: string;
  readonly loadedAt: number;
  readonly session: LiveSession;
  /** When the session ends, in milliseconds of `performance.now()`. */
  readonly endsAt: number;
}

/**
 * The copies of sessions in this process, by their ids. A load enters before its
 * answer has come, and is kept only if it is still there then: whoever drops a copy
 * drops a load that may have missed the change. Only live sessions are kept.
 */
export class SessionCopies {

  readonly #store: AtomicSessionStore;
  readonly #copies: LRUCache<string, Coming | Kept>;
  /** By handle, which stays the same when a session moves. */
  readonly #ids = new Map<string, string>();
  readonly #freshness: Freshness;

  constructor(store: AtomicSessionStore, { maxAge, maxSessions, maxBytes }: CacheSettings) {

    this.#store = store;
    this.#copies = new LRUCache<string, Coming | Kept>({
      max: maxSessions,
      maxSize: maxBytes,
      sizeCalculation: sizeOf,
      dispose: ({ handle }, id) => {
        if (this.#ids.get(handle) === id) this.#ids.delete(handle);
      },
    });
    this.#freshness = new Freshness(maxAge * 1000, store.watch?.(handle => {
      if (handle === null) this.clear();
      else this.forget(handle);
    }));

  }

  /** Names a session for as long as it lives, if the store has names. */
  handleOf(id: string): string {

    return this.#store.handleOf?.(id) ?? id;

  }

  /** Returns a session that can't be out of date by more than is allowed, if there is one. */
  find(id: string): Awaitable<FoundSession | null> | undefined {

    const copy = this.#copies.get(id);
    if (copy === undefined) return undefined;
    const now = performance.now();
    if (!this.#freshness.isFresh(copy.loadedAt, now)) return undefined;
    if ('answer' in copy) return copy.answer.then(copied);
    return now < copy.endsAt ? copyOf(copy.session, (copy.endsAt - now) / 1000) : undefined;

  }

  /** Reads the store, and keeps what it finds. */
  load(carried: string): Awaitable<FoundSession | null> {

    const id = flatCopy(carried);
    const loadedAt = performance.now();
    const answer = this.#store.load(id);
    const handle = this.handleOf(id);
    if (!isThenable(answer)) {
      this.#keep(id, { handle, loadedAt }, answer);
      return copied(answer);
    }
    const coming: Coming = {
      handle,
      loadedAt,
      answer: Promise.resolve(answer).then(
        found => {
          if (this.#copies.peek(id) === coming) this.#keep(id, coming, found);
          return found;
        },
        error => {
          if (this.#copies.peek(id) === coming) this.#copies.delete(id);
          throw error;
        },
      ),
    };
    this.#enter(id, coming);
    return andThen(coming.answer, copied);

  }

  /** Drops what is known of a session. */
  forget(handle: string): void {

    const id = this.#ids.get(handle);
    if (id !== undefined) this.#copies.delete(id);

  }

  /** Drops everything. */
  clear(): void {

    this.#copies.clear();
    this.#freshness.lose();

  }

  #keep(id: string, { handle, loadedAt }: Pick<Kept, 'handle' | 'loadedAt'>, found: FoundSession | null): void {

    if (found?.status !== 'live') this.#copies.delete(id);
    else this.#enter(id, { handle, loadedAt, session: found, endsAt: loadedAt + found.remaining * 1000 });

  }

  #enter(id: string, copy: Coming | Kept): void {

    const { handle } = copy;
    // The session had another id: one of the two is out of date.
    if (this.#ids.get(handle) !== id) this.forget(handle);
    this.#copies.set(id, copy);
    if (this.#copies.has(id)) this.#ids.set(handle, id);

  }

}

function copied(found: FoundSession | null): FoundSession | null {

  return found?.status === 'live' ? copyOf(found, found.remaining) : found;

}

/** Makes a copy that its reader may change. */
function copyOf({ texts, info, version }: LiveSession, remaining: number): LiveSession {

  return {
    status: 'live',
    // Texts that no one can change are passed on: the store may know them again.
    texts: 'set' in texts ? new Map(texts) : texts,
    info: info && { user: info.user, details: info.details },
    version,
    remaining,
  };

}

/** What a copy takes beside its texts. */
const OVERHEAD = 500;

/** The bytes of a copy, approximately. Most texts take one byte a character in memory. */
function sizeOf(copy: Coming | Kept): number {

  if ('answer' in copy) return OVERHEAD;
  let size = OVERHEAD + (copy.session.info?.details.length ?? 0);
  for (const [key, text] of copy.session.texts) size += key.length + text.length;
  return size;

}
