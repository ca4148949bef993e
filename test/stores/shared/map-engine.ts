import type {
  CreateTerms, EndReason, EndSessionsTerms, EndTerms, FoundSession, MoveTerms, SessionChange, SessionRecord, SessionState, SessionTexts, StoredInfo,
  StoredSession, UpdateTerms,
} from '../../../src/base/store.js';
import type { StoredId } from '../../../src/id/stored-id.js';
import type { Engine, EngineOperations } from '../../../src/stores/shared/engine.js';
import { isFormer, withFormer } from '../../../src/stores/shared/former-ids.js';
import { REMEMBERED } from '../../../src/stores/shared/mark-lifetimes.js';
import { checkHandle, pageByHandle } from '../../../src/stores/shared/pages.js';
import { fromFormerIds, newInfoOf, toFormerIds } from '../../../src/stores/shared/records.js';
import { Revocations } from '../../../src/stores/shared/revocations.js';
import { stateIn } from '../../../src/stores/shared/session-state.js';
import { userSession } from '../../../src/stores/shared/user-session.js';
import { OTHER_RECORD } from '../../../src/values/other-record.js';
import { isTooLarge, sizeOf } from '../../../src/values/session-size.js';
import { merge } from '../../../src/values/texts-change.js';

/** A session, or the mark of one that has ended: the hash of a mark is `ended` or `moved`, which no id has. */
interface Row {
  readonly hash: string; readonly former: string; readonly texts: SessionTexts; readonly info?: StoredInfo | undefined;
  readonly version: number; readonly seen: number; readonly ends: number; readonly reason?: EndReason | undefined;
}

/** The smallest engine: rows in a map. The time is a function that returns Unix milliseconds. */
export class MapEngine implements Engine<'at once'> {

  readonly answers = 'at once';
  readonly #rows = new Map<string, Row>();
  readonly #revocations = new Revocations();
  constructor(readonly now: () => number) {}

  load({ handle, hash }: StoredId): FoundSession | null {
    const row = this.#rows.get(handle);
    if (!row) return null;
    const { former, version, ends } = row;
    const [info, left] = [row.info && { ...row.info }, ends - this.now()];
    if (row.hash === hash) return left > 0 ? { status: 'live', texts: new Map(row.texts), info, version, remaining: left / 1000 } : { status: 'expired', info };
    return left > 0 && isFormer(former, hash, this.now()) ? { status: 'retired', moved: row.hash !== 'ended', info, ...(row.reason && { reason: row.reason }) } : null;
  }

