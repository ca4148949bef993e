import { count } from '../../output.js';
import { type Check, type Finding, problem, warning } from '../check.js';
import { only, type SqlDatabase } from '../connections/sql.js';
import { remedy } from '../remedies.js';

const COLUMNS = ['handle', 'id_hash', 'former', 'user_id', 'version', 'seen_at', 'ends_at', 'about', 'data'];

/** The number of rows that are looked at. Handles are random, so the first ones are like all others. */
const LOOKED_AT = 20_000;

/** A clean-up every 600 seconds leaves no row that ended an hour ago. */
const LONG_AGO = 3_600_000;

/** At most this many rows may wait for a clean-up that has just begun. */
const FEW = 100;

/** What a database says if a table, or a column of it, is missing: PostgreSQL and MySQL by a code, SQLite by its message. */
const NO_TABLE = /^42P01$|^ER_NO_SUCH_TABLE$|no such table/;
const NO_COLUMN = /^42703$|^ER_BAD_FIELD_ERROR$|no such column/;

/** What can be wrong with a table, whatever the database. */
export const TABLE_CHECKS: ReadonlyArray<Check<SqlDatabase>> = [
  {
    name: 'table',
    what: 'whether the table exists, and is one of this store',
    look: async database => {
      try {
        const columns = COLUMNS.map(column => `min(${column}) AS ${column}`).join(', ');
        await only(database, `SELECT ${columns} FROM (SELECT * FROM ${database.quoted} WHERE 1 = 0) AS none`);
        return null;
      } catch (error) {
        return wrongTable(database, error as Error & { readonly code?: unknown });
      }
    },
  },
  {
    name: 'expired',
    what: 'whether rows of expired sessions are removed',
    look: async database => {
      const now = await database.time() ?? Date.now() / 1000;
      const ended = `SUM(CASE WHEN ends_at < ${Math.floor(now * 1000) - LONG_AGO} THEN 1 ELSE 0 END)`;
      const row = await only(database, `SELECT COUNT(*) AS seen, ${ended} AS late FROM (SELECT ends_at FROM ${database.quoted} ORDER BY handle LIMIT ${LOOKED_AT}) AS looked_at`);
      const [seen, late] = [Number(row.seen), Number(row.late ?? 0)];
      return late >= FEW
        ? warning(`${count(late)} of ${seen < LOOKED_AT ? 'all' : 'the first'} ${count(seen)} rows ended more than an hour ago: no process removes them`, 'Run setup() of the store in the application, or scheduleGc(), which clean up every 10 minutes')
        : null;
    },
  },
];

function wrongTable({ table }: SqlDatabase, { code, message }: Error & { readonly code?: unknown }): Finding {

  const says = (what: RegExp) => what.test(String(code)) || what.test(message);
  if (says(NO_TABLE)) return problem(`There is no table ${table}`, 'Let "setup" make it, or correct the option table of the address');
  if (says(NO_COLUMN)) return problem(`The table ${table} is one of another program: ${message}`, 'Choose another name with the option table of the address');
  if (/permission denied|command denied/i.test(message)) return problem(message, `GRANT SELECT, INSERT, UPDATE, DELETE on the table ${table}`);
  return problem(`The table ${table} can't be read: ${message}`, remedy(message, 'Look for another program that keeps it busy, and into the log of the server'));

}
