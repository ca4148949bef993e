import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { startRedis } from '../../build/test/support/servers/redis.js';
import { admin } from './redis-admin.js';
import { fillRedis } from './redis-copies.js';
import { limits } from './redis-limits.js';
import { TABLES } from './tables.js';

/**
 * How the bytes of a session are measured in each store: a function of cells, each
 * of which says how many sessions, of how many bytes, and how many each user has.
 */
export const BYTES = {
  memory,
  Redis: redis,
  ...Object.fromEntries(Object.entries(TABLES).map(([name, table]) => [name, cells => inTable(table, cells)])),
};

/** Each in a process of its own: a heap does not shrink back to what it was. */
async function memory(cells) {

  const results = [];
  for (const { count, size, perUser } of cells) {
    const program = fileURLToPath(new URL('./heap.js', import.meta.url));
    const child = spawn(
      process.execPath, ['--expose-gc', '--max-old-space-size=8192', program, ...[count, size, perUser].map(String)],
      { stdio: ['pipe', 'pipe', 'inherit'] },
    );
    let text = '';
    child.stdout.on('data', more => {
      text += more;
    });
    const [code] = await once(child, 'close');
    if (code !== 0) throw new Error(`The memory store ended with ${code}`);
    results.push({ count, size, perUser, full: Number(text) });
  }
  return results;

}

async function redis(cells) {

  const server = await startRedis('--auto-aof-rewrite-percentage', '0');
  const results = [];
  for (const { count, size, perUser, limit } of cells) {
    const { command, info, close } = await admin(server.url);
    await command('FLUSHALL', 'SYNC');
    const before = (await info('memory')).used_memory;
    await fillRedis(server.url, { count, size, perUser });
    // Connections of those who filled it have buffers, for a moment.
    await wait(200);
    const full = Math.round(((await info('memory')).used_memory - before) / count);
    close();
    results.push({ count, size, perUser, full, ...(limit && { limits: await limits(server, count) }) });
  }
  await server.kill();
  return results;

}

async function inTable(table, cells) {

  const { measure, close } = await table();
  const results = [];
  for (const cell of cells) results.push({ ...cell, ...await measure(cell) });
  await close();
  return results;

}
