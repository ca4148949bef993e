import { type AtomicSessionStore, type Awaitable, type EndReason, type EndTerms, type FoundSession, isIndexing, type LiveSession, type LoadTerms, type RetiredSession, type SessionState } from '../base/store.js';
import { derivedHandle, HANDLE_LENGTH, isPlausibleId } from '../id/session-id.js';
import { isStoredId, newStoredId, sha256 } from '../id/stored-id.js';
import { KEEPS_NOTHING } from '../values/other-record.js';
import { hasUniqueHandles } from '../wrapping/unique-handles.js';

type Version = LiveSession['version'];

/** Seconds after which a reserved place is gone if its process dies. Another one reserves it again. */
export const PLACE_LIFETIME = 60;

/** One of the two stores, and the ids that sessions have there. */
export class Side {

  readonly store: Required<AtomicSessionStore>;

  /**
   * Whether each process sees the marks of moved sessions. Those of a store with four
   * methods are known only to the process that left them, and such a store has no index,
   * whatever is around it.
   */
  readonly keepsMarks: boolean;

  readonly #name: 'from' | 'to';

  constructor(name: 'from' | 'to', store: AtomicSessionStore) {

    this.#name = name;
    this.store = store as Required<AtomicSessionStore>;
    this.keepsMarks = isIndexing(store);

  }

  /** Says whether a text can be an id of this store. */
  accepts(id: string): boolean {

    return (this.store as AtomicSessionStore).isSessionId?.(id) ?? isPlausibleId(id);

  }

  /** Returns the id itself; for one that the store does not accept, another that is derived from it. */
  idOf(id: string): string {

    return this.accepts(id) ? id : derivedId(id, 'id');

  }

  /** Returns the id under which a session that leaves this store is kept until the other one has it. */
  asideOf(id: string): string {

    return derivedId(this.idOf(id), 'aside');

  }

  /** Returns the id of the record that keeps a place for a session that comes to this store. */
  reservedOf(id: string): string {

    return derivedId(this.idOf(id), 'reserved');

  }

  /** Returns the public name of a session here. */
  handleOf(id: string): string {

    return (this.store as AtomicSessionStore).handleOf?.(this.idOf(id)) ?? derivedHandle(id);

  }

  /** Says whether a session is live here, whatever its id is by now. A place that is reserved for it is none. */
  async hasSession(id: string): Promise<boolean> {

    return await this.#hasRecord(id) && (await this.store.load(this.reservedOf(id)))?.status !== 'live';

  }

  /** Says whether a live record has the handle of a session. */
  async #hasRecord(id: string): Promise<boolean> {

    return (await this.stateOf(this.handleOf(id)))?.status === 'live';

  }

  /** Returns what has become of the session with a handle; undefined if the store can't say. */
  async stateOf(handle: string): Promise<SessionState | null | undefined> {

    return (await (this.store as AtomicSessionStore).statesOf?.([handle]))?.[0];

  }

  /**
   * Leaves a mark for a session that has ended in the other store, and is not here: a
   * copy that has read its record before must not put it here.
   *
   * @param id has the handle of the session. It is not the session's: a process that dies
   *   in between leaves a record
   * @returns false if something else has its handle here: that keeps the record out, or
   *   is the record, and must end, too
   */
  async keepOut(id: string, terms?: EndTerms): Promise<boolean> {

    // Where handles are not unique, the record would take the place of another one in the index.
    if (!hasUniqueHandles(this.store) && await this.#hasRecord(id)) return false;
    if (await this.store.create(id, KEEPS_NOTHING, { lifetime: PLACE_LIFETIME }) !== true) return false;
    await this.store.end(id, terms);
    return true;

  }

  /**
   * As {@link keepOut}, for a session of which only the handle is known. If a copy has
   * put it here, it ends: one that was killed may not have entered it for its user, or
   * not have asked whether the sessions of the user were ended in the meantime.
   */
  async keepOutHandle(handle: string, reason: EndReason | undefined): Promise<void> {

    const isKeptOut = await this.keepOut(handle + newStoredId().slice(HANDLE_LENGTH), { reason });
    if (!isKeptOut) await (this.store as AtomicSessionStore).endByHandle?.(handle, reason);

  }

  load(id: string, terms?: LoadTerms): Awaitable<FoundSession | null> {

    return this.store.load(this.idOf(id), terms);

  }

  /** Returns a session with a version that names this store: an equal version in the other one is not the same. */
  named(found: LiveSession): LiveSession {

    const { version } = found;
    return { ...found, version: `${this.#name} ${typeof version} ${version}` };

  }

  /** Returns the version that this store gave; undefined if it was given by the other. */
  versionIn(named: Version): Version | undefined {

    const text = String(named);
    const [asText, asNumber] = [`${this.#name} string `, `${this.#name} number `];
    if (text.startsWith(asText)) return text.slice(asText.length);
    return text.startsWith(asNumber) ? Number(text.slice(asNumber.length)) : undefined;

  }

}

/** Says whether a session has left the place where it was looked for. */
export function isMoved(found: FoundSession | null): found is RetiredSession {

  return found?.status === 'retired' && found.moved;

}

/**
 * Derives an id with the same handle. No one can derive it who does not know the id,
 * and none is ever sent to a browser.
 */
function derivedId(id: string, use: string): string {

  const secret = lettersOf(`${use} ${id}`);
  return (isStoredId(id) ? id : lettersOf(`handle ${id}`)).slice(0, HANDLE_LENGTH) + secret;

}

/** Returns 43 letters and digits. Replacing the two signs of base64url costs four of the 256 bits. */
function lettersOf(text: string): string {

  return sha256(`@curveball/session migration ${text}`).replaceAll('-', 'x').replaceAll('_', 'y');

}
