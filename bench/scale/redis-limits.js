import { setTimeout as wait } from 'node:timers/promises';
import { admin } from './redis-admin.js';

/** Rewrites some sessions whole, as changes do; returns how many. */
const REWRITE = `
for times = 1, 2000 do
  local key = redis.call('RANDOMKEY')
  if redis.call('TYPE', key).ok == 'string' then redis.call('SET', key, redis.call('GET', key), 'KEEPTTL') end
end
return 2000
`;

/** Lets all sessions of a page end at a time. */
const END = `
local page = redis.call('SCAN', ARGV[1], 'COUNT', 5000)
for _, key in ipairs(page[2]) do redis.call('PEXPIREAT', key, ARGV[2]) end
return page[1]
`;

/** Milliseconds in which all keys are given their end, which is at their end. */
const SCANNING = 25_000;

/**
 * What a Redis server that is full of sessions, and has an append-only file, takes
 * to start, to save itself, and to remove what has expired.
 */
export async function limits(server, count) {

  let redis = await admin(server.url);
  const fileBytes = async () => (await redis.info('persistence')).aof_current_size;
  const restarted = async () => {
    redis.close();
    await server.stop();
    const start = performance.now();
    await server.start();
    redis = await admin(server.url);
    return (performance.now() - start) / 1000;
  };

  const appended = await fileBytes();
  const { used_memory: memory, used_memory_rss: resident } = await redis.info('memory');
  const secondsFromCommands = await restarted();

  // The file is written anew, while sessions change.
  await redis.command('BGREWRITEAOF');
  const start = performance.now();
  let changes = 0;
  while ((await redis.info('persistence')).aof_rewrite_in_progress) changes += await redis.command('EVAL', REWRITE, '0');
  const rewriting = (performance.now() - start) / 1000;
  const { aof_last_cow_size: copied, aof_base_size: saved } = await redis.info('persistence');
  const { latest_fork_usec: fork } = await redis.info('stats');
  const secondsFromSnapshot = await restarted();

  const ends = Date.now() + SCANNING;
  let cursor = '0';
  do cursor = await redis.command('EVAL', END, '0', cursor, String(ends)); while (cursor !== '0');
  await wait(Math.max(0, ends - Date.now()));
  const begin = performance.now();
  const keys = await redis.command('DBSIZE');
  let longestPing = 0;
  while (await redis.command('DBSIZE') > keys / 10) {
    const asked = performance.now();
    await redis.command('PING');
    longestPing = Math.max(longestPing, performance.now() - asked);
    await wait(5);
  }
  const expired = keys * 0.9 / (performance.now() - begin) * 1000;
  redis.close();
  return {
    count, memory, resident, appendedPerSession: appended / count, secondsFromCommands, rewriting, changes, copied, saved, fork, secondsFromSnapshot,
    expiredPerSecond: expired, longestPing,
  };

}
