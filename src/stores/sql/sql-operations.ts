import type { EndReason, PutTerms, RecordPage, SessionCount, SessionRecord, StorePing } from '../../base/store.js';
import { type CountStep, counted } from '../shared/counting.js';
import type { EngineOperations, EnginePage, PageRow } from '../shared/engine.js';
import { checkHandle, pageByHandle } from '../shared/pages.js';
import { asked, selfTested } from '../shared/ping.js';
import { fromFormerIds, newInfoOf, readable, toFormerIds } from '../shared/records.js';
import { requestBegan } from '../shared/request-age.js';
import type { ServerClock } from '../shared/server-clock.js';
import { unreadable } from '../shared/unreadable.js';
import { toJson } from './json-texts.js';
import { fromStored, toStored, UNKNOWN } from './sql-info.js';
import { endData, readRow, type SqlRow, textsOf } from './sql-row.js';
import { milliseconds, type SqlRows } from './sql-rows.js';
import type { SqlTable } from './sql-table.js';
import type { SqlUsers } from './sql-users.js';

/** The most tries of taking a record that others keep changing. */
const MOST_TRIES = 100;

interface Parts {
  readonly table: SqlTable;
  readonly rows: SqlRows;
  readonly users: SqlUsers;
  readonly clock: ServerClock;
}

/** A row, and what its statement answers beside. */
interface Read {
  readonly handle: string;
  readonly seenAt: number;
  readonly row: SqlRow;
}

/** Lists and counts all sessions in a table, and gives and takes whole records. */
export class SqlOperations implements EngineOperations<'later'> {

  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  async page(after: string, limit: number): Promise<EnginePage> {

    checkHandle(after);
    const texts = await this.#parts.table.operations.listed(after, limit);
    return pageByHandle(texts.map(pageRow), limit);

  }

  async records(handles: readonly string[]): Promise<Omit<RecordPage, 'next'>> {

    if (handles.length === 0) return { records: [], unreadable: [] };
    const texts = await this.#parts.table.operations.records(handles);
    const found = new Map(texts.flatMap(text => text === null ? [] : [[text.slice(0, text.indexOf(' ')), text]]));
    const isDamaged = texts.includes(null);
    return readable(handles.flatMap(handle => {
      const text = found.get(handle);
      // One that has ended in the meantime is not found either.
      return text !== undefined || isDamaged ? { handle, read: () => recordIn(readAll(text ?? null)) } : [];
    }));

  }

  /** In one statement; if the session is one of a user, a second one follows. */
  async putRecord(record: SessionRecord, terms: PutTerms): Promise<boolean> {

    const { table, rows, users, clock } = this.#parts;
    const { former, texts, info, idle, remaining } = record;
    const began = requestBegan(newInfoOf(record, terms));
    const data = await rows.checked(toJson(texts));
    await rows.learnTime();
    const isDone = await rows.isDone(() => table.create(record, data, info ? toStored(info) : UNKNOWN, {
      lifetime: milliseconds(remaining), deadline: Number.MAX_SAFE_INTEGER, former: fromFormerIds(former, clock.now()), idle: milliseconds(idle ?? 0),
    }));
    return isDone && !await users.refuse(record, info, began);

  }

  /** Reads the row, and ends it provided that it is still the same. */
  async takeRecord(handle: string): Promise<SessionRecord | null> {

    const { table: { operations } } = this.#parts;
    for (let tries = 0; tries < MOST_TRIES; tries++) {
      const [text] = await operations.records([handle]);
      if (text === undefined) return null;
      const found = readAll(text);
      const record = recordIn(found);
      if (await this.#parts.rows.isDone(() => operations.endRead(handle, found.row, endData({ moved: true })))) return record;
    }
    throw new Error('The record was not taken: other requests kept changing it');

  }

  endByHandle(handle: string, reason: EndReason | undefined): Promise<boolean> {

    return this.#parts.rows.isDone(() => this.#parts.table.operations.endAt(handle, endData({ reason })));

  }

  count(isExact: boolean): Promise<SessionCount> {

    return counted(async after => countStep(await this.#parts.table.operations.count(after)), isExact);

  }

  async ping(): Promise<StorePing> {

    const { table } = this.#parts;
    const times = await asked(() => table.now());
    return { ...times, ...await selfTested(async () => table.trial()) };

  }

}

/** @throws {SessionStoreError} if it can't be read */
function readAll(text: string | null): Read {

  if (text === null) throw unreadable();
  const first = text.indexOf(' ');
  const second = text.indexOf(' ', first + 1);
  return { handle: text.slice(0, first), seenAt: Number(text.slice(first + 1, second)), row: readRow(text.slice(second + 1)) };

}

/** @throws {SessionStoreError} if it can't be read */
function recordIn({ handle, seenAt, row }: Read): SessionRecord {

  const { now, endsAt, version, idHash, former } = row;
  try {
    const info = fromStored(row.info);
    return {
      handle, hash: idHash, former: toFormerIds(former, now), texts: textsOf(row), ...(info && { info }),
      idle: Math.max(0, now - seenAt) / 1000, remaining: (endsAt - now) / 1000, version,
    };
  } catch (cause) {
    throw unreadable(cause);
  }

}

function pageRow(text: string | null): PageRow {

  const [now = '', endsAt = '', seenAt = '', bytes = '', other = '', handle = '', ...about] = (text ?? '').split(' ');
  const size = Number(bytes);
  if (other !== '0') return { handle, size, session: null };
  try {
    const { user, details } = fromStored(about.join(' ')) ?? { user: null, details: '' };
    const idle = Math.max(0, Number(now) - Number(seenAt)) / 1000;
    return { handle, size, session: { handle, user, details, idle, remaining: Math.max(0, Number(endsAt) - Number(now)) / 1000, size } };
  } catch {
    return { handle, size, session: null };
  }

}

function countStep(text: string | null | undefined): CountStep {

  const [rows = 0, live = 0, ofUsers = 0, expired = 0, last = ''] = (text ?? '').split(' ').map((word, index) => index < 4 ? Number(word) : word) as [number, number, number, number, string];
  return { rows, live, ofUsers, expired, last };

}
