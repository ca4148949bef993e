import { join } from 'node:path';
import { storedId } from '../../../src/id/stored-id.js';
import { SqliteStore } from '../../../src/stores/sqlite-store.js';
import { DRIVERS, type OpenDatabase } from '../../stores/sqlite/sqlite-drivers.js';
import { temporaryFolder } from '../servers/server.js';
import { type Damage, damage, nul } from './corpus.js';
import { type Engine, PACKED } from './rows.js';
import { ENDS_AT, FOREIGN_HASH } from './sql-damages.js';

/** The driver `libsql` ends the process: docs/stores/sqlite.md says so. */
const BYTES: readonly Damage[] = [damage('bytes that are no text', Buffer.from([0xff, 0xfe, 0xc3]), 'unreadable')];

/** All columns may be NULL, and of any type, if the engine has such. */
export function sqlite(name: string): Engine {

  let database: OpenDatabase;
  let store: SqliteStore;
  return {
    name: `SqliteStore with ${name}`,
    open: async () => {
      database = await (DRIVERS[name] as (typeof DRIVERS)[string])(join(temporaryFolder(), 'sessions.db'));
      database.exec('CREATE TABLE sessions (handle PRIMARY KEY, id_hash, former, user_id, version, seen_at, ends_at, about, data)');
      store = new SqliteStore({ database });
      const handleOf = (id: string) => storedId(id).handle;
      return {
        store,
        read: (id, column) => {
          const row = database.prepare(`SELECT ${column} AS "column" FROM sessions WHERE handle = ?`).get(handleOf(id)) as { column: string };
          return String(Object.values(row)[0]);
        },
        write: (id, column, value) => {
          const [sql, ...values] = value instanceof Buffer ? [`CAST(x'${value.toString('hex')}' AS TEXT)`]
            : value === null || value === Number.POSITIVE_INFINITY ? [value === null ? 'NULL' : '9e999'] : ['?', value as string];
          database.prepare(`UPDATE sessions SET ${column} = ${sql} WHERE handle = ?`).run(...values, handleOf(id));
        },
        rename: (column, name) => database.exec(`ALTER TABLE sessions RENAME COLUMN ${column} TO ${name}`),
      };
    },
    close: () => {
      store.close();
      database.close();
    },
    format: PACKED,
    data: 'data',
    info: 'about',
    columns: {
      data: [nul('unreadable'), damage('a number', 5, 'unreadable'), ...name === 'libsql' ? [] : BYTES],
      about: [nul('unreadable'), ...name === 'libsql' ? [] : BYTES],
      ends_at: [...ENDS_AT, nul('gone'), damage('a text', 'x', 'gone'), damage('a number without end', Number.POSITIVE_INFINITY, 'unreadable')],
      id_hash: [...FOREIGN_HASH, nul('gone')],
      former: [nul('served'), damage('something else', 'x', 'served')],
      user_id: [nul('served'), damage('something else', 'x', 'served')],
      version: [nul('any')],
      seen_at: [nul('served'), damage('a text', 'x', 'served')],
    },
  };

}
