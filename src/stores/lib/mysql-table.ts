import type { SessionChange } from '../../store.js';
import { newSessionId } from '../../id/session-id.js';
import { toPatch } from './json-texts.js';
import { BATCH, creation, GUARD, page, type Statement, statements } from './mysql-statements.js';
import { type StoredAbout, UNKNOWN } from './sql-about.js';
import type { Executed, SqlTable } from './sql-table.js';
import type { StoredId } from './stored-id.js';
import type { SweptRow } from './sweeper.js';

/** What the store needs of a pool or connection of `mysql2/promise`. */
export interface MysqlPool {
  // biome-ignore lint/suspicious/noExplicitAny: the driver has types of its own for values, and several answers
  execute(sql: string, values?: any[]): PromiseLike<any>;
}

/** ER_DUP_ENTRY: the row is there. */
const DUPLICATE = 1062;

/** ER_NO_SUCH_TABLE */
const NO_TABLE = 1146;

/** ER_LOCK_DEADLOCK: others were in the way, and nothing was done. */
const DEADLOCK = 1213;

/** So often a statement is tried that others are in the way of. */
const MOST_TRIES = 20;

/** The statements for changes that set, that set and unset, and that unset. */
type Changes = ReturnType<typeof statements>['update'];

/** The table in MySQL or MariaDB. */
export class MysqlTable implements SqlTable {

  readonly #pool: MysqlPool;
  readonly #name: string;
  readonly #statements: ReturnType<typeof statements>;

  constructor(pool: MysqlPool, table: string) {

    this.#pool = pool;
    this.#name = `\`${table}\``;
    this.#statements = statements(this.#name);

  }

  async setup(): Promise<void> {

    try {
      await this.read('');
    } catch (error) {
      if (errorNumber(error) !== NO_TABLE) throw error;
      await this.#run(creation(this.#name), [], nothing);
    }

  }

  read(handle: string): Promise<string | undefined> {
    return this.#run(this.#statements.read, [handle], ([row]: readonly Row[]) => row && readable(row));
  }

  create(id: StoredId, data: string, lifetime: number, about: StoredAbout): Promise<Executed> {
    return this.#insert(this.#statements.create, id, data, lifetime, about);
  }

  put(id: StoredId, data: string, lifetime: number): Promise<Executed> {
    return this.#insert(this.#statements.put, id, data, lifetime, UNKNOWN);
  }

  update(
    id: StoredId, change: SessionChange, lifetime: number, deadline: number, version: number | null, user: string | null,
  ): Promise<Executed> {
    return this.#change(this.#statements.update, id, change, lifetime, deadline, version, user);
  }

  move(
    id: StoredId, change: SessionChange, lifetime: number, deadline: number, version: number | null, newHash: string,
    about: StoredAbout | null,
  ): Promise<Executed> {
    const become = [about?.text ?? null, about?.user ?? null];
    return this.#change(this.#statements.move, id, change, lifetime, deadline, version, newHash, ...become);
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
    return this.#run(this.#statements.marks, [mark, other], answers);
  }

  rowsOf(user: string): Promise<ReadonlyArray<string | null>> {
    return this.#run(this.#statements.rowsOf, [user], (rows: readonly Row[]) => rows.map(({ answer }) => answer));
  }

  async endOf(user: string, only: string | null, except: string): Promise<readonly string[]> {
    // There is no RETURNING: they are given to a user whom nobody knows, and then they are his.
    const ended = newSessionId();
    await this.#run(this.#statements.endOf, [user, only, except, ended], nothing);
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

  /** @param overwrite for where a row is already */
  async #insert(
    overwrite: Statement, { handle, hash }: StoredId, data: string, lifetime: number, { user, text }: StoredAbout,
  ): Promise<Executed> {

    const values = [handle, hash, data, lifetime, user, text];
    for (;;) {
      try {
        return await this.#run(this.#statements.insert, values, executed);
      } catch (error) {
        if (errorNumber(error) !== DUPLICATE) throw error;
      }
      const answer = await this.#run(overwrite, values, executed);
      // It may have been removed in between.
      if (answer !== 0 || await this.read(handle) !== undefined) return answer;
    }

  }

  #change(
    { sets, both, unsets }: Changes, { handle, hash }: StoredId, change: SessionChange, lifetime: number, deadline: number,
    ...more: unknown[]
  ): Promise<Executed> {

    const { set, unset } = change;
    const statement = set.size === 0 ? unsets : unset.length === 0 ? sets : both;
    return this.#run(statement, [handle, hash, toPatch(change), lifetime, deadline, ...GUARD, ...more], executed);

  }

  async #inBatches(statement: Statement, handles: readonly string[]): Promise<void> {

    for (let start = 0; start < handles.length; start += BATCH) {
      const batch = handles.slice(start, start + BATCH);
      // One statement serves all numbers of rows.
      while (batch.length < BATCH) batch.push(batch[0] as string);
      await this.#run(statement, batch, nothing);
    }

  }

  async #run<R, T>({ sql, order }: Statement, values: readonly unknown[], answer: (result: R) => T): Promise<T> {

    const ordered = order.map(place => values[place]);
    for (let tries = 1; ; tries++) {
      try {
        return answer((await this.#pool.execute(sql, ordered))[0]);
      } catch (error) {
        if (errorNumber(error) !== DEADLOCK || tries === MOST_TRIES) throw error;
      }
    }

  }

}

/** What a statement answers: every row has one column. */
interface Row {
  readonly answer: string | null;
}

function answers(rows: readonly Row[]): string[] {

  return rows.map(readable);

}

/** @throws {Error} for what is longer than a packet may be, or has a column that is NULL: it is concatenated to nothing */
function readable({ answer }: Row): string {

  if (answer === null) throw new Error('The session can\'t be read: it is larger than max_allowed_packet of the server, or a column is NULL');
  return answer;

}

/** What comes back as the id of what was inserted: twice the time, and one more where the session ended. */
function executed({ insertId }: { insertId: unknown }): Executed {

  const answer = Number(insertId);
  return answer % 2 === 0 ? answer / 2 : -(answer - 1) / 2;

}

function nothing(): void {}

function errorNumber(error: unknown): unknown {

  return (error as { errno?: unknown } | null | undefined)?.errno;

}
