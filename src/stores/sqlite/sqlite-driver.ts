import { isThenable } from '../../base/awaitable.js';

/** What is needed of a prepared statement. */
export interface SqliteStatement {
  get(...parameters: Array<string | number>): unknown;
  all(...parameters: Array<string | number>): unknown[];
  run(...parameters: Array<string | number>): unknown;
}

/** What is needed of a handle: `node:sqlite`, `better-sqlite3` and `libsql` have it. */
export interface SqliteDatabase {
  exec(sql: string): unknown;
  prepare(sql: string): SqliteStatement;
  /** Whether the handle is open, as `better-sqlite3` and `libsql` say it. */
  readonly open?: boolean;
  /** Whether a transaction is open, as `better-sqlite3` and `libsql` say it. */
  readonly inTransaction?: boolean;
  /** The same, as `node:sqlite` says it from Node.js 22.16 on. */
  readonly isTransaction?: boolean;
}

/** @throws {TypeError} if a driver answers with a promise */
export function checkAnswer<T>(answer: T): T {

  if (!isThenable(answer)) return answer;
  // No caller waits for it.
  answer.then(undefined, () => {});
  throw unlike('it answers with promises');

}

/** The error of a handle that can't be used. */
export function unlike(problem: string): TypeError {

  return new TypeError(`database can't keep sessions: ${problem}`);

}
