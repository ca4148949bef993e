import { count } from '../../output.js';
import { type Check, problem, warning } from '../check.js';
import { only, type SqlDatabase } from '../connections/sql.js';

const RIGHTS = ['SELECT', 'INSERT', 'UPDATE', 'DELETE'] as const;

/** The part of its connections from which a server has nearly no more. */
const NEARLY_ALL = 0.9;

/** As many dead rows as a busy table may have, whatever its size: autovacuum looks at it once a minute. */
const MANY_DEAD = 100_000;

const setting = async (database: SqlDatabase, name: string) => (
  String((await only(database, 'SELECT current_setting($1) AS value', name)).value));

/** What can be wrong with a PostgreSQL server, and with the table there. */
export const POSTGRES_CHECKS: ReadonlyArray<Check<SqlDatabase>> = [
  {
    name: 'role',
    what: 'whether the server is a replica, or the connection can only read',
    look: async database => {
      const { replica } = await only(database, 'SELECT pg_is_in_recovery() AS replica');
      if (replica) return problem('The server is a replica: it refuses every change, and can still have sessions that have ended', 'Give the address of the primary');
      return await setting(database, 'default_transaction_read_only') === 'on'
        ? problem('default_transaction_read_only is on: every change is refused', 'Set it to off for this role and database')
        : null;
    },
  },
  {
    name: 'rights',
    what: 'whether the role may `SELECT`, `INSERT`, `UPDATE` and `DELETE`',
    look: async database => {
      const columns = RIGHTS.map((right, index) => `has_table_privilege($1, $${index + 2}) AS "${right}"`).join(', ');
      const row = await only(database, `SELECT current_user AS role, ${columns}`, database.quoted, ...RIGHTS);
      const missing = RIGHTS.filter(right => row[right] !== true);
      return missing.length > 0
        ? problem(`The role ${row.role} may not ${missing.join(', ')}: sessions can't be ${missing.includes('SELECT') ? 'read' : 'kept'} and cleaned up as they must be`, `GRANT ${RIGHTS.join(', ')} ON ${database.quoted} TO "${row.role}"`)
        : null;
    },
  },
  {
    name: 'index',
    what: 'whether the table has its primary key and the index of users',
    look: async database => {
      const found = await database.rows(`
        SELECT a.attname AS "column", i.indisvalid AS valid, i.indisprimary AS key FROM pg_index i
        JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]
        WHERE i.indrelid = to_regclass($1)`, database.quoted);
      const has = (column: string) => found.some(row => row.column === column && row.valid === true);
      if (!has('handle')) return problem('The table has no key on the column handle: each request reads the whole table', `ALTER TABLE ${database.quoted} ADD PRIMARY KEY (handle)`);
      return has('user_id') ? null : warning(
        'The table has no index on the column user_id: the whole table is read when a user signs in or lists devices', `Let "setup" make it, or CREATE INDEX CONCURRENTLY ON ${database.quoted} (user_id) WHERE user_id IS NOT NULL`);
    },
  },
  {
    name: 'unlogged',
    what: 'whether the table survives a crash',
    look: async database => {
      const { kind } = await only(database, 'SELECT relpersistence AS kind FROM pg_class WHERE oid = to_regclass($1)', database.quoted);
      return kind === 'p' ? null : problem('The table is UNLOGGED: a crash of the server empties it, and a replica has nothing of it', `ALTER TABLE ${database.quoted} SET LOGGED`);
    },
  },
  {
    name: 'durability',
    what: '`fsync`, `full_page_writes`, `synchronous_commit`',
    look: async database => {
      for (const name of ['fsync', 'full_page_writes']) {
        if (await setting(database, name) === 'off') return problem(`${name} is off: a crash of the machine can destroy the database`, `Set ${name} = on`);
      }
      return await setting(database, 'synchronous_commit') === 'off'
        ? warning('synchronous_commit is off: a crash loses the last changes that were acknowledged, sign-outs among them', 'Set synchronous_commit = on for this role and database, or accept that')
        : null;
    },
  },
  {
    name: 'isolation',
    what: '`default_transaction_isolation`',
    look: async database => {
      const level = await setting(database, 'default_transaction_isolation');
      return level === 'read committed' ? null : warning(
        `default_transaction_isolation is ${level}: of two changes of one session at the same time, one fails with 503`, 'Set it to read committed for this role and database');
    },
  },
  {
    name: 'connections',
    what: `whether ${NEARLY_ALL * 100} % of \`max_connections\` are used, without those that are reserved`,
    look: async database => {
      const { used } = await only(database, 'SELECT count(*) AS used FROM pg_stat_activity WHERE datname IS NOT NULL');
      // PostgreSQL 16 has a second setting of this kind.
      const { reserved } = await only(database, 'SELECT sum(setting::int) AS reserved FROM pg_settings WHERE name IN (\'superuser_reserved_connections\', \'reserved_connections\')');
      const most = Number(await setting(database, 'max_connections')) - Number(reserved);
      return Number(used) >= most * NEARLY_ALL
        ? warning(`${count(Number(used))} connections are used, of ${count(most)} that applications may have: the next process may get none, and answer 503`, 'Make the pools smaller, put a pooler before the server, or raise max_connections')
        : null;
    },
  },
  {
    name: 'autovacuum',
    what: 'whether the server cleans the table up, and keeps up with it',
    look: async database => {
      const { options } = await only(database, 'SELECT coalesce(array_to_string(reloptions, \',\'), \'\') AS options FROM pg_class WHERE oid = to_regclass($1)', database.quoted);
      const isOff = await setting(database, 'autovacuum') === 'off' || /autovacuum_enabled=(off|false|0)/.test(String(options));
      if (isOff) return warning('autovacuum is off: each change leaves a dead row, and the table grows without end', `Set autovacuum = on, and ALTER TABLE ${database.quoted} RESET (autovacuum_enabled)`);
      const [row] = await database.rows('SELECT n_live_tup AS live, n_dead_tup AS dead FROM pg_stat_user_tables WHERE relid = to_regclass($1)', database.quoted);
      const [live, dead] = [Number(row?.live ?? 0), Number(row?.dead ?? 0)];
      return dead > MANY_DEAD && dead > live
        ? warning(`The table has about ${count(dead)} dead rows beside ${count(live)} live ones: autovacuum does not keep up`, `Look for transactions that stay open, in pg_stat_activity, and let it begin earlier: ALTER TABLE ${database.quoted} SET (autovacuum_vacuum_scale_factor = 0.02)`)
        : null;
    },
  },
];
