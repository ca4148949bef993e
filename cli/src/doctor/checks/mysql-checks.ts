import { bytes, count } from '../../output.js';
import { type Check, problem, warning } from '../check.js';
import { only, type Row, type SqlDatabase } from '../connections/sql.js';

/** A packet that is smaller than this can't hold a session of the largest size that is usual. */
const LEAST_PACKET = 4 * 1024 * 1024;

const NEARLY_ALL = 0.9;

/** Columns that tell sessions and users apart: A and a must not be the same. */
const EXACT: readonly unknown[] = ['handle', 'id_hash', 'former', 'user_id'];

/** Returns variables of the server; null for those that it does not have. */
async function variables(database: SqlDatabase, ...names: readonly string[]): Promise<ReadonlyMap<string, string>> {

  const rows = await database.rows(`SHOW VARIABLES WHERE Variable_name IN (${names.map(() => '?').join(', ')})`, ...names);
  return new Map(rows.map(row => [String(row.Variable_name).toLowerCase(), String(row.Value)]));

}

const inTable = (database: SqlDatabase, what: string, view: string): Promise<readonly Row[]> => (
  database.rows(`SELECT ${what} FROM information_schema.${view} WHERE table_schema = DATABASE() AND table_name = ?`, database.table));

/** What can be wrong with a MySQL or MariaDB server, and with the table there. */
export const MYSQL_CHECKS: ReadonlyArray<Check<SqlDatabase>> = [
  {
    name: 'role',
    what: 'whether the server only reads',
    look: async database => {
      const found = await variables(database, 'read_only', 'super_read_only');
      return [...found.values()].includes('ON')
        ? problem('The server is read-only, as replicas are: it refuses every change, and can still have sessions that have ended', 'Give the address of the primary')
        : null;
    },
  },
  {
    name: 'rights',
    what: 'whether the user may `SELECT`, `UPDATE` and `DELETE`',
    look: async database => {
      const refused: string[] = [];
      // No row has an empty handle, but the rights are looked at.
      for (const [right, rest] of [['UPDATE', 'SET version = version'], ['DELETE FROM', '']] as const) {
        const sql = `${right} ${database.quoted} ${rest} WHERE handle = ''`;
        await database.rows(sql).catch(error => {
          if (!/denied/.test(String(error))) throw error;
          refused.push(right.replace(' FROM', ''));
        });
      }
      return refused.length > 0
        ? problem(`The user may not ${refused.join(', ')}: sessions can't be changed and cleaned up as they must be`, `GRANT SELECT, INSERT, UPDATE, DELETE ON ${database.quoted}`)
        : null;
    },
  },
  {
    name: 'sysdate',
    what: 'whether the server runs with `--sysdate-is-now`',
    look: async database => {
      const { goes } = await only(database, 'SELECT SLEEP(0.01), SYSDATE(6) > NOW(6) AS goes');
      return Number(goes) === 1 ? null : problem('The server runs with --sysdate-is-now: changes that have waited for a lock could not be refused, and the store does not work with it', 'Start the server without this option');
    },
  },
  {
    name: 'engine',
    what: 'whether the table is one of InnoDB',
    look: async database => {
      const [row] = await inTable(database, 'engine AS engine', 'tables');
      const engine = String(row?.engine);
      return engine === 'InnoDB' ? null : problem(`The table is one of ${engine}, which has no transactions: a crash can destroy it`, `ALTER TABLE ${database.quoted} ENGINE = InnoDB`);
    },
  },
  {
    name: 'character-set',
    what: 'the character sets of the columns',
    look: async database => {
      const rows = await inTable(database, 'column_name AS name, collation_name AS collation, character_set_name AS characters', 'columns');
      const inexact = rows.filter(row => EXACT.includes(row.name) && !/_bin$/.test(String(row.collation)));
      if (inexact.length > 0) {
        return problem(`The column ${inexact[0]?.name} has the collation ${inexact[0]?.collation}, in which different ids can be equal: the table was not made by "setup"`, 'Let "setup" make a new table, and copy the sessions');
      }
      const other = rows.find(row => row.name === 'data' && !/^utf8mb4$/.test(String(row.characters)));
      return other ? warning(`The column data has the character set ${other.characters}: the table was not made by "setup"`, `ALTER TABLE ${database.quoted} MODIFY data LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL`) : null;
    },
  },
  {
    name: 'index',
    what: 'whether the table has its primary key and the index of users',
    look: async database => {
      const rows = await inTable(database, 'column_name AS name, seq_in_index AS position', 'statistics');
      const has = (column: string) => rows.some(row => row.name === column && Number(row.position) === 1);
      if (!has('handle')) return problem('The table has no key on the column handle: each request reads the whole table', `ALTER TABLE ${database.quoted} ADD PRIMARY KEY (handle)`);
      return has('user_id') ? null : warning(
        'The table has no index on the column user_id: the whole table is read, and locked, when the sessions of a user are ended', `ALTER TABLE ${database.quoted} ADD KEY user_id (user_id)`);
    },
  },
  {
    name: 'max-allowed-packet',
    what: '`max_allowed_packet`',
    look: async database => {
      const size = Number((await variables(database, 'max_allowed_packet')).get('max_allowed_packet'));
      return size < LEAST_PACKET
        ? warning(`max_allowed_packet is ${bytes(size)}: larger sessions get 503`, 'Set max_allowed_packet = 16M')
        : null;
    },
  },
  {
    name: 'durability',
    what: '`innodb_flush_log_at_trx_commit`',
    look: async database => {
      const level = (await variables(database, 'innodb_flush_log_at_trx_commit')).get('innodb_flush_log_at_trx_commit');
      return level === '1' ? null : warning(`innodb_flush_log_at_trx_commit is ${level}: a crash loses the last changes that were acknowledged, sign-outs among them`, 'Set innodb_flush_log_at_trx_commit = 1, or accept that');
    },
  },
  {
    name: 'isolation',
    what: '`transaction_isolation`',
    look: async database => {
      const found = await variables(database, 'tx_isolation', 'transaction_isolation');
      const level = [...found.values()][0];
      return level === 'SERIALIZABLE' ? warning('The isolation level is SERIALIZABLE: reads wait for changes, and changes for reads', 'Set transaction_isolation = REPEATABLE-READ') : null;
    },
  },
  {
    name: 'connections',
    what: `whether ${NEARLY_ALL * 100} % of \`max_connections\` are used`,
    look: async database => {
      const { Value: used } = await only(database, 'SHOW GLOBAL STATUS LIKE \'Threads_connected\'');
      const most = (await variables(database, 'max_connections')).get('max_connections');
      return Number(used) >= Number(most) * NEARLY_ALL
        ? warning(`${count(Number(used))} connections are used, of ${count(Number(most))} that applications may have: the next process may get none, and answer 503`, 'Make the pools smaller, or raise max_connections')
        : null;
    },
  },
];
