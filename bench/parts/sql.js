/*
 * PostgresStore and MysqlStore beside the drivers that they run on: a read beside
 * the driver's own prepared point read and `JSON.parse` of the same session, a
 * change of one key beside its own prepared UPDATE of the whole text; and the bytes
 * that a session takes in the table and its indexes. Time is that which passes for
 * a call, of 1 or 50 at a time.
 *
 * The servers are those of the tests: `make bench` starts them.
 */
import assert from 'node:assert/strict';
import { createPool } from 'mysql2/promise';
import { Pool } from 'pg';
import { MysqlStore } from '../../dist/stores/mysql-store.js';
import { PostgresStore } from '../../dist/stores/postgres-store.js';
import { inParallel, timed } from '../lib/parallel.js';
import { figure, report, rounded } from '../lib/report.js';
import { inTurns, median } from '../lib/rounds.js';
import { SESSIONS, textsOf } from '../lib/stored-sessions.js';

const COUNT = 2000;
const TABLE = 'bench_sql';
const PLAIN = 'bench_sql_plain';
const HOUR = 3_600_000;

const SERVERS = {
  PostgreSQL: () => {
    const pool = new Pool({ connectionString: process.env.SESSION_TEST_POSTGRES_URL });
    return {
      pool,
      store: new PostgresStore({ pool, table: TABLE }),
      create: `CREATE TABLE ${PLAIN} (id text COLLATE "C" PRIMARY KEY, data text NOT NULL, ends_at bigint NOT NULL) WITH (fillfactor = 90)`,
      insert: (id, json) => pool.query(`INSERT INTO ${PLAIN} VALUES ($1, $2, $3)`, [id, json, Date.now() + HOUR]),
      read: async id => (await pool.query({ name: 'read', text: `SELECT data, ends_at FROM ${PLAIN} WHERE id = $1`, values: [id] })).rows[0],
      update: (id, json) => pool.query({ name: 'update', text: `UPDATE ${PLAIN} SET data = $1, ends_at = $2 WHERE id = $3`, values: [json, Date.now() + HOUR, id] }),
      bytes: async table => Number((await pool.query('SELECT pg_total_relation_size($1::text::regclass) AS bytes', [table])).rows[0].bytes),
    };
  },
  MariaDB: () => {
    const pool = createPool(process.env.SESSION_TEST_MYSQL_URL);
    return {
      pool,
      store: new MysqlStore({ pool, table: TABLE }),
      create: `CREATE TABLE ${PLAIN} (id VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin PRIMARY KEY, data LONGTEXT NOT NULL, ends_at BIGINT NOT NULL) ENGINE = InnoDB`,
      insert: (id, json) => pool.execute(`INSERT INTO ${PLAIN} VALUES (?, ?, ?)`, [id, json, Date.now() + HOUR]),
      read: async id => (await pool.execute(`SELECT data, ends_at FROM ${PLAIN} WHERE id = ?`, [id]))[0][0],
      update: (id, json) => pool.execute(`UPDATE ${PLAIN} SET data = ?, ends_at = ? WHERE id = ?`, [json, Date.now() + HOUR, id]),
      bytes: async table => {
        await pool.query(`ANALYZE TABLE ${table}`);
        const [[{ size }]] = await pool.query(
          'SELECT data_length + index_length AS size FROM information_schema.tables WHERE table_schema = DATABASE() AND table_name = ?', [table]);
        return Number(size);
      },
    };
  },
};

const figures = [];
for (const [name, open] of Object.entries(SERVERS)) {
  const server = open();
  for (const [size, values] of Object.entries(SESSIONS)) {
    await compare(`${name}, ${size}`, server, values);
    await space(`${name}, ${size}`, server, values);
  }
  await server.pool.end();
}
report('PostgresStore and MysqlStore beside their drivers', figures);

async function compare(group, server, values) {

  const { store } = server;
  const json = JSON.stringify(values);
  const texts = textsOf(values);
  await server.pool.query(`DROP TABLE IF EXISTS ${PLAIN}`);
  await server.pool.query(server.create);
  const ids = await filled(server, texts);
  await inParallel(50, COUNT, index => server.insert(ids[index], json));
  assert.deepEqual(JSON.parse((await server.read(ids[0])).data), values);
  assert.deepEqual(new Map((await store.load(ids[0])).texts), texts);

  let turn = 0;
  const idAt = index => ids[(index * 7) % COUNT];
  const kinds = {
    read: [1.18, {
      driver: async index => {
        const row = await server.read(idAt(index));
        return Number(row.ends_at) > Date.now() && JSON.parse(row.data);
      },
      store: index => store.load(idAt(index)),
    }],
    change: [1.43, {
      driver: index => server.update(idAt(index), JSON.stringify({ ...values, count: turn++ })),
      store: async index => {
        const change = { set: new Map([['count', String(turn++)]]), unset: [] };
        assert.equal(await store.update(idAt(index), change, { lifetime: 3600, maxBytes: 100_000, patience: 3 }), 'updated');
      },
    }],
  };
  for (const [kind, [goal, { driver, store: ours }]] of Object.entries(kinds)) {
    for (const [parallel, calls] of [[1, 200], [50, 1500]]) {
      const costs = await inTurns({
        driver: () => timed(parallel, calls, driver),
        store: () => timed(parallel, calls, ours),
      }, { rounds: 11 });
      const row = `${group}, ${kind}, ${parallel} at a time`;
      const ratio = rounded(median(costs.store.elapsed) / median(costs.driver.elapsed));
      figures.push(
        figure(row, 'driver', 'µs', costs.driver.elapsed),
        figure(row, 'store', 'µs', costs.store.elapsed, { ratio, to: 'driver', goal }),
      );
    }
  }

}

/** Bytes a session of the whole table with its indexes, before any change. */
async function space(group, server, values) {

  for (const [name, info] of [['anonymous', undefined], ['of a user', index => ({ user: `user-${index}`, details: '' })]]) {
    await filled(server, textsOf(values), info);
    figures.push({ group: `${group}, bytes a session`, name, unit: 'B', value: rounded(await server.bytes(TABLE) / COUNT) });
  }

}

/** Makes the table of the store anew, with sessions. Returns their ids. */
async function filled({ pool, store }, texts, info) {

  await pool.query(`DROP TABLE IF EXISTS ${TABLE}`);
  await store.setup();
  const ids = Array.from({ length: COUNT }, () => store.newSessionId());
  await inParallel(50, COUNT, async index => {
    assert.equal(await store.create(ids[index], texts, { lifetime: 3600, ...(info && { newInfo: { info: info(index) } }) }), true);
  });
  return ids;

}
