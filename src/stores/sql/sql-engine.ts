import { countdown } from '../../base/countdown.js';
import type {
  CreateTerms, EndSessionsTerms, EndTerms, FoundSession, MoveTerms, SessionChange, SessionState, SessionTexts, StoredInfo,
  StoredUserSession, UpdateTerms,
} from '../../base/store.js';
import type { StoredId } from '../../id/stored-id.js';
import type { Engine } from '../shared/engine.js';
import { isFormer } from '../shared/former-ids.js';
import { requestBegan } from '../shared/request-age.js';
import { ServerClock } from '../shared/server-clock.js';
import { asciiUserHash } from '../shared/user-hash.js';
import { toJson } from './json-texts.js';
import { toStored, UNKNOWN } from './sql-info.js';
import { SqlOperations } from './sql-operations.js';
import { endData, infoIn, sessionIn, stateOf } from './sql-row.js';
import { milliseconds, MOST_SETTINGS, SqlRows } from './sql-rows.js';
import type { SqlTable } from './sql-table.js';
import { SqlUsers } from './sql-users.js';

/** Keeps sessions in a table of a database server. */
export class SqlEngine implements Engine<'later'> {

  readonly answers = 'later';
  readonly operations: SqlOperations;

  readonly #table: SqlTable;
  readonly #rows: SqlRows;
  readonly #users: SqlUsers;

  constructor(table: SqlTable) {

    const clock = new ServerClock();
    this.#table = table;
    this.#rows = new SqlRows(table, clock);
    this.#users = new SqlUsers(table, clock);
    this.operations = new SqlOperations({ table, rows: this.#rows, users: this.#users, clock });

  }

  async load({ handle, hash }: StoredId): Promise<FoundSession | null> {

    const row = await this.#rows.read(handle);
    return row && sessionIn(row, hash, this.#table.limit);

  }

  async create(id: StoredId, texts: SessionTexts, terms: CreateTerms): Promise<boolean | 'revoked'> {

    const { lifetime, newInfo } = terms;
    const left = countdown(terms);
    const began = requestBegan(newInfo);
    const info = newInfo ? toStored(newInfo.info) : UNKNOWN;
    const data = await this.#rows.checked(toJson(texts));
    const answer = await this.#rows.tries(
      left,
      deadline => this.#table.create(id, data, info, { lifetime: milliseconds(lifetime), deadline, former: '', idle: 0 }),
      async () => {
        const row = await this.#rows.read(id.handle);
        if (!row) await this.#rows.learnTime();
        return row && row.endsAt > row.now ? 'taken' : null;
      },
      MOST_SETTINGS,
    );
    if (answer === 'taken') return false;
    return await this.#users.refuse(id, newInfo?.info, began) ? 'revoked' : true;

  }

  async put(id: StoredId, texts: SessionTexts, lifetime: number): Promise<boolean> {

    const data = await this.#rows.checked(toJson(texts));
    return this.#rows.isDone(() => this.#table.put(id, data, milliseconds(lifetime)));

  }

  async update(id: StoredId, change: SessionChange, terms: UpdateTerms): Promise<'updated' | 'gone' | 'conflict' | 'too-large'> {

    const user = terms.user === undefined ? null : asciiUserHash(terms.user);
    const answer = await this.#rows.change(id, change, terms, {
      attempt: rowTerms => this.#table.update(id, change, { ...rowTerms, user }),
    });
    return answer === 'done' ? 'updated' : answer;

  }

  async touch(id: StoredId, lifetime: number, user?: string): Promise<boolean> {

    const hash = user === undefined ? null : asciiUserHash(user);
    return this.#rows.isDone(() => this.#table.touch(id, milliseconds(lifetime), hash));

  }

  async move(
    id: StoredId, newId: StoredId, change: SessionChange, terms: MoveTerms,
  ): Promise<'moved' | 'gone' | 'conflict' | 'too-large' | 'revoked'> {

    const { newInfo } = terms;
    const began = requestBegan(newInfo);
    const info = newInfo ? toStored(newInfo.info) : null;
    const answer = await this.#rows.change(id, change, terms, {
      attempt: rowTerms => this.#table.move(id, newId, change, { ...rowTerms, info }),
      check: ({ former, now }) => {
        if (isFormer(former, newId.hash, now)) throw new Error('The new id of the session is in use');
      },
    });
    if (answer !== 'done') return answer;
    return await this.#users.refuse(newId, newInfo?.info, began) ? 'revoked' : 'moved';

  }

  async end(id: StoredId, terms: EndTerms): Promise<boolean> {

    return this.#rows.isDone(() => this.#table.end(id, endData(terms)));

  }

  async delete(id: StoredId): Promise<void> {

    await this.#table.delete(id);

  }

  async infoByHandle(handle: string): Promise<StoredInfo | null> {

    const row = await this.#rows.read(handle);
    return row && infoIn(row);

  }

  async statesOf(handles: readonly string[]): Promise<Map<string, SessionState | null>> {

    const texts = handles.length > 0 ? await this.#table.states(handles) : [];
    // A column that is NULL was not written by a store.
    return new Map(texts.flatMap(text => text === null ? [] : [stateOf(text)]));

  }

  sessionsOf(user: string): Promise<StoredUserSession[]> {

    return this.#users.sessionsOf(user);

  }

  endSessionsOf(user: string, terms: EndSessionsTerms): Promise<string[]> {

    return this.#users.endSessionsOf(user, terms);

  }

  endAllSessions(): Promise<void> {

    return this.#users.endAllSessions();

  }

}
