import { wrong } from '../base/option-checks.js';
import { checkIdentifier, checkNames } from './shared/store-options.js';
import { TableStore } from './shared/table-store.js';
import type { SqliteDatabase, SqliteStatement } from './sqlite/sqlite-driver.js';
import { SqliteEngine } from './sqlite/sqlite-engine.js';
import { SqliteTable } from './sqlite/sqlite-table.js';

export type { SqliteDatabase, SqliteStatement };

/** Options of {@link SqliteStore}. */
export interface SqliteStoreOptions {

  /**
   * An open handle, which the store does not close: a `DatabaseSync` of
   * `node:sqlite`, or a `Database` of `better-sqlite3` or `libsql`. Give the store
   * a handle of its own: during a transaction of the application, sessions are
   * neither read nor changed. The handle must answer at once, and its database
   * must be in UTF-8.
   */
  database: SqliteDatabase;

  /** The name of the table; `sessions` by default. Two applications need two, or they take each other's sessions. */
  table?: string;

}

/**
 * Keeps sessions in a SQLite database (3.38 or newer), for the processes of one
 * machine. It answers at once, and not with a promise, unless another process
 * has the database locked at that moment. `setup()` also lets the database write
 * in WAL mode.
 */
export class SqliteStore extends TableStore<'at once'> {

  /** @throws {TypeError} for a wrong option */
  constructor(options: SqliteStoreOptions) {

    checkNames(options, 'database', 'table');
    const { database, table = 'sessions' } = options;
    if (typeof database?.exec !== 'function' || typeof database.prepare !== 'function') {
      throw wrong('database', database, 'must be an open handle of node:sqlite, better-sqlite3 or libsql');
    }
    const sessions = new SqliteTable(database, checkIdentifier('table', table, 63));
    super(new SqliteEngine(sessions), sessions);

  }

}
