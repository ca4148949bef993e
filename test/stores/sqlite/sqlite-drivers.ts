import type { SqliteDatabase } from '../../../src/stores/sqlite-store.js';

/** A handle that can be closed, as the handles of all drivers can. */
export interface OpenDatabase extends SqliteDatabase {
  close(): unknown;
}

export interface OpenOptions {
  readonly readOnly?: boolean;
  /** Integers are returned as BigInt. */
  readonly bigInts?: boolean;
}

type Open = (file: string, options?: OpenOptions) => Promise<OpenDatabase>;

interface BetterSqlite3 extends OpenDatabase {
  defaultSafeIntegers(is: boolean): unknown;
}

/**
 * Tests kill processes, but never cut the power: nothing is lost if
 * commits do not wait for the disk. A file that is locked or none of SQLite's
 * keeps the default.
 */
function withoutDisk<Database extends OpenDatabase>(database: Database): Database {

  try {
    database.exec('PRAGMA synchronous = OFF');
  } catch {
    // The test that opens it gets the same error.
  }
  return database;

}

const betterSqlite3 = (name: string): Open => async (file, { readOnly = false, bigInts = false } = {}) => {
  const { default: Database } = await import(name);
  const database: BetterSqlite3 = withoutDisk(new Database(file, { timeout: 0, readonly: readOnly }));
  database.defaultSafeIntegers(bigInts);
  // `libsql` has no such option.
  if (readOnly) database.exec('PRAGMA query_only = ON');
  return database;
};

const nodeSqlite: Open = async (file, { readOnly = false, bigInts = false } = {}) => {
  const name = 'node:sqlite';
  const { DatabaseSync } = await import(name);
  return withoutDisk(new DatabaseSync(file, { timeout: 0, readOnly, readBigInts: bigInts }));
};

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);

/** The drivers for this version of Node.js. Their handles never wait for a lock. */
export const DRIVERS: { readonly [name: string]: Open } = {
  libsql: betterSqlite3('libsql'),
  ...(major >= 22 ? { 'better-sqlite3': betterSqlite3('better-sqlite3') } : {}),
  ...(major > 22 || (major === 22 && minor >= 13) ? { 'node:sqlite': nodeSqlite } : {}),
};

/** The rows of a query. */
export function rows(database: SqliteDatabase, sql: string, ...parameters: Array<string | number>): Array<Record<string, unknown>> {

  return database.prepare(sql).all(...parameters) as Array<Record<string, unknown>>;

}
