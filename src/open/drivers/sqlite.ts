import { type Candidate, loadDriver, noneIfMissing } from './load-driver.js';

const NODE_SQLITE: Candidate = {
  name: 'node:sqlite',
  load: async () => {
    try {
      return await import('node:sqlite' as string);
    } catch (error) {
      return noneIfMissing(error, 'node:sqlite');
    }
  },
};

const BETTER_SQLITE3: Candidate = {
  name: 'better-sqlite3',
  load: async () => {
    try {
      return await import('better-sqlite3' as string);
    } catch (error) {
      return noneIfMissing(error, 'better-sqlite3');
    }
  },
};

const LIBSQL: Candidate = {
  name: 'libsql',
  load: async () => {
    try {
      return await import('libsql' as string);
    } catch (error) {
      return noneIfMissing(error, 'libsql');
    }
  },
};

export interface Statement {
  get(...parameters: Array<string | number>): unknown;
  all(...parameters: Array<string | number>): unknown[];
  run(...parameters: Array<string | number>): unknown;
}

export interface Database {
  exec(sql: string): unknown;
  prepare(sql: string): Statement;
  close(): unknown;
}

export interface SqliteConnection {
  readonly database: Database;
  close(): void;
}

/**
 * Opens a file, or creates it if it is missing, with Node.js's own SQLite, or else
 * with `libsql` or `better-sqlite3`.
 */
export async function openSqlite(path: string): Promise<SqliteConnection> {

  // The binary of `better-sqlite3` 13 ends the process if Node.js has no SQLite: it needs 22.14 or 23.6.
  const { exports } = await loadDriver(NODE_SQLITE, LIBSQL, BETTER_SQLITE3);
  const Open: new (path: string, options: object) => Database = exports.DatabaseSync ?? exports;
  // The driver must not wait for a lock: that would block the event loop.
  const database = new Open(path, { timeout: 0 });
  return { database, close: () => void database.close() };

}
