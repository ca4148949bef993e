import type {
  Awaitable, CreateTerms, EndSessionsTerms, EndTerms, FoundSession, MoveTerms, SessionChange, SessionState, SessionTexts, StoredInfo,
  StoredUserSession, UpdateTerms,
} from '../../base/store.js';
import type { StoredId } from '../../id/stored-id.js';
import type { Engine } from '../shared/engine.js';
import { isFormer } from '../shared/former-ids.js';
import { infoText } from '../shared/info.js';
import { isPackedTooLarge, pack, repack } from '../shared/packed-texts.js';
import { requestBegan } from '../shared/request-age.js';
import { userHash } from '../shared/user-hash.js';
import { SqliteOperations } from './sqlite-operations.js';
import { ELSEWHERE, type FoundRow, isDead, isKnown, isLive, LoadedTexts, retired } from './sqlite-row.js';
import type { SqliteTable } from './sqlite-table.js';
import { SqliteUsers } from './sqlite-users.js';

/** What a session begins with. */
const NEW = { former: '', userId: '', info: '' };

/** Keeps sessions in a table in SQLite. Each change reads a row, decides here and writes the row, in one transaction. */
export class SqliteEngine implements Engine<'at once'> {

  readonly answers = 'at once';
  readonly operations: SqliteOperations;

  readonly #table: SqliteTable;
  readonly #users: SqliteUsers;

  constructor(table: SqliteTable) {
    this.#table = table;
    this.#users = new SqliteUsers(table);
    this.operations = new SqliteOperations(table, this.#users);
  }

  load({ handle, hash }: StoredId): Awaitable<FoundSession | null> {

    return this.#table.load(handle, hash);

  }

  create({ handle, hash }: StoredId, texts: SessionTexts, terms: CreateTerms): Awaitable<boolean | 'revoked'> {

    const { lifetime, newInfo } = terms;
    const data = pack(texts);
    const began = requestBegan(newInfo);
    return this.#table.change(handle, row => {
      const { now } = row;
      if (!isDead(row)) return false;
      if (this.#users.refuses(newInfo?.info, began)) return 'revoked';
      this.#table.write(handle, { ...NEW, ...columns(newInfo?.info), idHash: hash, endsAt: later(now, lifetime), data }, now);
      return true;
    }, terms);

  }

  put({ handle, hash }: StoredId, texts: SessionTexts, lifetime: number): Awaitable<boolean> {

    const data = pack(texts);
    return this.#table.change(handle, row => {
      const { idHash, now } = row;
      const isOver = isDead(row) || idHash === '' || idHash === ELSEWHERE;
      if (!isOver && idHash !== hash) return false;
      const { former, userId, info } = isOver ? NEW : row;
      this.#table.write(handle, { idHash: hash, former, userId, info, endsAt: later(now, lifetime), data }, now);
      return true;
    });

  }

  update(
    { handle, hash }: StoredId, change: SessionChange, terms: UpdateTerms,
  ): Awaitable<'updated' | 'gone' | 'conflict' | 'too-large'> {

    const { lifetime, version, user, maxBytes, loaded } = terms;
    const decide = (row: FoundRow) => {
      if (!isLive(row, hash)) return 'gone';
      if (version !== undefined && version !== row.version) return 'conflict';
      const data = repack(row.data, change);
      if (isPackedTooLarge(row.data, data, maxBytes)) return 'too-large';
      this.#table.update(handle, data, Math.max(row.endsAt, later(row.now, lifetime)), row.now);
      this.#users.heal(handle, row, user);
      return 'updated';
    };
    const isOwn = loaded instanceof LoadedTexts && loaded.table === this.#table && loaded.idHash === hash;
    const isEnough = isOwn && user === undefined && (version === undefined || version === loaded.version);
    const data = isEnough ? loaded.repacked(change) : '';
    if (!isEnough || isPackedTooLarge(loaded.packed, data, maxBytes)) return this.#table.change(handle, decide, terms);
    return this.#table.step(() => {
      // Most rows are as they were loaded, and need not be read again.
      return this.#table.rewrite(handle, loaded, data, Math.ceil(lifetime * 1000)) ? 'updated' : decide(this.#table.row(handle));
    }, terms);

  }

  touch({ handle, hash }: StoredId, lifetime: number, user?: string): Awaitable<boolean> {

    return this.#table.change(handle, row => {
      if (!isLive(row, hash)) return false;
      this.#table.touch(handle, Math.max(row.endsAt, later(row.now, lifetime)), row.now);
      this.#users.heal(handle, row, user);
      return true;
    });

  }

  move(
    { handle, hash }: StoredId, newId: StoredId, change: SessionChange, terms: MoveTerms,
  ): Awaitable<'moved' | 'gone' | 'conflict' | 'too-large' | 'revoked'> {

    const { lifetime, newInfo, version, maxBytes } = terms;
    const began = requestBegan(newInfo);
    return this.#table.change(handle, row => {
      if (!isLive(row, hash)) return 'gone';
      if (version !== undefined && version !== row.version) return 'conflict';
      const { now } = row;
      const data = repack(row.data, change);
      if (isPackedTooLarge(row.data, data, maxBytes)) return 'too-large';
      if (isFormer(row.former, newId.hash, now)) throw new Error('The new id of the session is in use');
      if (this.#users.refuses(newInfo?.info, began)) {
        this.#table.end(handle, row, { reason: 'revoked' });
        return 'revoked';
      }
      const { userId, info } = newInfo ? columns(newInfo.info) : row;
      this.#table.write(handle, { idHash: newId.hash, former: retired(row), userId, info, endsAt: later(now, lifetime), data }, now);
      return 'moved';
    }, terms);

  }

  end({ handle, hash }: StoredId, terms: EndTerms): Awaitable<boolean> {

    return this.#table.change(handle, row => {
      if (!isKnown(row, hash)) return false;
      this.#table.end(handle, row, terms);
      return true;
    });

  }

  delete({ handle, hash }: StoredId): Awaitable<void> {

    return this.#table.change(handle, row => {
      if (row.idHash === hash) this.#table.delete(handle);
    });

  }

  infoByHandle(handle: string): Awaitable<StoredInfo | null> {

    return this.#table.infoOf(handle);

  }

  statesOf(handles: readonly string[]): Awaitable<Map<string, SessionState | null>> {

    return this.#table.statesOf(handles);

  }

  sessionsOf(user: string): Awaitable<StoredUserSession[]> {

    return this.#users.sessionsOf(user);

  }

  endSessionsOf(user: string, terms: EndSessionsTerms): Awaitable<string[]> {

    return this.#users.endSessionsOf(user, terms);

  }

  endAllSessions(): Promise<void> {

    return this.#users.endAllSessions();

  }

}

/** What the columns of a session say of its info. */
function columns(info: StoredInfo | undefined): { userId: string; info: string } {

  if (!info) return NEW;
  return { userId: info.user === null ? '' : userHash(info.user), info: infoText(info) };

}

/** Unix time in milliseconds, a lifetime in seconds from now on. */
function later(now: number, lifetime: number): number {

  return now + Math.ceil(lifetime * 1000);

}
