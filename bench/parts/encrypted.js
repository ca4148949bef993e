/*
 * What encrypted() costs: a memory store with it and without, since that store
 * does next to nothing itself. In microseconds of the processor; rounds take turns,
 * and each number is that of a good round.
 *
 *     node bench/parts/encrypted.js
 */
import assert from 'node:assert/strict';
import { encrypted, MemoryStore } from '../../dist/index.js';

const ROUNDS = 31;
const TIMES = 1000;
const KEYS = [{ id: '2026', secret: 'x'.repeat(32) }];
const EXPIRY = 3600;

const text = length => JSON.stringify('x'.repeat(length - 2));
const SESSIONS = {
  'one value of 30 B': new Map([['a', text(30)]]),
  'one value of 1 kB': new Map([['a', text(1000)]]),
  'one value of 10 kB': new Map([['a', text(10_000)]]),
  'five values of 100 B': new Map('abcde'.split('').map(key => [key, text(100)])),
};

console.log('µs an operation\n');
console.log(`${'session'.padEnd(24)}${'operation'.padEnd(12)}   plain  sealed, without keys  sealed, with a key`);
for (const [size, texts] of Object.entries(SESSIONS)) {
  const stores = [new MemoryStore(), encrypted(new MemoryStore()), encrypted(new MemoryStore(), { keys: KEYS })];
  const sessions = stores.map(store => {
    const id = store.newSessionId();
    assert.equal(store.create(id, texts, { lifetime: EXPIRY }), true);
    assert.deepEqual(new Map(store.load(id).texts), texts);
    return { store, id };
  });
  const change = { set: new Map([['a', texts.get('a')]]), unset: [] };
  report(size, 'touch', sessions, ({ store, id }) => store.touch(id, EXPIRY));
  report(size, 'load', sessions, ({ store, id }) => store.load(id));
  report(size, 'change of a', sessions, ({ store, id }) => store.update(id, change, { lifetime: EXPIRY }));
  report(size, 'move', sessions, session => {
    const next = session.store.newSessionId(session.id);
    assert.equal(session.store.move(session.id, next, { set: new Map(), unset: [] }, { lifetime: EXPIRY }), 'moved');
    session.id = next;
  });
  for (const { store } of sessions) store.close();
}

function report(size, operation, sessions, run) {

  const times = sessions.map(() => []);
  for (let round = 0; round < ROUNDS; round++) {
    sessions.forEach((session, index) => {
      const start = processorTime();
      for (let i = 0; i < TIMES; i++) run(session);
      times[index].push((processorTime() - start) / TIMES);
    });
  }
  const [plain, keyless, keyed] = times.map(good).map(time => time.toFixed(1));
  console.log(`${size.padEnd(24)}${operation.padEnd(12)}${plain.padStart(8)}${keyless.padStart(22)}${keyed.padStart(20)}`);

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
