import type { Awaitable, EndSessionsTerms, EndTerms, NewInfo, StoredInfo, StoredUserSession } from '../../base/store.js';
import { ELSEWHERE, type RetiredIds } from '../shared/retired-ids.js';
import { Revocations } from '../shared/revocations.js';
import { userSession } from '../shared/user-session.js';
import { inSlices } from './in-slices.js';
import type { MemoryEntries } from './memory-entries.js';
import { copyOf } from './memory-entry.js';
import { handleIn } from './memory-keys.js';

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
      userSession({ handle: handleIn(id), info, idle: exactly - seen, left: expire + 1 - now }, user) ?? []
    ));

  }

  infoByHandle(handle: string): StoredInfo | null {

    const entry = this.#entries.live(this.#entries.handles.get(handle) ?? '', this.#now());
    return entry?.kept ? copyOf(entry.kept.info) : null;

  }

  endSessionsOf(user: string, { only, except, reason }: EndSessionsTerms): string[] {

    if (only === undefined) this.#revocations.add(user);
    const handles: string[] = [];
    for (const { id } of this.#entries.of(user, this.#now())) {
      const handle = handleIn(id);
      if (handle === except || (only !== undefined && handle !== only)) continue;
      this.endSession(id, { reason });
      handles.push(handle);
    }
    return handles;

  }

  /** Ends as many as it may at once; if there are more, in steps between which other work goes on. */
  endAllSessions(): Awaitable<void> {

    this.#revocations.addAll();
    return inSlices(this.#entries.walk(), id => {
      if (this.#entries.live(id, this.#now())) this.endSession(id, { reason: 'revoked' });
    });

  }

  /** Ends a live session. */
  endSession(id: string, { moved, reason }: EndTerms): void {

    this.#entries.delete(id);
    this.#retired.add(id, { next: moved ? ELSEWHERE : undefined, reason });

  }

  /** In whole seconds, as expiries are. */
  #now(): number {

    return Math.floor(this.#exactly());

  }

}
