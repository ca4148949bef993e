import type { Awaitable, Patience } from '../../base/store.js';
import { BusyQueue } from './busy-queue.js';
import { checkAnswer, type SqliteDatabase, type SqliteStatement } from './sqlite-driver.js';

/** A row, column by column. Whole numbers are of the type BigInt if a handle is set up for that. */
export type Columns = readonly unknown[];

/** A handle whose statements are prepared once, and that waits for locks without holding the event loop. */
export class SqliteConnection {

  readonly #database: SqliteDatabase;
  readonly #statements = new Map<string, SqliteStatement>();
  // Two queues: in WAL mode, reads do not wait for writes.
  readonly #reads = new BusyQueue();
  readonly #writes = new BusyQueue();

  constructor(database: SqliteDatabase) {
    this.#database = database;
  }

  /** Runs one statement that sets the database up. */
  setUp(sql: string, waits: Patience): Awaitable<void> {

    return this.#writes.run(() => {
      this.#refuseTransaction();
      this.#database.exec(sql);
    }, waits);

  }

  /**
   * Runs a task that reads. Refused within a transaction of the application, which
   * could hide the end of a session for as long as it is open.
   */
  read<T>(task: () => T, waits?: Patience): Awaitable<T> {

    return this.#reads.run(() => {
      this.#refuseTransaction();
      return task();
    }, waits);

  }

  /**
   * Runs a task that reads and writes in one transaction: no other process writes
   * in between, and either all of its changes are stored or none.
   *
   * `BEGIN` and `COMMIT` are no prepared statements: `libsql` leaves one that
   * found the database locked unfinished, and commits nothing until it is run
   * again. Nothing is written within a transaction of the application, which could
   * be rolled back.
   *
   * @param waits how long it is tried
   */
  write<T>(task: () => T, waits?: Patience): Awaitable<T> {

    return this.#writes.run(() => {
      this.#refuseTransaction();
      checkAnswer(this.#database.exec('BEGIN IMMEDIATE'));
      try {
        const answer = task();
        this.#database.exec('COMMIT');
        return answer;
      } catch (error) {
        this.#rollBack();
        throw error;
      }
    }, waits);

  }

  /** The first row; only within a task. */
  first(sql: string, ...parameters: Array<string | number>): Columns | null {

    const row = checkAnswer(this.#query(sql).get(...parameters)) ?? null;
    return row && columns(row);

  }

  /** All rows; only within a task. */
  all(sql: string, ...parameters: Array<string | number>): Columns[] {

    return checkAnswer(this.#query(sql).all(...parameters)).map(columns);

  }

  /**
   * Runs a statement that returns no rows; only within a task.
   *
   * @returns the number of rows that it changed
   */
  run(sql: string, ...parameters: Array<string | number>): number {

    const result = this.#prepared(sql).run(...parameters) as { readonly changes?: unknown } | null | undefined;
    // A handle that wraps a driver may leave it out.
    return Number(result?.changes ?? this.first('SELECT changes()')?.[0]);

  }

  #refuseTransaction(): void {

    const database = this.#database;
    // `libsql` ends the process if a closed handle is asked.
    if (database.open === false || !(database.inTransaction ?? database.isTransaction)) return;
    throw new Error('The application has a transaction open on the handle: give the store a handle of its own');

  }

  #rollBack(): void {

    try {
      this.#database.exec('ROLLBACK');
    } catch {
      // After some errors SQLite has done so itself.
    }

  }

  #query(sql: string): SqliteStatement {

    return this.#statements.get(sql) ?? asArrays(this.#prepared(sql));

  }

  #prepared(sql: string): SqliteStatement {

    let statement = this.#statements.get(sql);
    if (!statement) {
      statement = checkAnswer(this.#database.prepare(sql));
      this.#statements.set(sql, statement);
    }
    return statement;

  }

}

/** Lets a driver return rows as arrays, if it can: objects cost more. */
function asArrays(statement: SqliteStatement): SqliteStatement {

  const can = statement as { raw?(is: boolean): unknown; setReturnArrays?(is: boolean): unknown };
  can.raw?.(true);
  can.setReturnArrays?.(true);
  return statement;

}

function columns(row: unknown): Columns {

  return Array.isArray(row) ? row : Object.values(row as object);

}
