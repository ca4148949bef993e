/*
 * How long the event loop stands still while 1,000,000 expired sessions are
 * collected: the longest time between two turns of it.
 */
import assert from 'node:assert/strict';
import { MemoryStore as MemoryStore1 } from 'session-1';
import { MemoryStore } from '../../dist/index.js';

const COUNT = 1_000_000;
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
  const start = performance.now();
  await collect();
  // What the collector itself does about it comes a little later.
  await new Promise(resolve => setTimeout(resolve, 500));
  done = true;
  await new Promise(setImmediate);
  return { longest, took: performance.now() - start - 500 };

}

let time = 1000;
const own = new MemoryStore({ now: () => time });
own.close();
for (let i = 0; i < COUNT; i++) own.create(own.newSessionId(), TEXTS, { lifetime: 60 });
time += 100;
const two = await longestPause(() => own.gc());
assert.equal(own.store.size, 0);

const old = new MemoryStore1();
old.close();
for (let i = 0; i < COUNT; i++) await old.set(own.newSessionId(), { userId: 5, name: 'Ada' }, 1);
const one = await longestPause(() => old.gc());
assert.equal(old.store.size, 0);

console.log(`collecting ${COUNT} expired sessions\n`);
console.log('       longest pause   until all are gone');
for (const [name, { longest, took }] of [['1.0.1', one], ['2', two]]) {
  console.log(`${name.padEnd(6)} ${longest.toFixed(1).padStart(10)} ms ${took.toFixed(0).padStart(15)} ms`);
}
