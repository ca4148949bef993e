/*
 * What encrypted() costs: a memory store with it and without, since that store
 * does next to nothing itself. In microseconds of the processor.
 *
 *     node bench/parts/encrypted.js
 */
import assert from 'node:assert/strict';
import { encrypted, MemoryStore } from '../../dist/index.js';
import { figure, report } from '../lib/report.js';
import { cost, inTurns } from '../lib/rounds.js';

const ROUNDS = 21;
const TIMES = 300;
const KEYS = [{ id: '2026', secret: 'x'.repeat(32) }];
const EXPIRY = 3600;

const text = length => JSON.stringify('x'.repeat(length - 2));
const SESSIONS = {
  'one value of 30 B': new Map([['a', text(30)]]),
  'one value of 1 kB': new Map([['a', text(1000)]]),
  'one value of 10 kB': new Map([['a', text(10_000)]]),
  'five values of 100 B': new Map('abcde'.split('').map(key => [key, text(100)])),
};

const NAMES = ['plain', 'sealed, without keys', 'sealed, with a key'];

const figures = [];
for (const [size, texts] of Object.entries(SESSIONS)) {
  const stores = [new MemoryStore(), encrypted(new MemoryStore()), encrypted(new MemoryStore(), { keys: KEYS })];
  const sessions = stores.map(store => {
    const id = store.newSessionId();
    assert.equal(store.create(id, texts, { lifetime: EXPIRY }), true);
    assert.deepEqual(new Map(store.load(id).texts), texts);
    return { store, id };
  });
  const change = { set: new Map([['a', texts.get('a')]]), unset: [] };
  await compare(size, 'touch', sessions, ({ store, id }) => store.touch(id, EXPIRY));
  await compare(size, 'load', sessions, ({ store, id }) => store.load(id));
  await compare(size, 'change of a', sessions, ({ store, id }) => store.update(id, change, { lifetime: EXPIRY }));
  await compare(size, 'move', sessions, session => {
    const next = session.store.newSessionId(session.id);
    assert.equal(session.store.move(session.id, next, { set: new Map(), unset: [] }, { lifetime: EXPIRY }), 'moved');
    session.id = next;
  });
  for (const { store } of sessions) store.close();
}

report('A call of a store, in time of the processor', figures);

async function compare(size, operation, sessions, run) {

  const contestants = Object.fromEntries(sessions.map((session, index) => [NAMES[index], () => cost(TIMES, () => run(session))]));
  const costs = await inTurns(contestants, { rounds: ROUNDS });
  for (const name of NAMES) figures.push(figure(`${operation}, ${size}`, name, 'µs', costs[name].cpu));

}
