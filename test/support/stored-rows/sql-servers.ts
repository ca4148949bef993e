import mysql from 'mysql2/promise';
import pg from 'pg';
import { storedId } from '../../../src/id/stored-id.js';
import { MysqlStore } from '../../../src/stores/mysql-store.js';
import { PostgresStore } from '../../../src/stores/postgres-store.js';
import { mysqlUrl, postgresUrl } from '../servers/addresses.js';
import { damage, nul } from './corpus.js';
import { type Engine, newName, TEXTS_IN_JSON } from './rows.js';
import { ENDS_AT } from './sql-damages.js';

const SQL_COLUMNS: Engine['columns'] = {
  data: [nul('unreadable'), damage('texts that are none', '{"note":1}', 'unreadable'), damage('a name with a broken escape', '{"\\\\":"1"}', 'unreadable')],
  about: [nul('unreadable')],
  ends_at: [...ENDS_AT, nul('unreadable'), damage('the last number', '9223372036854775807', 'any')],
  id_hash: [nul('unreadable'), damage('a hash of no id', 'y', 'unreadable'), damage('the hash of another id', storedId('another').hash, 'gone')],
  former: [nul('unreadable'), damage('something else', 'x', 'unreadable')],
  user_id: [nul('served'), damage('something else', 'x', 'served')],
  version: [nul('unreadable')],
  seen_at: [nul('served')],
};

const NULLABLE = ['id_hash', 'former', 'about', 'data', 'version', 'ends_at', 'seen_at'];

export function postgres(): Engine {

  const table = newName();
  let pool: pg.Pool;
  let store: PostgresStore;
  return {
    name: 'PostgresStore',
    open: async () => {
      pool = new pg.Pool({ connectionString: postgresUrl(), max: 4 });
      store = new PostgresStore({ pool, table });
      await store.setup();
      for (const column of NULLABLE) await pool.query(`ALTER TABLE ${table} ALTER ${column} DROP NOT NULL`);
      return {
        store,
        read: async (id, column) => (await pool.query(`SELECT ${column} AS value FROM ${table} WHERE handle = $1`, [storedId(id).handle])).rows[0].value,
        write: async (id, column, value) => {
          await pool.query(`UPDATE ${table} SET ${column} = $1 WHERE handle = $2`, [value, storedId(id).handle]);
        },
        rename: (column, name) => pool.query(`ALTER TABLE ${table} RENAME COLUMN ${column} TO ${name}`),
      };
    },
    close: async () => {
      store.close();
      await pool.query(`DROP TABLE ${table}`);
      await pool.end();
    },
    format: TEXTS_IN_JSON,
    data: 'data',
    info: 'about',
    columns: SQL_COLUMNS,
  };

}

export function mariadb(): Engine {

  const database = newName();
  let pool: mysql.Pool;
  let store: MysqlStore;
  return {
    name: 'MysqlStore',
    open: async () => {
      const connection = await mysql.createConnection(mysqlUrl());
      await connection.query(`CREATE DATABASE ${database}`);
      await connection.end();
      pool = mysql.createPool({ uri: mysqlUrl(), database, connectionLimit: 4 });
      store = new MysqlStore({ pool });
      await store.setup();
      await pool.query(`ALTER TABLE sessions MODIFY id_hash VARCHAR(43) CHARACTER SET ascii COLLATE ascii_bin, MODIFY former TEXT CHARACTER SET ascii COLLATE ascii_bin,
        MODIFY about MEDIUMTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin, MODIFY data LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin, MODIFY version BIGINT,
        MODIFY ends_at BIGINT, MODIFY seen_at BIGINT`);
      return {
        store,
        read: async (id, column) => (await pool.query<mysql.RowDataPacket[]>(`SELECT ${column} AS value FROM sessions WHERE handle = ?`, [storedId(id).handle]))[0][0]?.value,
        write: async (id, column, value) => {
          await pool.query(`UPDATE sessions SET ${column} = ? WHERE handle = ?`, [value, storedId(id).handle]);
        },
        rename: (column, name) => pool.query(`ALTER TABLE sessions RENAME COLUMN ${column} TO ${name}`),
      };
    },
    close: async () => {
      store.close();
      await pool.query(`DROP DATABASE ${database}`);
      await pool.end();
    },
    format: TEXTS_IN_JSON,
    data: 'data',
    info: 'about',
    columns: SQL_COLUMNS,
  };

}
