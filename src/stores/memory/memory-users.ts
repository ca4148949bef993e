import type { Awaitable, NewInfo, StoredInfo, StoredUserSession, WhichSessions } from '../../base/store.js';
import { handleOf } from '../../id/stored-id.js';
import type { RetiredIds } from '../shared/retired-ids.js';
import { Revocations } from '../shared/revocations.js';
import { userSession } from '../shared/user-session.js';
import type { MemoryEntries } from './memory-entries.js';
import { copyOf } from './memory-entry.js';

/** How long ending all sessions may hold the event loop at a time, in milliseconds. */
const SLICE = 1;

/** Finds and ends the sessions of users. */
export class MemoryUsers {

  readonly #entries: MemoryEntries;
  readonly #retired: RetiredIds;
  readonly #exactly: () => number;
  readonly #revocations = new Revocations();

  /** @param now the clock, in seconds */
  constructor(entries: MemoryEntries, retired: RetiredIds, now: () => number) {
    this.#entries = entries;
    this.#retired = retired;
    this.#exactly = now;
  }

  /** Says whether a request that makes a session one of a user began before sessions of that user were ended. */
  refuses(newInfo: NewInfo | undefined): boolean {

    return newInfo !== undefined && this.#revocations.refuses(newInfo);

  }

  sessionsOf(user: string): StoredUserSession[] {

    const [now, exactly] = [this.#now(), this.#exactly()];
    return this.#entries.of(user, now).flatMap(({ id, expire, kept: { info, seen } }) => (
      // It lives until its last second is over.
      userSession({ handle: handleOf(id), info, idle: exactly - seen, left: expire + 1 - now }, user) ?? []
    ));

  }

  infoByHandle(handle: string): StoredInfo | null {

    const entry = this.#entries.live(this.#entries.handles.get(handle) ?? '', this.#now());
    return entry?.kept ? copyOf(entry.kept.info) : null;

  }

  endSessionsOf(user: string, { only, except }: WhichSessions): string[] {

    if (only === undefined) this.#revocations.add(user);
    const handles: string[] = [];
    for (const { id } of this.#entries.of(user, this.#now())) {
      const handle = handleOf(id);
      if (handle === except || (only !== undefined && handle !== only)) continue;
      this.endSession(id);
      handles.push(handle);
    }
    return handles;

  }

  /** Ends as many as it may at once; if there are more, in steps between which other work goes on. */
  endAllSessions(): Awaitable<void> {

    this.#revocations.addAll();
    const ids = this.#entries.walk();
    return this.#endSlice(ids) ? undefined : this.#endRest(ids);

  }

  /** Ends a live session. @param next where its visitor is now, as `RetiredIds` takes it */
  endSession(id: string, next?: string): void {

    this.#entries.delete(id);
    this.#retired.add(id, next);

  }

  /** In whole seconds, as expiries are. */
  #now(): number {

    return Math.floor(this.#exactly());

  }

  /** Ends sessions until its time is over. @returns whether it came to the end */
  #endSlice(ids: Iterator<string>): boolean {

    const now = this.#now();
    const pauseAt = performance.now() + SLICE;
    for (let next = ids.next(); !next.done; next = ids.next()) {
      if (this.#entries.live(next.value, now)) this.endSession(next.value);
      if (performance.now() > pauseAt) return false;
    }
    return true;

  }

  async #endRest(ids: Iterator<string>): Promise<void> {

    do {
      await new Promise(resolve => setImmediate(resolve));
    } while (!this.#endSlice(ids));

  }

}
