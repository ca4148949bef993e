/*
 * From one process to a fleet: what stores and servers cost for each request, and
 * for each session; what happens while a master of a Redis cluster fails; and how
 * long a full Redis takes to start and to save itself. `docs/scaling.md` computes
 * from these figures, and its tables are written anew.
 *
 *     node bench/parts/scale.js [fleet | faults | stores | bytes-memory | bytes-Redis | …]
 *
 * Without arguments, it measures all of it. What was measured before and is not now stays
 * in the results.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { startRedisCluster } from '../../build/test/support/servers/redis.js';
import { BYTES } from '../scale/bytes.js';
import { failOver } from '../scale/fail-over.js';
import { fleet } from '../scale/fleet.js';
import { writePage } from '../scale/page.js';
import { stores } from '../scale/stores.js';

/** No part takes longer, in milliseconds: something hangs then. */
const LONGEST = 900_000;

const FILE = new URL('../scale/results.json', import.meta.url);

/** Sizes and users, and then how one of them grows. */
const CELLS = [
  ...[50, 300, 4096].flatMap(size => [0, 1].map(perUser => ({ count: 50_000, size, perUser, ...(perUser === 1 && { steady: true }) }))),
  { count: 50_000, size: 300, perUser: 5 },
  { count: 10_000, size: 300, perUser: 1 },
  { count: 100_000, size: 300, perUser: 1 },
  { count: 1_000_000, size: 300, perUser: 1, sweep: true, limit: true },
];

const FAULTS = [
  { fault: 'killed', driver: 'redis', fullCoverage: 'yes' },
  { fault: 'killed', driver: 'redis', fullCoverage: 'no' },
  { fault: 'killed', driver: 'ioredis', fullCoverage: 'no' },
  { fault: 'silent', driver: 'redis', fullCoverage: 'no' },
  { fault: 'silent', driver: 'ioredis', fullCoverage: 'no' },
];

const PARTS = {
  fleet: async () => {
    progress('fleet');
    const { servers, result } = await fleet({ sessions: 1_000_000, requests: 20_000, processes: [1, 2, 4] });
    await Promise.all(servers.map(server => server.kill()));
    return result;
  },
  faults: async () => {
    const servers = await startRedisCluster();
    const address = servers.map(({ url }) => url).join(',');
    const results = [];
    for (const each of FAULTS) {
      progress(`faults: ${each.fault}, ${each.driver}`);
      results.push(await failOver({ servers, address, ...each }));
    }
    await Promise.all(servers.map(server => server.kill()));
    return results;
  },
  stores: () => stores({ requests: 16_000 }, progress),
  ...Object.fromEntries(Object.entries(BYTES).map(([store, measure]) => [`bytes-${store}`, () => {
    progress(`bytes: ${store}`);
    return measure(CELLS);
  }])),
};

setTimeout(() => {
  console.error('It takes too long');
  process.exit(1);
}, LONGEST).unref();

const wanted = process.argv.slice(2);
const start = performance.now();
for (const name of wanted.length > 0 ? wanted : Object.keys(PARTS)) {
  const result = await PARTS[name]();
  // At once: what comes after it may fail.
  const all = { ...before(), machine: `${cpus().length} × ${cpus()[0].model}`, node: process.version, [name]: { date: new Date().toISOString().slice(0, 10), result } };
  mkdirSync(new URL('.', FILE), { recursive: true });
  writeFileSync(FILE, `${JSON.stringify(all, rounded, 1)}\n`);
}
// A page needs all of them.
if (Object.keys(PARTS).every(name => name in before())) writePage();
progress('done');
// Connections and servers that are still open end with this process.
process.exit();

function before() {

  try {
    return JSON.parse(readFileSync(FILE, 'utf8'));
  } catch {
    return {};
  }

}

/** Figures with no more digits than they deserve. */
function rounded(_, value) {
  return typeof value === 'number' ? Number(value.toPrecision(4)) : value;
}

function progress(what) {
  console.log(`${String(Math.round((performance.now() - start) / 1000)).padStart(4)} s  ${what}`);
}
