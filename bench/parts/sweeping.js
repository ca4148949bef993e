/*
 * How much slower requests get while 100,000 expired sessions are removed from a
 * table, and how long that takes. A request is a load and a change; they come at a
 * steady rate, and one that has to wait counts from when it was due.
 *
 * The servers are those of the tests: `make bench` starts them.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { MysqlStore } from '../../dist/stores/mysql-store.js';
import { PostgresStore } from '../../dist/stores/postgres-store.js';
import { SqliteStore } from '../../dist/stores/sqlite-store.js';
import { report, rounded } from '../lib/report.js';

const EXPIRED = 100_000;
const LIVE = 1000;
const EVERY = 4;
const SECONDS = 6;
const TABLE = 'bench_sweeping';
const TEXT = 'x'.repeat(300);

const STORES = {
  SQLite: async () => {
    const folder = mkdtempSync(join(tmpdir(), 'session-bench-'));
    const { default: Database } = await import('libsql');
    const database = new Database(join(folder, 'sessions.db'), { timeout: 0 });
    database.pragma('synchronous = NORMAL');
    return {
      store: new SqliteStore({ database, table: TABLE }),
      drop: () => database.exec(`DROP TABLE IF EXISTS ${TABLE}`),
      fill: () => database.exec(`WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${EXPIRED})
        INSERT INTO ${TABLE} SELECT substr('0000000000000000' || i, -16), 'hash', '', NULL, 1, 1, 1, '', char(10) || 'a' || char(9) || '"${TEXT}"' || char(10) FROM n`),
      count: () => Object.values(database.prepare(`SELECT COUNT(*) AS rows FROM ${TABLE} WHERE ends_at = 1`).get())[0],
      close: () => {
        database.close();
        rmSync(folder, { recursive: true });
      },
    };
  },
  PostgreSQL: async () => {
    const { Pool } = await import('pg');
    const pool = new Pool({ connectionString: process.env.SESSION_TEST_POSTGRES_URL });
    return {
      store: new PostgresStore({ pool, table: TABLE }),
      drop: () => pool.query(`DROP TABLE IF EXISTS ${TABLE}`),
      fill: () => pool.query(`INSERT INTO ${TABLE} SELECT right('0000000000000000' || i, 16), 'hash', '', NULL, '', '{"a":"\\"${TEXT}\\""}', 1, 1, 1
        FROM generate_series(1, ${EXPIRED}) AS i`),
      count: async () => Number((await pool.query(`SELECT COUNT(*) AS rows FROM ${TABLE} WHERE ends_at = 1`)).rows[0].rows),
      close: () => pool.end(),
    };
  },
  MariaDB: async () => {
    const { createPool } = await import('mysql2/promise');
    const pool = createPool(process.env.SESSION_TEST_MYSQL_URL);
    return {
      store: new MysqlStore({ pool, table: TABLE }),
      drop: () => pool.query(`DROP TABLE IF EXISTS ${TABLE}`),
      fill: () => pool.query(`INSERT INTO ${TABLE} SELECT LPAD(seq, 16, '0'), 'hash', '', NULL, '', '{"a":"\\\\"${TEXT}\\\\""}', 1, 1, 1
        FROM seq_1_to_${EXPIRED}`),
      count: async () => Number((await pool.query(`SELECT COUNT(*) AS n FROM ${TABLE} WHERE ends_at = 1`))[0][0].n),
      close: () => pool.end(),
    };
  },
};

const figures = [];
const wanted = process.argv[2];
for (const [name, open] of Object.entries(STORES)) {
  if (wanted !== undefined && wanted !== name) continue;
  const { store, drop, fill, count, close } = await open();
  await drop();
  await store.setup();
  await fill();
  const texts = new Map([['a', JSON.stringify(TEXT)]]);
  const ids = Array.from({ length: LIVE }, () => store.newSessionId());
  for (const id of ids) await store.create(id, texts, { lifetime: 3600 });

  const end = new AbortController();
  setTimeout(() => end.abort(), SECONDS * 1000);
  await requests(store, ids, AbortSignal.timeout(2000));
  const alone = await requests(store, ids, end.signal);
  const swept = new AbortController();
  const start = performance.now();
  const [beside] = await Promise.all([requests(store, ids, swept.signal), store.gc().then(() => swept.abort())]);
  const seconds = (performance.now() - start) / 1000;
  assert.equal(await count(), 0);
  const after = await requests(store, ids, AbortSignal.timeout(SECONDS * 1000));

  const base = p99([...alone, ...after]);
  figures.push(
    { group: `${name}, p99 of a request`, name: 'alone', unit: 'ms', value: rounded(base) },
    { group: `${name}, p99 of a request`, name: 'beside the clean-up', unit: 'ms', value: rounded(p99(beside)), ratio: rounded(p99(beside) / base), to: 'alone', goal: 2 },
    { group: `${name}, the clean-up`, name: 'beside the clean-up', unit: 's', value: rounded(seconds) },
  );
  store.close();
  await close();
}
report('Requests while 100,000 expired sessions are removed', figures);

/** Makes a request every few milliseconds, and returns how many milliseconds each took. */
async function requests(store, ids, signal) {

  const times = [];
  const running = [];
  const start = performance.now();
  for (let number = 0; !signal.aborted; number++) {
    const due = start + number * EVERY;
    if (due > performance.now()) await wait(due - performance.now());
    running.push(request(store, ids[(number * 7) % LIVE], number).then(() => times.push(performance.now() - Math.max(due, start))));
  }
  await Promise.all(running);
  return times;

}

async function request(store, id, number) {

  assert.equal((await store.load(id)).status, 'live');
  assert.equal(await store.update(id, { set: new Map([['count', String(number)]]), unset: [] }, { lifetime: 3600 }), 'updated');

}

function p99(times) {

  return times.toSorted((a, b) => a - b)[Math.floor(times.length * 0.99)];

}
