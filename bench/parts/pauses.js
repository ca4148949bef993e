/*
 * How long the event loop stands still while 1,000,000 expired sessions are
 * collected: the longest time between two turns of it, in each of ten runs.
 *
 *     node --expose-gc bench/parts/pauses.js
 */
import assert from 'node:assert/strict';
import { MemoryStore as MemoryStore1 } from 'session-1';
import { MemoryStore } from '../../dist/index.js';
import { figure, report } from '../lib/report.js';

const COUNT = 1_000_000;
const RUNS = 10;
const IDLE_RUNS = 4;
const TEXTS = new Map([['userId', '5'], ['name', '"Ada"']]);

async function longestPause(collect) {

  // What making the sessions left behind is not what this measures: the engine
  // tidies up for a while, with pauses of its own, whether a store does anything or not.
  gc();
  await new Promise(resolve => setTimeout(resolve, 2000));
  let longest = 0;
  let last = performance.now();
  let done = false;
  const turn = () => {
    const now = performance.now();
    longest = Math.max(longest, now - last);
    last = now;
    if (!done) setImmediate(turn);
  };
  setImmediate(turn);
  await new Promise(setImmediate);
  await collect();
  // What the collector itself does about it comes a little later.
  await new Promise(resolve => setTimeout(resolve, 500));
  done = true;
  await new Promise(setImmediate);
  return longest;

}

async function ours() {

  let time = 1000;
  const store = new MemoryStore({ now: () => time });
  store.close();
  for (let i = 0; i < COUNT; i++) store.create(store.newSessionId(), TEXTS, { lifetime: 60 });
  time += 100;
  const longest = await longestPause(() => store.gc());
  assert.equal(store.store.size, 0);
  return longest;

}

async function before() {

  const ids = new MemoryStore();
  const store = new MemoryStore1();
  store.close();
  for (let i = 0; i < COUNT; i++) await store.set(ids.newSessionId(), { userId: 5, name: 'Ada' }, 1);
  const longest = await longestPause(() => store.gc());
  assert.equal(store.store.size, 0);
  return longest;

}

/** What the machine and the engine do if nothing is collected, in about the time that collecting takes. */
async function nothing() {

  const store = new MemoryStore();
  store.close();
  for (let i = 0; i < COUNT; i++) store.create(store.newSessionId(), TEXTS, { lifetime: 3600 });
  const longest = await longestPause(() => new Promise(resolve => setTimeout(resolve, 1000)));
  assert.equal(store.store.size, COUNT);
  return longest;

}

const [pauses, idle] = [[], []];
for (let run = 0; run < RUNS; run++) {
  pauses.push(await ours());
  if (run < IDLE_RUNS) idle.push(await nothing());
}
const old = [await before()];

report(`Collecting ${COUNT.toLocaleString('en')} expired sessions: the longest pause, which is to be at most 5 ms in every run`, [
  figure('median of all runs', '1.0.1', 'ms', old), figure('median of all runs', 'nothing collected', 'ms', idle), figure('median of all runs', 'ours', 'ms', pauses),
  figure('worst run', '1.0.1', 'ms', [Math.max(...old)]), figure('worst run', 'nothing collected', 'ms', [Math.max(...idle)]), figure('worst run', 'ours', 'ms', [Math.max(...pauses)]),
]);
