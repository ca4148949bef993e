import type { SessionChange } from '../../store.js';
import { toJson, toNames } from './json-texts.js';
import { creations, type Statement, statements } from './postgres-statements.js';
import type { StoredAbout } from './sql-about.js';
import type { Executed, SqlTable } from './sql-table.js';
import type { StoredId } from './stored-id.js';
import type { SweptRow } from './sweeper.js';

/** What the store needs of a `Pool` or `Client` of `pg`, or of anything like them. */
export interface PostgresPool {

  /** Takes a text with its values, and where statements are prepared, all in one object. */
  // biome-ignore lint/suspicious/noExplicitAny: the drivers have types of their own for all of these
  query(statement: any, values?: any[]): PromiseLike<{ rows: any[] }>;

}

/** Division by zero, as `DONE_IN_TIME` has it. */
const TOO_LATE = '22012';

/** Others were in the way, and nothing was done: serialization failure, deadlock. */
const IN_THE_WAY: readonly unknown[] = ['40001', '40P01'];

/** So often a statement is tried that others are in the way of. */
const MOST_TRIES = 20;

/** Another process has just created it: the unique key of a catalogue, a relation, a type. */
const THERE_BY_NOW: readonly unknown[] = ['23505', '42P07', '42710'];

/** The table in PostgreSQL. */
export class PostgresTable implements SqlTable {

  readonly #pool: PostgresPool;
  readonly #prepare: boolean;
  readonly #creations: ReturnType<typeof creations>;
  readonly #statements: ReturnType<typeof statements>;

  constructor(pool: PostgresPool, table: string, schema: string | undefined, prepare: boolean) {

    const inSchema = (name: string) => (schema === undefined ? `"${name}"` : `"${schema}"."${name}"`);
    this.#pool = pool;
    this.#prepare = prepare;
    this.#creations = creations(table, `${table}_user_id`, inSchema);
    this.#statements = statements(inSchema(table));

  }

  async setup(): Promise<void> {

    for (const [name, text] of Object.entries(this.#creations)) {
      // Even where there is nothing to create, CREATE INDEX waits for those who write, and others wait for it.
      const { rows: [found] } = await this.#pool.query('SELECT to_regclass($1)::text AS answer', [name]);
      if (found.answer !== null) continue;
      try {
        await this.#pool.query(text);
      } catch (error) {
        if (!THERE_BY_NOW.includes(codeOf(error))) throw error;
      }
    }

  }

  read(handle: string): Promise<string | null | undefined> {
    return this.#run(this.#statements.read, [handle], ([row]) => row);
  }

  create({ handle, hash }: StoredId, data: string, lifetime: number, { user, text }: StoredAbout): Promise<Executed> {
    return this.#run(this.#statements.create, [handle, hash, data, lifetime, user, text], executed);
  }

  put({ handle, hash }: StoredId, data: string, lifetime: number): Promise<Executed> {
    return this.#run(this.#statements.put, [handle, hash, data, lifetime], executed);
  }

  update(
    id: StoredId, change: SessionChange, lifetime: number, deadline: number, version: number | null, user: string | null,
  ): Promise<Executed> {
    const { update, updateOrEnd } = this.#statements;
    return this.#change(change.set.size > 0 ? update : updateOrEnd, id, change, lifetime, deadline, version, user);
  }

  move(
    id: StoredId, change: SessionChange, lifetime: number, deadline: number, version: number | null, newHash: string,
    about: StoredAbout | null,
  ): Promise<Executed> {
    const { move, moveOrEnd } = this.#statements;
    const statement = change.set.size > 0 ? move : moveOrEnd;
    return this.#change(statement, id, change, lifetime, deadline, version, newHash, about?.text ?? null, about?.user ?? null);
  }

  touch({ handle, hash }: StoredId, lifetime: number, user: string | null): Promise<Executed> {
    return this.#run(this.#statements.touch, [handle, hash, lifetime, user], executed);
  }

  end({ handle, hash }: StoredId): Promise<Executed> {
    return this.#run(this.#statements.end, [handle, hash], executed);
  }

  delete({ handle, hash }: StoredId): Promise<void> {
    return this.#run(this.#statements.delete, [handle, hash], nothing);
  }

  revoke(mark: string): Promise<void> {
    return this.#run(this.#statements.revoke, [mark], nothing);
  }

  marks(mark: string, other: string): Promise<readonly string[]> {
    return this.#run(this.#statements.marks, [mark, other], answers => answers);
  }

  rowsOf(user: string): Promise<readonly string[]> {
    return this.#run(this.#statements.rowsOf, [user], answers => answers);
  }

  endOf(user: string, only: string | null, except: string): Promise<readonly string[]> {
    return this.#run(this.#statements.endOf, [user, only, except], answers => answers);
  }

  live(after: string): Promise<readonly string[]> {
    return this.#run(this.#statements.live, [after], answers => answers);
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
      rows.map(row => ({ handle: row.slice(1), dead: row.startsWith('-') }))));
  }

  remove(handles: readonly string[]): Promise<void> {
    return this.#run(this.#statements.remove, [handles], nothing);
  }

  done(): Promise<void> {
    return this.#run(this.#statements.done, [], nothing);
  }

  #change(statement: Statement, { handle, hash }: StoredId, { set, unset }: SessionChange, ...values: unknown[]): Promise<Executed> {

    return this.#run(statement, [handle, hash, toJson(set), toNames(unset), ...values], executed).catch(error => {
      if (codeOf(error) !== TOO_LATE) throw error;
      return 0;
    });

  }

  async #run<T>({ name, text }: Statement, values: unknown[], read: (answers: readonly string[]) => T): Promise<T> {

    for (let tries = 1; ; tries++) {
      try {
        const { rows } = await (this.#prepare ? this.#pool.query({ name, text, values }) : this.#pool.query(text, values));
        return read(rows.map(({ answer }) => answer));
      } catch (error) {
        if (!IN_THE_WAY.includes(codeOf(error)) || tries === MOST_TRIES) throw error;
      }
    }

  }

}

function executed([time = 0]: readonly unknown[]): Executed {

  return Number(time);

}

function nothing(): void {}

function codeOf(error: unknown): unknown {

  return (error as { code?: unknown } | null | undefined)?.code;

}
