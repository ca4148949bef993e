import { andThen } from '../../base/awaitable.js';
import type { Awaitable, EndReason, PutTerms, RecordPage, SessionCount, SessionRecord, StorePing } from '../../base/store.js';
import { type CountStep, counted } from '../shared/counting.js';
import type { EngineOperations, EnginePage, PageRow } from '../shared/engine.js';
import { fromInfoText, infoText } from '../shared/info.js';
import { pack, unpack } from '../shared/packed-texts.js';
import { checkHandle, pageByHandle } from '../shared/pages.js';
import { selfTested } from '../shared/ping.js';
import { fromFormerIds, newInfoOf, readable, toFormerIds } from '../shared/records.js';
import { requestBegan } from '../shared/request-age.js';
import { unreadable } from '../shared/unreadable.js';
import { userHash } from '../shared/user-hash.js';
import type { Columns } from './sqlite-connection.js';
import { type FoundRow, infoOf, isAnySession, isDead } from './sqlite-row.js';
import type { SqliteTable } from './sqlite-table.js';
import type { SqliteUsers } from './sqlite-users.js';

/** Lists and counts all sessions in a table, and gives and takes whole records. */
export class SqliteOperations implements EngineOperations<'at once'> {

  readonly #table: SqliteTable;
  readonly #users: SqliteUsers;

  constructor(table: SqliteTable, users: SqliteUsers) {
    this.#table = table;
    this.#users = users;
  }

  page(after: string, limit: number): Awaitable<EnginePage> {

    checkHandle(after);
    return andThen(this.#table.list('listed', after, limit), rows => pageByHandle(rows.map(pageRow), limit));

  }

  records(handles: readonly string[]): Awaitable<Omit<RecordPage, 'next'>> {

    return this.#table.read(() => readable(handles.flatMap(handle => {
      const row = this.#table.find(handle);
      return row && isAnySession(row) ? { handle, read: () => recordIn(handle, row) } : [];
    })));

  }

  putRecord(record: SessionRecord, terms: PutTerms): Awaitable<boolean> {

    const { handle, hash, former, texts, info, idle, remaining } = record;
    const began = requestBegan(newInfoOf(record, terms));
    const data = pack(texts);
    return this.#table.change(handle, row => {
      const { now } = row;
      if (!isDead(row) || this.#users.refuses(info, began)) return false;
      const userId = info && info.user !== null ? userHash(info.user) : '';
      this.#table.write(handle, {
        idHash: hash, former: fromFormerIds(former, now), userId, info: info ? infoText(info) : '', endsAt: now + Math.ceil(remaining * 1000), data,
      }, now - Math.round((idle ?? 0) * 1000));
      return true;
    });

  }

  takeRecord(handle: string): Awaitable<SessionRecord | null> {

    return this.#table.change(handle, row => {
      if (!isAnySession(row)) return null;
      const record = recordIn(handle, row);
      this.#table.end(handle, row, { moved: true });
      return record;
    });

  }

  endByHandle(handle: string, reason: EndReason | undefined): Awaitable<boolean> {

    return this.#table.change(handle, row => {
      const isThere = isAnySession(row);
      if (isThere) this.#table.end(handle, row, { reason });
      return isThere;
    });

  }

  count(isExact: boolean): Promise<SessionCount> {

    return counted(after => andThen(this.#table.list('count', after), ([row = []]) => countStep(row)), isExact);

  }

  /** The database has the clock of this machine. */
  async ping(): Promise<StorePing> {

    const askedAt = performance.now();
    await this.#table.ask();
    const roundTrip = (performance.now() - askedAt) / 1000;
    return { roundTrip, clockDifference: null, ...await selfTested(() => this.#table.step(() => {})) };

  }

}

function pageRow([handle, about, idle, left, bytes, other]: Columns): PageRow {

  const [text, size] = [String(about), Number(bytes)];
  const info = infoOf(text);
  const row = { handle: String(handle), size };
  if (Number(other) === 1 || (text !== '' && !info)) return { ...row, session: null };
  const { user, details } = info ?? { user: null, details: '' };
  return { ...row, session: { handle: row.handle, user, details, idle: Math.max(0, Number(idle) / 1000), remaining: Number(left) / 1000, size } };

}

function countStep(row: Columns): CountStep {

  const [rows = 0, live = 0, ofUsers = 0, expired = 0] = [row[0], row[2], row[3], row[4]].map(Number);
  return { rows, last: String(row[1] ?? ''), live, ofUsers, expired };

}

/** @throws {SessionStoreError} if it can't be read */
function recordIn(handle: string, { idHash, former, info, endsAt, data, now, seenAt, version }: FoundRow): SessionRecord {

  try {
    return {
      handle, hash: idHash, former: toFormerIds(former, now), texts: unpack(data), ...(info !== '' && { info: fromInfoText(info) }),
      idle: Math.max(0, (now - seenAt) / 1000), remaining: (endsAt - now) / 1000, version,
    };
  } catch (cause) {
    throw unreadable(cause);
  }

}
