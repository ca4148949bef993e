import { loadDriver } from './load-driver.js';

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

/** The first version of `better-sqlite3` that comes with its binaries asks for this version of Node.js, and crashes on others. */
const NODE_FOR_BETTER_SQLITE3 = 22;

/**
 * Opens a file, and creates it where it is missing: with Node.js's own SQLite,
 * or else with `better-sqlite3` or `libsql`.
 */
export async function openSqlite(path: string): Promise<SqliteConnection> {

  const packages = Number.parseInt(process.versions.node, 10) >= NODE_FOR_BETTER_SQLITE3
    ? ['better-sqlite3', 'libsql'] as const : ['libsql', 'better-sqlite3'] as const;
  const { exports } = await loadDriver('node:sqlite', ...packages);
  const Open: new (path: string, options: object) => Database = exports.DatabaseSync ?? exports;
  // The driver must not wait for a lock: that would hold the event loop.
  const database = new Open(path, { timeout: 0 });
  return { database, close: () => void database.close() };

}
