import { open } from './open.js';
import { admin } from './redis-admin.js';
import { texts } from './sample.js';

/** Sessions that the store itself writes; the others are copies of their records under other keys. */
const SAMPLES = 100;

/** Copies at a time. */
const STEP = 5000;

const LIFETIME = 14 * 24 * 3600;

/** Arguments: the first and the last number, the sessions of a user, the prefix, when entries of users end, the lifetime, and the keys of samples. */
const COPY = `
for number = ARGV[1], ARGV[2] do
  local handle = string.format('%016d', number)
  redis.call('SET', ARGV[4] .. handle, redis.call('GET', ARGV[7 + number % (#ARGV - 6)]), 'PX', ARGV[6])
  if tonumber(ARGV[3]) > 0 then
    local user = ARGV[4] .. 'user:' .. string.format('%043d', math.floor(number / ARGV[3]))
    redis.call('ZADD', user, ARGV[5], handle)
    redis.call('PEXPIREAT', user, ARGV[5])
  end
end
`;

/** Fills a server with sessions as the store writes them. */
export async function fillRedis(url, { count, size, perUser }) {

  const { store, close } = await open(url);
  for (let number = 0; number < SAMPLES; number++) {
    const newInfo = perUser === 0 ? undefined : { info: { user: String(10 ** 9 + number), details: '{}' } };
    if (await store.create(store.newSessionId(), texts(size, number), { lifetime: LIFETIME, newInfo }) !== true) throw new Error('A session could not be created');
  }
  await close();
  const server = await admin(url);
  const keys = await server.command('KEYS', 'session:*');
  const samples = keys.filter(key => !key.startsWith('session:user:'));
  const users = keys.filter(key => key.startsWith('session:user:'));
  // Copies must have the form of what the store writes.
  if (perUser > 0 && await server.command('TYPE', users[0]) !== 'zset') throw new Error('The store keeps the sessions of a user in another form now');
  const ends = String(Date.now() + 2 * LIFETIME * 1000);
  for (let from = SAMPLES; from < count; from += STEP) {
    const to = Math.min(from + STEP, count) - 1;
    await server.command('EVAL', COPY, '0', ...[from, to, perUser].map(String), 'session:', ends, String(LIFETIME * 1000), ...samples);
  }
  server.close();

}
