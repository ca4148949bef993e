/*
 * What a session costs a request: the processor's time with the middleware less
 * that of the same application without, beside the floor and 1.0.1. Nothing goes
 * over a network, and each contestant has a process of its own.
 */
import assert from 'node:assert/strict';
import { figure, report, rounded } from '../lib/report.js';
import { inTurns, less, median } from '../lib/rounds.js';
import { startWorker } from '../lib/worker.js';

const ROUNDS = 8;
// What an engine makes of the same code differs from process to process.
const LIVES = 3;
const NAMES = ['bare', 'floor', '1.0.1', 'ours'];

/** How many requests a round has, and how many times the cost of the floor ours is to be at most. */
const KINDS = {
  anonymous: { count: 20_000, goal: 1.1 },
  read: { count: 20_000, goal: 1.5 },
  change: { count: 15_000, goal: 1.8 },
  'unknown id': { count: 20_000, goal: 1.5 },
  'new session': { count: 3000, goal: 1.8 },
};

const costs = Object.fromEntries(Object.keys(KINDS).map(kind => [kind, []]));
for (let life = 1; life <= LIVES; life++) {
  const workers = Object.fromEntries(await Promise.all(NAMES.map(async name => [name, await startWorker(new URL('../lib/kernel-app.js', import.meta.url), name)])));
  for (const [kind, { count }] of Object.entries(KINDS)) {
    process.stderr.write(`${life} of ${LIVES}: ${kind}\n`);
    await check(kind, workers);
    const contestants = Object.fromEntries(Object.entries(workers).map(([name, worker]) => [name, () => worker.call('round', kind, count)]));
    costs[kind].push(await inTurns(contestants, { rounds: ROUNDS }));
  }
  for (const worker of Object.values(workers)) worker.stop();
}

const figures = Object.entries(KINDS).flatMap(([kind, { goal }]) => {
  const added = measure => Object.fromEntries(NAMES.slice(1).map(name => [
    name, costs[kind].flatMap(each => less(each[name][measure], each.bare[measure])),
  ]));
  const [cpu, elapsed] = [added('cpu'), added('elapsed')];
  const ratio = rounded(median(cpu.ours) / median(cpu.floor));
  return Object.keys(cpu).map(name => figure(kind, name, 'µs', cpu[name], {
    elapsed: rounded(median(elapsed[name])), ...name === 'ours' && { ratio, to: 'floor', goal },
  }));
});
report('What a session adds to a request, in time of the processor and without a network', figures);

/** The floor, and ours, must do the same job. */
async function check(kind, workers) {

  const [floor, ours] = [await workers.floor.call('seen', kind), await workers.ours.call('seen', kind)];
  assert.deepEqual(floor, ours);
  assert.equal(ours.status, 200);
  assert.equal('set-cookie' in ours.headers, kind === 'new session');
  if (kind === 'read') assert.equal(ours.body, '5');

}
