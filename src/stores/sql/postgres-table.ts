import type { SessionChange } from '../../base/store.js';
import type { StoredId } from '../../id/stored-id.js';
import type { SweptRow } from '../shared/sweeper.js';
import { FirstUse } from './first-use.js';
import { codeOf, type PostgresDatabase } from './postgres-database.js';
import type { EndStatements } from './postgres-ends.js';
import { creations, type Statement, statements } from './postgres-statements.js';
import { withoutNull } from './sql-answers.js';
import { type Changes, chosen } from './sql-change.js';
import type { InfoColumns } from './sql-info.js';
import type { CreationTerms, Executed, OperationsTable, RowTerms, SqlTable } from './sql-table.js';
import { explained, tryOut } from './sql-try-out.js';

const NO_COLUMN = '42703';
const NO_TABLE = '42P01';

/** Columns of another type, no unique one, or one more that must have a value. */
const OTHER_FORM: readonly unknown[] = ['42804', '42883', '42P10', '22P02', '23502', '23503', '23514'];

/** Another process has just created the same: the unique key of a catalogue, a relation, a type. */
const THERE_BY_NOW: readonly unknown[] = ['23505', '42P07', '42710'];

/** The name of a table, as the options give it. */
export interface TableName {
  readonly table: string;
  readonly schema: string | undefined;
}

/** The table in PostgreSQL. */
export class PostgresTable implements SqlTable {

  /** The most that `jsonb` takes. */
  readonly most = 0xfffffff;
  readonly limit = 'PostgreSQL can have in a value of jsonb';
  readonly batch = 250;
  readonly operations: OperationsTable = {
    listed: (after, limit) => this.#run(this.#statements.listed, [after, limit], answers => answers),
    records: handles => this.#run(this.#statements.records, [handles], answers => answers),
    count: after => this.#run(this.#statements.count, [after], ([answer]) => answer),
    endRead: (handle, { idHash, version, endsAt }, data) => this.#run(this.#statements.endRead, [handle, idHash, version, endsAt, data], executed),
    endAt: (handle, data) => this.#run(this.#statements.endAt, [handle, data], executed),
  };

  readonly #database: PostgresDatabase;
  readonly #name: string;
  readonly #creations: ReturnType<typeof creations>;
  readonly #statements: ReturnType<typeof statements>;
  readonly #firstUse: FirstUse | undefined;
  /** Whether keys can have names of earlier versions, which are not ASCII: only if the server can be asked for any character. */
  #hasFormerNames = false;

