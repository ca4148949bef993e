import type { SessionChange } from '../../base/store.js';
import { newSessionId } from '../../id/session-id.js';
import type { StoredId } from '../../id/stored-id.js';
import type { SweptRow } from '../shared/sweeper.js';
import { FirstUse } from './first-use.js';
import { errorNumber, type MysqlDatabase } from './mysql-database.js';
import { MysqlOperations } from './mysql-operations.js';
import { BATCH, creation, filled, GUARD, LARGE_BATCH, mostMerged, page, SETTINGS, type Statement, statements } from './mysql-statements.js';
import { answers, executed, nothing, type Row, texts } from './mysql-answers.js';
import { asText } from './sql-answers.js';
import { type Changes, chosen } from './sql-change.js';
import { type InfoColumns, UNKNOWN } from './sql-info.js';
import type { CreationTerms, Executed, RowTerms, SqlTable } from './sql-table.js';
import { explained, tryOut } from './sql-try-out.js';

/** ER_DUP_ENTRY: the row exists. */
const DUPLICATE = 1062;

/** ER_NO_SUCH_TABLE */
const NO_TABLE = 1146;

/** ER_BAD_FIELD_ERROR */
const NO_COLUMN = 1054;

/** The most bytes of a row and a statement beside `data`: `info` may have details of 4,096 bytes, and a user. */
const BESIDE_DATA = 16_384;

/** The table in MySQL or MariaDB. */
export class MysqlTable implements SqlTable {

  readonly limit = 'max_allowed_packet of the server allows';
  readonly batch = BATCH;
  readonly mostMerged = mostMerged;
  readonly operations: MysqlOperations;

  #database: MysqlDatabase;
  readonly #name: string;
  readonly #statements: ReturnType<typeof statements>;
  readonly #firstUse: FirstUse | undefined;
  #most = Number.MAX_SAFE_INTEGER;

