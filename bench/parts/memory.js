/*
 * The memory that a session takes in MemoryStore, and how much longer a read takes
 * among millions of sessions, beside a bare Map from id to JSON text.
 *
 *     node --expose-gc bench/parts/memory.js
 */
import assert from 'node:assert/strict';
import { figure, report, rounded } from '../lib/report.js';
import { inTurns, less, median } from '../lib/rounds.js';
import { startWorker } from '../lib/worker.js';

const COUNTS = [100_000, 1_000_000];
const [FEW, MANY] = [1000, 3_000_000];
const READS = 100_000;
const ROUNDS = 9;

const start = (name, count) => startWorker(new URL('../lib/memory-worker.js', import.meta.url), name, String(count));
const figures = [];

for (const count of COUNTS) {
  const bytes = {};
  for (const name of ['bare Map', '1.0.1', 'ours']) {
    const worker = await start(name, count);
    assert.ok(await worker.call('isRight'), name);
    bytes[name] = await worker.call('bytes');
    worker.stop();
  }
  const ratio = rounded(bytes.ours / bytes['bare Map']);
  for (const [name, value] of Object.entries(bytes)) {
    figures.push(figure(`a session of ${count.toLocaleString('en')}`, name, 'bytes', [value], name === 'ours' ? { ratio, to: 'bare Map', goal: 1.1 } : {}));
  }
}

const workers = {};
for (const name of ['bare Map', 'ours']) {
  for (const count of [FEW, MANY]) workers[`${name} ${count}`] = await start(name, count);
}
const costs = await inTurns(Object.fromEntries(Object.entries(workers).map(([name, { call }]) => [name, () => call('round', READS)])), { rounds: ROUNDS });
for (const { stop } of Object.values(workers)) stop();

const dearer = name => less(costs[`${name} ${MANY}`].cpu, costs[`${name} ${FEW}`].cpu);
const group = `a read among ${MANY.toLocaleString('en')}, more than among ${FEW.toLocaleString('en')}`;
const ratio = rounded(median(dearer('ours')) / median(dearer('bare Map')));
figures.push(figure(group, 'bare Map', 'µs', dearer('bare Map')), figure(group, 'ours', 'µs', dearer('ours'), { ratio, to: 'bare Map', goal: 1.5 }));
report('Many sessions in memory, with two short keys each', figures);