  /** @param isTried whether this table is only used for the trial */
  constructor(database: PostgresDatabase, { table, schema }: TableName, isTried = false) {

    const inSchema = (name: string) => (schema === undefined ? `"${name}"` : `"${schema}"."${name}"`);
    this.#database = database;
    this.#name = inSchema(table);
    this.#creations = creations(table, `${table}_user_id`, inSchema);
    this.#statements = statements(this.#name);
    if (isTried) return;
    this.#firstUse = new FirstUse(() => explained(this.#name, kindOf, async () => {
      this.#hasFormerNames = await database.run(this.#statements.encoding, [], ([encoding]) => encoding === 'UTF8');
      await tryOut(new PostgresTable(database, { table, schema }, true));
    }));

  }

  mostMerged(): number {
    return Infinity;
  }

  async setup(): Promise<void> {

    for (const [name, text] of Object.entries(this.#creations)) {
      // A table that is not the store's gets no index.
      if (name !== this.#name) await this.trial();
      // Even if the index exists, CREATE INDEX waits for writes under way, and others wait for it.
      const exists = await this.#database.run(this.#statements.exists, [name], ([found]) => found !== '');
      if (exists && name === this.#name) await explained(this.#name, kindOf, () => this.#database.run(this.#statements.columns, [], nothing));
      if (exists) continue;
      try {
        await this.#database.run({ name: '', text }, [], nothing);
      } catch (error) {
        if (!THERE_BY_NOW.includes(codeOf(error))) throw error;
      }
    }
    await this.trial();

  }

  /** The statements with which ends are reported to other processes. */
  get endStatements(): EndStatements {
    return this.#statements;
  }

  trial(): Promise<void> | undefined {
    return this.#firstUse?.trial();
  }

  now(): Promise<number> {
    return this.#database.run(this.#statements.now, [], executed);
  }

  read(handle: string): Promise<string | null | undefined> {
    return this.#run(this.#statements.read, [handle], ([row]) => row);
  }

  readWithoutData(handle: string): Promise<string | null | undefined> {
    return this.#run(this.#statements.readWithoutData, [handle], ([row]) => row);
  }

  states(handles: readonly string[]): Promise<ReadonlyArray<string | null>> {
    return this.#run(this.#statements.states, [handles], answers => answers);
  }

  create({ handle, hash }: StoredId, data: string, { user, text }: InfoColumns, { lifetime, deadline, former, idle }: CreationTerms): Promise<Executed> {
    return this.#run(this.#statements.create, [handle, hash, data, lifetime, user, text, deadline, former, idle], executed);
  }

  put({ handle, hash }: StoredId, data: string, lifetime: number): Promise<Executed> {
    return this.#run(this.#statements.put, [handle, hash, data, lifetime], executed);
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
    return this.#run(this.#statements.marks, [mark, other], withoutNull);
  }

  rowsOf(user: string): Promise<ReadonlyArray<string | null>> {
    return this.#run(this.#statements.rowsOf, [user], answers => answers);
  }

  endOf(user: string, { only, except }: { readonly only: string | null; readonly except: string }, data: string): Promise<string[]> {
    return this.#run(this.#statements.endOf, [user, only, except, data], withoutNull);
  }

  live(after: string): Promise<readonly string[]> {
    return this.#run(this.#statements.live, [after], withoutNull);
  }

  endThese(handles: readonly string[]): Promise<void> {
    return this.#run(this.#statements.endThese, [handles], nothing);
  }

  async begin(pause: number): Promise<boolean> {
    return await this.#run(this.#statements.begin, [pause], executed) !== 0;
  }

  async page(after: string, limit: number): Promise<SweptRow[]> {
    await this.#run(this.#statements.keep, [], nothing);
    return this.#run(this.#statements.page, [after, limit], rows => (
      withoutNull(rows).map(row => ({ handle: row.slice(1), dead: row.startsWith('-') }))));
  }

  remove(handles: readonly string[]): Promise<void> {
    return this.#run(this.#statements.remove, [handles], nothing);
  }

  done(): Promise<void> {
    return this.#run(this.#statements.done, [], nothing);
  }

  #change(
    changes: Changes<Statement>, { handle, hash }: StoredId, change: SessionChange,
    { more, ...terms }: RowTerms & { readonly more: readonly unknown[] },
  ): Promise<Executed> {

    const { lifetime, deadline, version, most } = terms;
    const { statement, text } = chosen(changes, change, terms, this.#hasFormerNames);
    if (text.length > most) return Promise.resolve(0);
    return this.#run(statement, [handle, hash, text, lifetime, deadline, version, most, ...more], executed);

  }

  #run<T>(statement: Statement, values: unknown[], read: (answers: ReadonlyArray<string | null>) => T): Promise<T> {

    const trial = this.trial();
    return trial ? trial.then(() => this.#database.run(statement, values, read)) : this.#database.run(statement, values, read);

  }

}

function kindOf(error: unknown): 'no table' | 'no column' | undefined {

  const code = codeOf(error);
  return code === NO_TABLE ? 'no table' : code === NO_COLUMN || OTHER_FORM.includes(code) ? 'no column' : undefined;

}

function executed([time = '0']: ReadonlyArray<string | null>): Executed {

  return Number(time);

}

function nothing(): void {}
