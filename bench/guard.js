/*
 * Fails if a request has become much dearer than `guard.json` says, in ratios to
 * the floor. A kind of request that looks dearer is measured again, with new
 * processes, before it counts as such.
 */
import { readFileSync } from 'node:fs';
import { dearer, ratiosToFloor } from './lib/guard.js';
import { inTurns } from './lib/rounds.js';
import { startWorker } from './lib/worker.js';

const ATTEMPTS = 3;
// What an engine makes of the same code differs from process to process.
const LIVES = 2;
const ROUNDS = 10;
const REQUESTS = 10_000;
const CONTESTANTS = ['bare', 'floor', 'ours'];

const limits = JSON.parse(readFileSync(new URL('guard.json', import.meta.url), 'utf8'));
/** The processor's time of each round, by kind and by contestant: more rounds only make the best one better. */
const cpu = {};
for (const kind of Object.keys(limits.allowed)) cpu[kind] = { bare: [], floor: [], ours: [] };

let kinds = Object.keys(cpu);
for (let attempt = 1; attempt <= ATTEMPTS && kinds.length > 0; attempt++) {
  for (let life = 1; life <= LIVES; life++) await measure(kinds);
  const ratios = ratiosToFloor(cpu);
  const tried = kinds;
  kinds = tried.filter(kind => dearer(ratios, limits).includes(kind));
  for (const kind of tried) {
    const verdict = kinds.includes(kind) ? `, not at most ${limits.times} × ${limits.allowed[kind]}` : '';
    console.log(`${kind.padEnd(12)} ${ratios[kind].toFixed(2).padStart(6)} times the floor${verdict}`);
  }
}
if (kinds.length > 0) {
  console.error(`\nToo dear in ${ATTEMPTS} attempts: ${kinds.join(', ')}. bench/README.md says what to do.`);
  process.exitCode = 1;
}

async function measure(kinds) {

  const workers = await Promise.all(CONTESTANTS.map(name => startWorker(new URL('lib/kernel-app.js', import.meta.url), name)));
  for (const kind of kinds) {
    const contestants = Object.fromEntries(CONTESTANTS.map((name, index) => [name, () => workers[index].call('round', kind, REQUESTS)]));
    const costs = await inTurns(contestants, { rounds: ROUNDS });
    for (const name of CONTESTANTS) cpu[kind][name].push(...costs[name].cpu);
  }
  for (const worker of workers) worker.stop();

}
