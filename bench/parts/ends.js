/*
 * What it costs in PostgreSQL to end a session with a notification for open
 * streams, beside the same statement without it: by a sign-out.
 * Nobody listens, then one process does; on a server that writes to the disk in its
 * own time, and on one that waits for the disk. Time is that which passes for a call.
 */
import assert from 'node:assert/strict';
import { Pool } from 'pg';
import { startPostgres } from '../../build/test/support/servers/postgres.js';
import { PostgresStore } from '../../dist/stores/postgres-store.js';
import { inParallel, timed } from '../lib/parallel.js';
import { figure, report, rounded } from '../lib/report.js';
import { inTurns, median } from '../lib/rounds.js';
import { SESSIONS, textsOf } from '../lib/stored-sessions.js';

const ROUNDS = 15;
const TABLE = 'bench_ends';
const NOTIFICATION = /pg_notify\(.*?, (handle|'')\)::text/;

const SERVERS = { 'in memory': [], 'each on the disk': ['-c', 'fsync=on'] };

const [values] = Object.values(SESSIONS);
const texts = textsOf(values);
const figures = [];
for (const [name, settings] of Object.entries(SERVERS)) {
  const server = await startPostgres(...settings);
  try {
    await compareOn(server.url, name);
  } finally {
    await server.stop();
  }
}
report('Ends of sessions in PostgreSQL, with a notification and without', figures);

async function compareOn(connectionString, name) {

  const pool = new Pool({ connectionString, max: 60 });
  let replaced = 0;
  const quietPool = new Proxy(pool, {
    get(target, key) {
      const value = Reflect.get(target, key);
      if (key !== 'query') return typeof value === 'function' ? value.bind(target) : value;
      return statement => {
        if (!NOTIFICATION.test(statement.text)) return target.query(statement);
        replaced++;
        return target.query({ ...statement, name: `${statement.name}_quiet`, text: statement.text.replace(NOTIFICATION, "''::text") });
      };
    },
  });
  const stores = { without: new PostgresStore({ pool: quietPool, table: TABLE }), with: new PostgresStore({ pool, table: TABLE }) };
  await stores.with.setup();
  await compareAll(name, stores);
  let heard = 0;
  const watch = stores.with.watchEnds(() => heard++);
  await watch.confirm();
  await compareAll(`${name}, a process listens`, stores);
  assert.ok(heard > 0 && replaced > 0);
  watch.stop();
  await pool.end();

}

async function compareAll(name, stores) {

  for (const [parallel, calls] of [[1, 300], [50, 1500]]) {
    const contestants = Object.entries(stores).map(([which, store]) => [which, () => round(store, parallel, calls)]);
    const costs = await inTurns(Object.fromEntries(contestants), { rounds: ROUNDS });
    const group = `${name}, ${parallel} at a time`;
    figures.push(
      figure(group, 'without', 'µs', costs.without.elapsed),
      figure(group, 'with', 'µs', costs.with.elapsed, { ratio: rounded(median(costs.with.elapsed) / median(costs.without.elapsed)), to: 'without' }),
    );
  }

}

/** Makes sessions, and measures how long it takes to end them. */
async function round(store, parallel, calls) {

  const ids = Array.from({ length: calls }, () => store.newSessionId());
  await inParallel(50, calls, index => store.create(ids[index], texts, { lifetime: 3600 }));
  return await timed(parallel, calls, async index => {
    await store.end(ids[index], { reason: 'signed-out' });
  });

}
