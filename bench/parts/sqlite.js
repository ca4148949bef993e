/*
 * SqliteStore beside the driver that it runs on, in one process and on one file:
 * a read beside the driver's own prepared point read and `JSON.parse` of the same
 * session, a change beside its own prepared UPDATE of the whole text. Rounds take
 * turns, and each number is that of a good round. With `synchronous = FULL` it is
 * the time that passes, since the disk is waited for, and else that of the processor.
 *
 *     node bench/parts/sqlite.js [node:sqlite | better-sqlite3 | libsql | all]
 */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SqliteStore } from '../../dist/stores/sqlite-store.js';

const DRIVERS = {
  'node:sqlite': async file => new (await import('node:sqlite')).DatabaseSync(file, { timeout: 0 }),
  'better-sqlite3': async file => new (await import('better-sqlite3')).default(file, { timeout: 0 }),
  'libsql': async file => new (await import('libsql')).default(file, { timeout: 0 }),
};

const SESSIONS = {
  '300 B': {
    userId: 12345, name: 'Ada Lovelace', email: 'ada@example.org', roles: ['admin', 'editor'], theme: 'dark',
    cart: [{ sku: 'A-100', quantity: 2 }, { sku: 'B-7', quantity: 1 }], lastSeen: '2026-01-01T00:00:00.000Z', note: 'x'.repeat(64),
  },
  '4 KiB': Object.fromEntries(Array.from({ length: 20 }, (_, index) => [
    `key${index}`, { text: 'x'.repeat(160), number: index, list: [1, 2, 3] },
  ])),
};

const ROUNDS = 31;
const READS = 5000;
const CHANGES = 1000;
const COUNT = 2000;

const [, , wanted = 'libsql'] = process.argv;
const drivers = Object.entries(DRIVERS).filter(([name]) => wanted === 'all' || name === wanted);

console.log('µs an operation; ratio: how many of the store\'s go into the time of one of the driver\'s\n');
console.log(`${'driver'.padEnd(15)}${'session'.padEnd(8)}${'operation'.padEnd(20)}   driver    store    ratio`);
for (const [name, open] of drivers) {
  for (const size of Object.keys(SESSIONS)) {
    for (const synchronous of ['NORMAL', 'FULL']) await compare(name, open, size, synchronous);
  }
}

async function compare(name, open, size, synchronous) {

  const folder = mkdtempSync(join(tmpdir(), 'session-bench-'));
  let database;
  try {
    database = await open(join(folder, 'sessions.db'));
  } catch (error) {
    console.log(`${name.padEnd(15)}is not there: ${error.code ?? error.message}`);
    rmSync(folder, { recursive: true });
    return;
  }
  const store = new SqliteStore({ database });
  await store.setup();
  database.exec(`PRAGMA synchronous = ${synchronous}`);
  database.exec('CREATE TABLE plain (id TEXT NOT NULL PRIMARY KEY, data TEXT NOT NULL, ends_at INTEGER NOT NULL) STRICT');

  const values = SESSIONS[size];
  const json = JSON.stringify(values);
  const texts = new Map(Object.entries(values).map(([key, value]) => [key, JSON.stringify(value)]));
  const insert = database.prepare('INSERT INTO plain VALUES (?, ?, ?)');
  const ids = Array.from({ length: COUNT }, () => store.newSessionId());
  database.exec('PRAGMA synchronous = OFF');
  for (const id of ids) {
    store.create(id, texts, { lifetime: 3600 });
    insert.run(id, json, Date.now() + 3_600_000);
  }
  database.exec(`PRAGMA synchronous = ${synchronous}`);

  const select = database.prepare('SELECT data, ends_at FROM plain WHERE id = ?');
  const update = database.prepare('UPDATE plain SET data = ?, ends_at = ? WHERE id = ?');
  assert.deepEqual(JSON.parse(select.get(ids[0]).data), values);
  assert.deepEqual(new Map(store.load(ids[0]).texts), texts);

  const now = synchronous === 'FULL' ? () => performance.now() * 1000 : processorTime;
  let turn = 0;
  const operations = {
    [`read, ${synchronous}`]: [READS, id => {
      const row = select.get(id);
      return row.ends_at > Date.now() && JSON.parse(row.data);
    }, id => store.load(id)],
    [`change, ${synchronous}`]: [CHANGES, id => {
      update.run(JSON.stringify({ ...values, count: turn++ }), Date.now() + 3_600_000, id);
    }, id => {
      assert.equal(store.update(id, { set: new Map([['count', String(turn++)]]), unset: [] }, { lifetime: 3600 }), 'updated');
    }],
  };
  for (const [operation, [count, ...contestants]] of Object.entries(operations)) {
    if (operation.startsWith('read') && synchronous === 'FULL') continue;
    const times = contestants.map(() => []);
    for (let round = 0; round < ROUNDS; round++) {
      contestants.forEach((run, index) => {
        const start = now();
        for (let i = 0; i < count; i++) run(ids[(i * 7) % COUNT]);
        times[index].push((now() - start) / count);
      });
    }
    const [own, ours] = times.map(good);
    console.log([
      name.padEnd(15), size.padEnd(8), operation.padEnd(20), own.toFixed(2).padStart(9), ours.toFixed(2).padStart(9),
      (own / ours).toFixed(2).padStart(9),
    ].join(''));
  }
  store.close();
  database.close();
  rmSync(folder, { recursive: true });

}

/** In microseconds. */
function processorTime() {
  const { user, system } = process.cpuUsage();
  return user + system;
}

/** What else the machine does makes a round slower, and never faster. */
function good(numbers) {
  return numbers.toSorted((a, b) => a - b)[numbers.length >> 2];
}
