/*
 * SqliteStore beside the driver that it runs on, in one process and on one file:
 * a read beside the driver's own prepared point read and `JSON.parse` of the same
 * session, a change beside its own prepared UPDATE of the whole text. Rounds take
 * turns. With `synchronous = FULL` it is the time that passes, since the disk is
 * waited for, and else that of the processor. And the bytes that a session takes in
 * the file.
 *
 *     node bench/parts/sqlite.js [node:sqlite | better-sqlite3 | libsql | all]
 */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SqliteStore } from '../../dist/stores/sqlite-store.js';
import { figure, report, rounded } from '../lib/report.js';
import { cost, inTurns, median } from '../lib/rounds.js';
import { SESSIONS, textsOf } from '../lib/stored-sessions.js';

const DRIVERS = {
  'node:sqlite': async file => new (await import('node:sqlite')).DatabaseSync(file, { timeout: 0 }),
  'better-sqlite3': async file => new (await import('better-sqlite3')).default(file, { timeout: 0 }),
  'libsql': async file => new (await import('libsql')).default(file, { timeout: 0 }),
};

const COUNT = 2000;
const HOUR = 3_600_000;

/** What is measured: the numbers of rounds and calls, and how many times the driver's cost the store's is to be at most. */
const KINDS = [
  { kind: 'read', synchronous: 'NORMAL', rounds: 31, calls: 5000, goal: 1.05 },
  { kind: 'read and change', synchronous: 'NORMAL', rounds: 31, calls: 1000, goal: 1.25 },
  { kind: 'change', synchronous: 'NORMAL', rounds: 31, calls: 1000 },
  { kind: 'change', synchronous: 'FULL', rounds: 5, calls: 50 },
];

const figures = [];
const [, , wanted = 'libsql'] = process.argv;
for (const [name, open] of Object.entries(DRIVERS)) {
  if (wanted !== 'all' && wanted !== name) continue;
  for (const size of Object.keys(SESSIONS)) {
    await withDatabase(open, database => compare(`${name}, ${size}`, database, SESSIONS[size]));
    for (const user of [null, 'user']) {
      await withDatabase(open, database => space(`${name}, ${size}, bytes a session`, database, SESSIONS[size], user));
    }
  }
}
report('SqliteStore beside its driver', figures);

async function withDatabase(open, task) {

  const folder = mkdtempSync(join(tmpdir(), 'session-bench-'));
  try {
    const database = await open(join(folder, 'sessions.db'));
    await task(database);
    database.close();
  } catch (error) {
    if (!/^ERR_(MODULE_NOT_FOUND|UNKNOWN_BUILTIN_MODULE)$/.test(error.code)) throw error;
    console.log(`A driver is not there: ${error.message}`);
  } finally {
    rmSync(folder, { recursive: true });
  }

}

async function compare(group, database, values) {

  const { store, ids } = await filled(database, values);
  database.exec('CREATE TABLE plain (id TEXT NOT NULL PRIMARY KEY, data TEXT NOT NULL, ends_at INTEGER NOT NULL) STRICT');
  const insert = database.prepare('INSERT INTO plain VALUES (?, ?, ?)');
  for (const id of ids) insert.run(id, JSON.stringify(values), Date.now() + HOUR);

  const select = database.prepare('SELECT data, ends_at FROM plain WHERE id = ?');
  const update = database.prepare('UPDATE plain SET data = ?, ends_at = ? WHERE id = ?');
  assert.deepEqual(JSON.parse(select.get(ids[0]).data), values);
  assert.deepEqual(new Map(store.load(ids[0]).texts), textsOf(values));

  let turn = 0;
  const idAt = index => ids[(index * 7) % COUNT];
  const own = {
    read: index => {
      const row = select.get(idAt(index));
      return row.ends_at > Date.now() && JSON.parse(row.data);
    },
    change: (index, before) => update.run(JSON.stringify({ ...before, count: turn++ }), Date.now() + HOUR, idAt(index)),
  };
  const ours = {
    read: index => store.load(idAt(index)),
    change: (index, loaded) => {
      const change = { set: new Map([['count', String(turn++)]]), unset: [] };
      assert.equal(store.update(idAt(index), change, { lifetime: 3600, maxBytes: 100_000, patience: 3, loaded }), 'updated');
    },
  };
  const contestants = {
    read: [own.read, ours.read],
    change: [index => own.change(index, values), index => ours.change(index)],
    // As a request does it.
    'read and change': [index => own.change(index, own.read(index)), index => ours.change(index, ours.read(index).texts)],
  };
  for (const { kind, synchronous, rounds, calls, goal } of KINDS) {
    database.exec(`PRAGMA synchronous = ${synchronous}`);
    const [driver, stores] = contestants[kind];
    const costs = await inTurns({ driver: () => cost(calls, driver), store: () => cost(calls, stores) }, { rounds });
    const numbers = of => synchronous === 'FULL' ? of.elapsed : of.cpu;
    const row = `${group}, ${kind}, ${synchronous}`;
    const ratio = rounded(median(numbers(costs.store)) / median(numbers(costs.driver)));
    figures.push(
      figure(row, 'driver', 'µs', numbers(costs.driver)),
      figure(row, 'store', 'µs', numbers(costs.store), { ratio, to: 'driver', ...(goal && { goal }) }),
    );
  }
  store.close();

}

/** Bytes a session of the whole file, with the index. */
async function space(group, database, values, user) {

  const { store } = await filled(database, values, user);
  const bytes = Number(Object.values(database.prepare('SELECT page_count * page_size FROM pragma_page_count, pragma_page_size').get())[0]);
  figures.push({ group, name: user === null ? 'anonymous' : 'of a user', unit: 'B', value: rounded(bytes / COUNT) });
  store.close();

}

async function filled(database, values, user = null) {

  const store = new SqliteStore({ database });
  await store.setup();
  database.exec('PRAGMA synchronous = OFF');
  const texts = textsOf(values);
  const ids = Array.from({ length: COUNT }, () => store.newSessionId());
  for (const [index, id] of ids.entries()) {
    const newInfo = user === null ? undefined : { info: { user: `${user}-${index}`, details: '' } };
    assert.equal(store.create(id, texts, { lifetime: 3600, newInfo }), true);
  }
  return { store, ids };

}
