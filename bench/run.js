/*
 * Runs all parts of the bench, or those that are named, one after the other and
 * each in a process of its own. Their figures go to `bench/results`, and from there
 * to the page on performance.
 *
 *     node bench/run.js [part…]
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const PARTS = [
  'requests', 'peers', 'sockets', 'memory', 'pauses', 'security', 'encrypted', 'cached', 'values', 'sqlite', 'sql',
  'sweeping', 'redis', 'round-trips', 'metrics', 'ends', 'exclusive',
];
/** Takes minutes, and runs only if it is named. */
const BY_NAME = ['scale'];
/** These need the servers of the tests. */
const ON_SERVERS = ['sql', 'sweeping', 'redis', 'round-trips', 'exclusive'];

const here = path => fileURLToPath(new URL(path, import.meta.url));
const wanted = process.argv.slice(2);
const all = [...PARTS, ...BY_NAME];
const unknown = wanted.filter(part => !all.includes(part));
if (unknown.length > 0) throw new Error(`There is no part ${unknown.join(' or ')}: the parts are ${all.join(', ')}`);

mkdirSync(here('results'), { recursive: true });
const parts = wanted.length === 0 ? PARTS : all.filter(part => wanted.includes(part));
for (const [index, part] of parts.entries()) {
  console.log(`== ${part}, ${index + 1} of ${parts.length}`);
  const node = [process.execPath, '--expose-gc', here(`parts/${part}.js`)];
  const command = ON_SERVERS.includes(part) ? [process.execPath, here('../build/test/support/servers/run.js'), ...node] : node;
  const { status } = spawnSync(command[0], command.slice(1), { stdio: 'inherit', env: { ...process.env, BENCH_RESULTS: here('results') } });
  if (status !== 0) process.exit(1);
}
await import('./render.js');
