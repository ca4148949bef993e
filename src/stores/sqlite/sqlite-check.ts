import type { SqliteConnection } from './sqlite-connection.js';
import { unlike } from './sqlite-driver.js';
import type { Row } from './sqlite-row.js';

/*
 * Whether a handle and a table can keep sessions: what they can't keep exactly
 * must be refused before a request gets the answer that it was stored.
 */

/** The columns that the store needs. A table may have more. */
const COLUMNS = ['handle', 'id_hash', 'former', 'user_id', 'version', 'seen_at', 'ends_at', 'about', 'data'];

/** No session has such a handle. */
export const TRIAL = 't:';

/** A row with characters that drivers and databases get wrong. */
export const TRIAL_ROW: Row = {
  idHash: 'id', former: '', userId: 'user', info: '["user",""]', endsAt: Number.MAX_SAFE_INTEGER,
  data: '\nkey\t"\\u0000 é Ж € \ufeff \ufffd \ufffe \uffff 😀 \u{10ffff}"\n',
};

/**
 * Says whether the table exists.
 *
 * @throws {TypeError} if the handle, its database or a table of this name can't keep sessions
 */
export function checkTable(connection: SqliteConnection, name: string): boolean {

  const [encoding] = connection.first('SELECT encoding FROM pragma_encoding') ?? [];
  if (typeof encoding !== 'string') throw unlike('it returns no rows of texts');
  if (encoding !== 'UTF-8') throw unlike(`its text encoding is ${encoding}, which changes some characters: the store needs UTF-8`);
  const found = connection.all('SELECT lower(name) FROM pragma_table_info(?)', name).map(([column]) => column);
  if (found.length === 0) return false;
  const missing = COLUMNS.find(column => !found.includes(column));
  if (missing !== undefined) {
    throw new TypeError(`table is ${JSON.stringify(name)}, which exists and is not a table of this store (it has no column ${missing}): choose another name with the option table`);
  }
  return true;

}

/** @throws {TypeError} if a row that was read is not {@link TRIAL_ROW} */
export function checkTrial(row: Row | null): void {

  for (const column of Object.keys(TRIAL_ROW) as Array<keyof Row>) {
    if (row?.[column] !== TRIAL_ROW[column]) throw unlike(`it does not give back what was written (${column})`);
  }

}
