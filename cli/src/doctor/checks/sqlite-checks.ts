import { type Check, warning } from '../check.js';
import type { SqliteFile } from '../connections/sqlite.js';
import { only } from '../connections/sql.js';
import { FILE_CHECKS } from './file-checks.js';

/** What can be wrong with a SQLite file, and with the table there. */
export const SQLITE_CHECKS: ReadonlyArray<Check<SqliteFile>> = [
  ...FILE_CHECKS,
  {
    name: 'journal-mode',
    what: 'whether the journal mode is WAL',
    look: async database => {
      const { journal_mode: mode } = await only(database, 'PRAGMA journal_mode');
      return mode === 'wal' ? null : warning(`The journal mode is ${mode}: reads wait for writes, and writes for reads`, 'Let "setup" change it, while no other program has the file open');
    },
  },
  {
    name: 'index',
    what: 'whether the table has the index of users',
    look: async database => {
      const found = await database.rows('SELECT info.name AS name FROM pragma_index_list(?) AS list, pragma_index_info(list.name) AS info', database.table);
      return found.some(({ name }) => name === 'user_id') ? null : warning(
        'The table has no index on the column user_id: the whole table is read when a user signs in or lists devices', 'Let "setup" make it');
    },
  },
];