  create({ handle, hash }: StoredId, texts: SessionTexts, { lifetime, newInfo }: CreateTerms) {
    if ((this.#rows.get(handle)?.ends ?? 0) > this.now()) return false;
    if (newInfo && this.#revocations.refuses(newInfo)) return 'revoked';
    return this.#write(handle, { hash, former: '', texts: new Map(texts), info: newInfo?.info }, lifetime);
  }

  put({ handle, hash }: StoredId, texts: SessionTexts, lifetime: number) {
    const row = this.#live(handle);
    if (row && row.hash !== hash) return false;
    return this.#write(handle, { hash, former: row?.former ?? '', texts, info: row?.info }, lifetime);
  }

  update(id: StoredId, change: SessionChange, terms: UpdateTerms) {
    const row = this.#changed(id, change, terms);
    if (typeof row === 'string') return row;
    this.#write(id.handle, row, Math.max(terms.lifetime, (row.ends - this.now()) / 1000));
    return 'updated';
  }

  touch({ handle, hash }: StoredId, lifetime: number) {
    const row = this.#live(handle, hash);
    if (row) this.#rows.set(handle, { ...row, seen: this.now(), ends: Math.max(row.ends, this.now() + lifetime * 1000) });
    return row !== undefined;
  }

  move({ handle, hash }: StoredId, newId: StoredId, change: SessionChange, terms: MoveTerms) {
    const row = this.#changed({ handle, hash }, change, terms);
    if (typeof row === 'string') return row;
    if (isFormer(row.former, newId.hash, this.now())) throw new Error('The new id is in use');
    const { newInfo, lifetime } = terms;
    const isRevoked = newInfo && this.#revocations.refuses(newInfo);
    const info = newInfo ? newInfo.info : row.info;
    if (isRevoked) this.#end(handle, row, { reason: 'revoked' });
    else this.#write(handle, { ...row, info, hash: newId.hash, former: withFormer(row.former, hash, this.now()) }, lifetime);
    return isRevoked ? 'revoked' : 'moved';
  }

  end({ handle, hash }: StoredId, terms: EndTerms) {
    const row = this.#live(handle);
    return row !== undefined && (row.hash === hash || isFormer(row.former, hash, this.now())) && this.#end(handle, row, terms);
  }

  delete({ handle, hash }: StoredId) { if (this.#rows.get(handle)?.hash === hash) this.#rows.delete(handle); }

  infoByHandle(handle: string) { return this.#live(handle)?.info ?? null; }

  sessionsOf(user: string) {
    const rows = [...this.#rows].filter(([handle]) => this.#live(handle));
    return rows.flatMap(([handle, { info, seen, ends }]) => userSession({ handle, info, idle: (this.now() - seen) / 1000, left: (ends - this.now()) / 1000 }, user) ?? []);
  }

  statesOf(handles: readonly string[]) {
    return new Map<string, SessionState | null>(handles.flatMap(handle => {
      const row = this.#rows.get(handle);
      return row ? [[handle, stateIn({ isMark: row.hash.length <= 6, left: row.ends - this.now(), reason: row.reason })] as const] : [];
    }));
  }

  endSessionsOf(user: string, { only, except, reason }: EndSessionsTerms) {
    if (only === undefined) this.#revocations.add(user);
    const handles = this.sessionsOf(user).map(({ handle }) => handle).filter(handle => handle === (only ?? handle) && handle !== except);
    return handles.filter(handle => this.#end(handle, this.#rows.get(handle) as Row, { reason }));
  }

  async endAllSessions() {
    this.#revocations.addAll();
    for (const [handle, row] of this.#rows) if (this.#live(handle)) this.#end(handle, row, { reason: 'revoked' });
  }

  readonly operations: EngineOperations<'at once'> = {

    page: (after, limit) => {
      checkHandle(after);
      const handles = [...this.#rows.keys()].filter(handle => handle > after && this.#live(handle)).sort().slice(0, limit);
      return pageByHandle(handles.map(handle => {
        const { texts } = this.#rows.get(handle) as Row;
        return { handle, size: sizeOf(texts), session: texts.has(OTHER_RECORD) ? null : this.#listed(handle) };
      }), limit);
    },

    records: handles => ({ records: handles.flatMap(handle => this.#record(handle) ?? []), unreadable: [] }),

    putRecord: (record, terms) => {
      const { handle, hash, former, texts, info, remaining } = record;
      const newInfo = newInfoOf(record, terms);
      if ((this.#rows.get(handle)?.ends ?? 0) > this.now() || (newInfo && this.#revocations.refuses(newInfo))) return false;
      return this.#write(handle, { hash, former: fromFormerIds(former, this.now()), texts: new Map(texts), info }, remaining);
    },

    takeRecord: handle => {
      const record = this.#record(handle);
      if (record) this.#end(handle, this.#rows.get(handle) as Row, { moved: true });
      return record;
    },

    endByHandle: (handle, reason) => {
      const row = this.#live(handle);
      return row !== undefined && this.#end(handle, row, { reason });
    },

    count: () => {
      const rows = [...this.#rows].filter(([, { hash, texts }]) => hash.length > 5 && !texts.has(OTHER_RECORD));
      const live = rows.filter(([handle]) => this.#live(handle));
      return { live: live.length, ofUsers: live.filter(([, { info }]) => info?.user).length, expired: rows.length - live.length, isExact: true };
    },

    ping: () => ({ roundTrip: 0, clockDifference: null, selfTest: null }),

  };

  #listed(handle: string): StoredSession {
    const { info, seen, ends, texts } = this.#rows.get(handle) as Row;
    return { handle, user: null, details: '', ...info, idle: (this.now() - seen) / 1000, remaining: (ends - this.now()) / 1000, size: sizeOf(texts) };
  }

  #record(handle: string): SessionRecord | null {
    const row = this.#live(handle);
    if (!row) return null;
    const { hash, former, texts, info, version } = row;
    const { idle, remaining } = this.#listed(handle);
    return { handle, hash, former: toFormerIds(former, this.now()), texts: new Map(texts), ...(info && { info: { ...info } }), idle, remaining, version };
  }

  #live(handle: string, hash?: string): Row | undefined {
    const row = this.#rows.get(handle);
    return row && row.hash.length > 5 && row.ends > this.now() && row.hash === (hash ?? row.hash) ? row : undefined;
  }

  #changed({ handle, hash }: StoredId, change: SessionChange, { version, maxBytes }: UpdateTerms): Row | 'gone' | 'conflict' | 'too-large' {
    const row = this.#live(handle, hash);
    if (!row) return 'gone';
    if (version !== undefined && version !== row.version) return 'conflict';
    const texts = merge(row.texts, change);
    return isTooLarge(row.texts, texts, maxBytes) ? 'too-large' : { ...row, texts };
  }

  #write(handle: string, row: Omit<Row, 'version' | 'seen' | 'ends'>, lifetime: number): true {
    const [seen, version] = [this.now(), (this.#rows.get(handle)?.version ?? 0) + 1];
    const info = row.info && { user: row.info.user, details: row.info.details };
    this.#rows.set(handle, { ...row, info, version, seen, ends: seen + lifetime * 1000 });
    return true;
  }

  #end(handle: string, { hash, former }: Row, { moved, reason }: EndTerms): true {
    const mark = moved ? { hash: 'moved', reason: 'signed-out' as const } : { hash: 'ended', reason };
    return this.#write(handle, { ...mark, former: withFormer(former, hash, this.now()), texts: new Map() }, REMEMBERED / 1000);
  }

}
