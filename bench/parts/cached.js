/*
 * What a read from a copy of cached() costs, beside one of the memory store, and
 * beside one over a wire: the call alone, and a whole request. In microseconds of
 * the processor.
 *
 *     node bench/parts/cached.js
 */
import assert from 'node:assert/strict';
import { Application } from '@curveball/kernel';
import session, { encrypted, MemoryStore, wrapStore } from '../../dist/index.js';
import { cached } from '../../dist/cache/cached-store.js';
import { figure, report, rounded } from '../lib/report.js';
import { cost, inTurns, median, ratios } from '../lib/rounds.js';

const ROUNDS = 21;
const TIMES = 2000;
const COPY = { mayBeCached: true };
const LONG = { maxAge: 60 };
const TEXTS = new Map('abcde'.split('').map(key => [key, JSON.stringify('x'.repeat(60))]));

/** A store that answers later, as one over a wire does, in no time. */
const later = store => wrapStore(store, inner => ({ load: async (id, terms) => inner.load(id, terms) }));

const memory = new MemoryStore();
const STORES = {
  memory,
  'copy': cached(later(memory), LONG),
  'copy, of an encrypted store': cached(encrypted(later(new MemoryStore())), LONG),
  'encrypted copy': encrypted(cached(later(new MemoryStore()), LONG)),
};

const figures = [];

const sessions = {};
for (const [name, store] of Object.entries(STORES)) {
  const id = store.newSessionId();
  assert.equal(await store.create(id, TEXTS, { lifetime: 3600 }), true);
  await store.load(id, COPY);
  assert.deepEqual(new Map(store.load(id, COPY).texts), TEXTS);
  sessions[name] = { store, id };
}
await compare('a load', Object.fromEntries(Object.entries(sessions).map(([name, { store, id }]) => (
  [name, () => cost(TIMES, () => store.load(id, COPY))]
))));

const applications = {};
for (const [name, { store, id }] of Object.entries(sessions)) {
  const app = new Application();
  // Touches would drop the copies.
  app.use(session({ store, touchInterval: 60 }), ctx => {
    ctx.response.body = ctx.session.a;
  });
  const request = () => app.subRequest('GET', '/', { Cookie: `CB=${id}` });
  assert.equal((await request()).body.length, 60);
  applications[name] = () => cost(TIMES / 10, request);
}
await compare('a GET that reads', applications);

for (const { store } of Object.values(sessions)) store.close();
report('A read from a copy, in time of the processor', figures);

async function compare(operation, contestants) {

  const costs = await inTurns(contestants, { rounds: ROUNDS });
  for (const [name, { cpu }] of Object.entries(costs)) {
    const ratio = rounded(median(ratios(cpu, costs.memory.cpu)));
    figures.push(figure(operation, name, 'µs', cpu, name === 'memory' ? {} : { ratio, to: 'memory' }));
  }

}