  /** @param isTried whether this table is only used for the trial */
  constructor(database: MysqlDatabase, table: string, isTried = false) {

    this.#database = database;
    this.#name = `\`${table}\``;
    this.#statements = statements(this.#name);
    this.operations = new MysqlOperations(this.#name, this.#statements, (...given) => this.#run(...given));
    if (isTried) return;
    const tryWith = async (tried: MysqlDatabase) => {
      await this.#checkSettings(tried);
      await tryOut(new MysqlTable(tried, table, true));
      this.#database = tried;
    };
    // Most pools return rows as the store expects them.
    this.#firstUse = new FirstUse(() => explained(this.#name, kindOf, () => tryWith(database.plain).catch(() => tryWith(database))));

  }

  get most(): number {
    return this.#most;
  }

  async setup(): Promise<void> {

    // First: without autocommit, a read would keep a lock on the table.
    await explained(this.#name, kindOf, () => this.#checkSettings(this.#database));
    try {
      await this.#database.run(this.#statements.columns, [], nothing);
    } catch (error) {
      if (errorNumber(error) !== NO_TABLE) await explained(this.#name, kindOf, () => Promise.reject(error));
      await this.#database.run(creation(this.#name), [], nothing);
    }
    await this.trial();

  }

  trial(): Promise<void> | undefined {
    return this.#firstUse?.trial();
  }

  now(): Promise<number> {
    return this.#database.run(this.#statements.now, [], ([row]: readonly Row[]) => Number(row && asText(row.answer)));
  }

  read(handle: string): Promise<string | null | undefined> {
    return this.#run(this.#statements.read, [handle], ([row]: readonly Row[]) => row && asText(row.answer));
  }

  readWithoutData(handle: string): Promise<string | null | undefined> {
    return this.#run(this.#statements.readWithoutData, [handle], ([row]: readonly Row[]) => row && asText(row.answer));
  }

  states(handles: readonly string[]): Promise<ReadonlyArray<string | null>> {
    const isLarge = handles.length > BATCH;
    const statement = isLarge ? this.#statements.manyStates : this.#statements.states;
    return this.#run(statement, filled(handles, isLarge ? LARGE_BATCH : BATCH), texts);
  }

  create({ handle, hash }: StoredId, data: string, { user, text }: InfoColumns, { lifetime, deadline, former, idle }: CreationTerms): Promise<Executed> {
    return this.#insert(this.#statements.create, [handle, hash, data, lifetime, user, text, deadline, former, idle]);
  }

  put({ handle, hash }: StoredId, data: string, lifetime: number): Promise<Executed> {
    const { user, text } = UNKNOWN;
    return this.#insert(this.#statements.put, [handle, hash, data, lifetime, user, text, Number.MAX_SAFE_INTEGER, '', 0]);
  }

  update(id: StoredId, change: SessionChange, terms: RowTerms & { readonly user: string | null }): Promise<Executed> {
    return this.#change(this.#statements.update, id, change, { ...terms, more: [terms.user] });
  }

  move(id: StoredId, newId: StoredId, change: SessionChange, terms: RowTerms & { readonly info: InfoColumns | null }): Promise<Executed> {
    const { info } = terms;
    return this.#change(this.#statements.move, id, change, { ...terms, more: [newId.hash, info?.text ?? null, info?.user ?? null] });
  }

  touch({ handle, hash }: StoredId, lifetime: number, user: string | null): Promise<Executed> {
    return this.#run(this.#statements.touch, [handle, hash, lifetime, user], executed);
  }

  end({ handle, hash }: StoredId, data: string): Promise<Executed> {
    return this.#run(this.#statements.end, [handle, hash, data], executed);
  }

  delete({ handle, hash }: StoredId): Promise<void> {
    return this.#run(this.#statements.delete, [handle, hash], nothing);
  }

  revoke(mark: string): Promise<void> {
    return this.#run(this.#statements.revoke, [mark], nothing);
  }

  marks(mark: string, other: string): Promise<readonly string[]> {
    return this.#run(this.#statements.marks, [mark, other], answers);
  }

  rowsOf(user: string): Promise<ReadonlyArray<string | null>> {
    return this.#run(this.#statements.rowsOf, [user], texts);
  }

  async endOf(user: string, { only, except }: { readonly only: string | null; readonly except: string }, data: string): Promise<string[]> {
    // MySQL has no UPDATE … RETURNING, so the ended rows are tagged with a one-time user id and selected by it.
    const ended = newSessionId();
    await this.#run(this.#statements.endOf, [user, only, except, ended, data], nothing);
    return this.#run(this.#statements.endedAs, [ended], answers);
  }

  live(after: string): Promise<readonly string[]> {
    return this.#run(this.#statements.live, [after], answers);
  }

  endThese(handles: readonly string[]): Promise<void> {
    return this.#inBatches(this.#statements.endThese, handles);
  }

  async begin(pause: number): Promise<boolean> {
    await this.#run(this.#statements.enter, [], nothing);
    return await this.#run(this.#statements.begin, [pause], executed) !== 0;
  }

  async page(after: string, limit: number): Promise<SweptRow[]> {
    await this.#run(this.#statements.keep, [], nothing);
    return this.#run(page(this.#name, limit), [after], (rows: readonly Row[]) => (
      answers(rows).map(answer => ({ handle: answer.slice(1), dead: answer.startsWith('-') }))));
  }

  remove(handles: readonly string[]): Promise<void> {
    return this.#inBatches(this.#statements.remove, handles);
  }

  done(): Promise<void> {
    return this.#run(this.#statements.done, [], nothing);
  }

  /** @param overwrite is executed if there already is a row */
  async #insert(overwrite: Statement, values: readonly unknown[]): Promise<Executed> {

    for (;;) {
      try {
        return await this.#run(this.#statements.insert, values, executed);
      } catch (error) {
        if (errorNumber(error) !== DUPLICATE) throw error;
      }
      const answer = await this.#run(overwrite, values, executed);
      // It may have been removed in between.
      if (answer !== 0 || await this.read(values[0] as string) !== undefined) return answer;
    }

  }

  #change(
    changes: Changes<Statement>, { handle, hash }: StoredId, change: SessionChange,
    { more, ...terms }: RowTerms & { readonly more: readonly unknown[] },
  ): Promise<Executed> {

    const { lifetime, deadline, version, most } = terms;
    const { statement, text } = chosen(changes, change, terms, true);
    if (text.length > most) return Promise.resolve(0);
    return this.#run(statement, [handle, hash, text, lifetime, deadline, version, most, text.length, ...GUARD, ...more], executed);

  }

  async #inBatches(statement: Statement, handles: readonly string[]): Promise<void> {

    for (let start = 0; start < handles.length; start += BATCH) await this.#run(statement, filled(handles.slice(start, start + BATCH), BATCH), nothing);

  }

  #run<R, T>(statement: Statement, values: readonly unknown[], read: (result: R) => T): Promise<T> {

    const trial = this.trial();
    return trial ? trial.then(() => this.#database.run(statement, values, read)) : this.#database.run(statement, values, read);

  }

  async #checkSettings(database: MysqlDatabase): Promise<void> {

    const text = await database.run(SETTINGS, [], ([row]: readonly Row[]) => asText(row?.answer));
    const [autocommit, packet, , goesOn] = (text ?? '').split(' ');
    if (autocommit !== '1') throw new Error('autocommit is 0 on the pool\'s connections, so nothing would ever be committed. Leave it at 1');
    if (goesOn !== '1') throw new Error('the server runs with --sysdate-is-now, so changes that have waited for a lock could not be refused. Start it without this option');
    this.#most = Number(packet) - BESIDE_DATA;

  }

}

function kindOf(error: unknown): 'no table' | 'no column' | undefined {

  const code = errorNumber(error);
  return code === NO_TABLE ? 'no table' : code === NO_COLUMN ? 'no column' : undefined;

}
