import { type Address, fileName } from '../../address.js';
import type { Row, SqlDatabase } from './sql.js';

interface Handle {
  prepare(sql: string): { all(...values: unknown[]): unknown[] };
  close(): unknown;
}

/** A database in a file. */
export interface SqliteFile extends SqlDatabase {
  readonly file: string;
}

const DRIVERS = ['node:sqlite', 'libsql', 'better-sqlite3'];

export async function openSqliteFile({ path, options }: Address): Promise<SqliteFile> {

  const file = fileName(path);
  const handle = new (await driver())(file, { timeout: 0 });
  const { table = 'sessions' } = options;
  return {
    file,
    table,
    quoted: `"${table}"`,
    rows: async (sql, ...values) => handle.prepare(sql).all(...values) as Row[],
    time: async () => null,
    close: async () => void handle.close(),
  };

}

async function driver(): Promise<new (path: string, options: object) => Handle> {

  for (const name of DRIVERS) {
    const module = await import(name).catch(() => null);
    const exports = module?.default ?? module;
    if (exports) return exports.DatabaseSync ?? exports;
  }
  throw new Error('No driver is installed: use Node.js 22.13 or newer, or npm install libsql');

}
