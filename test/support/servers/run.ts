import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { idsIn } from '../ids-in.js';
import { provide } from './install.js';
import { startMariadb } from './mariadb.js';
import { needsOf } from './needs.js';
import { startPostgres } from './postgres.js';
import { startRedis, startRedisCluster } from './redis.js';

/*
 * Runs a command with the addresses of private servers in its environment:
 *
 *     node run.js command argument…
 *
 * A variable that is set already stays, and its server is not started. What the
 * test files among the arguments need from the system is installed before.
 */

const STARTERS: { readonly [variable: string]: () => Promise<string> } = {
  SESSION_TEST_REDIS_URL: async () => (await startRedis()).url,
  SESSION_TEST_REDIS_CLUSTER_URLS: async () => (await startRedisCluster()).map(({ url }) => url).join(','),
  SESSION_TEST_POSTGRES_URL: async () => (await startPostgres()).url,
  SESSION_TEST_MYSQL_URL: async () => (await startMariadb()).url,
};

const [command, ...args] = process.argv.slice(2);
if (command === undefined) throw new Error('Usage: run.js command argument…');

const { programs, sharesServers } = needsOf(args);
try {
  await provide(programs);
} catch (error) {
  console.error((error as Error).message);
  process.exit(1);
}

for (const [variable, start] of sharesServers ? Object.entries(STARTERS) : []) {
  process.env[variable] ||= await start();
  console.log(`# ${variable}=${process.env[variable]}`);
}

const child = spawn(command, args, { stdio: ['inherit', 'pipe', 'pipe'] });
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => child.kill(signal));

// Nothing that the tests print, no log line, warning or error, may hold an id.
const found = new Set<string>();
for (const [stream, out] of [[child.stdout, process.stdout], [child.stderr, process.stderr]] as const) {
  createInterface({ input: stream }).on('line', line => {
    for (const id of idsIn(line)) found.add(id);
    out.write(`${line}\n`);
  });
}

// The watchdog ends the servers as soon as this process has ended.
child.on('close', (code, signal) => {
  const hasFailed = signal !== null || code !== 0;
  // The difference that a failed test shows may contain some.
  if (found.size > 0 && !hasFailed) console.log(`# ${found.size} session ids were printed, such as ${[...found][0]}`);
  process.exit(hasFailed ? code ?? 1 : found.size > 0 ? 1 : 0);
});
