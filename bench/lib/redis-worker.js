/*
 * RedisStore and what it is made of, on one client in a process of its own: see
 * parts/redis.js.
 */
import assert from 'node:assert/strict';
import { Application, MemoryRequest } from '@curveball/kernel';
import session from '../../dist/index.js';
import { RedisStore } from '../../dist/stores/redis-store.js';
import { REDIS_CLIENTS } from './redis-clients.js';
import { SESSIONS, textsOf } from './stored-sessions.js';
import { serve } from './worker.js';

const CONCURRENCY = 50;
const COUNT = 1000;
const LIFETIME = 3600;
/** For how much longer a session lives that has just begun or been prolonged, in seconds. */
const TOUCH_INTERVAL = 60;

/** The least that a script must do to change a session: ask for the time, read it and write it. */
const LEAST = `
redis.call('TIME')
redis.call('SET', KEYS[1], redis.call('GET', KEYS[1]), 'PX', ARGV[1])
`;

const [kind, size, url] = process.argv.slice(2);
const { client, command } = await REDIS_CLIENTS[kind].open(url);
const values = SESSIONS[size];
const texts = textsOf(values);
const [first] = Object.keys(values);
const json = JSON.stringify(values);
const store = new RedisStore({ client, prefix: 'bench:' });
const ids = Array.from({ length: COUNT }, () => store.newSessionId());
const key = call => `plain:${ids[call].slice(0, 16)}`;
for (const [call, id] of ids.entries()) {
  assert.equal(await store.create(id, texts, { lifetime: LIFETIME + TOUCH_INTERVAL }), true);
  await command('SET', key(call), json);
}
const least = await command('SCRIPT', 'LOAD', LEAST);

/** What each session was loaded with, for changes of it. */
let loaded = [];
let number = 100_000;

const CALLS = {
  'bare read': requests(bareSession()),
  read: requests(session({ store, expiry: LIFETIME })),
  'least script': REDIS_CLIENTS[kind].evalSha(client, least, key, String(LIFETIME * 1000)),
  'change, as long': call => change(call, String(++number), loaded[call]),
  'change, longer': call => change(call, `"${'x'.repeat(8 + ++number % 9)}"`, loaded[call]),
  'change, merged': call => change(call, String(++number)),
};

for (const name of ['bare read', 'read']) {
  const { status, body, headers } = await CALLS[name](1);
  assert.deepEqual([status, body, headers.get('Vary'), headers.get('Cache-Control')], [200, JSON.stringify(values[first]), 'Cookie', 'private'], name);
}
await CALLS['least script'](1);
assert.equal(await command('GET', key(1)), json);
for (const name of ['change, merged', 'change, as long', 'change, longer', 'change, as long']) {
  await loadAll();
  await CALLS[name](1);
  assert.equal(JSON.stringify((await store.get(ids[1])).count), name === 'change, longer' ? `"${'x'.repeat(8 + number % 9)}"` : String(number));
}

serve({
  async version() {
    return (await command('INFO', 'server')).match(/redis_version:(\S+)/)[1];
  },
  /** Makes a call for each session. Returns microseconds a call, and how often the server ran each command for one. */
  async round(name) {
    if (name.startsWith('change')) {
      // As long as before is what the next change of that kind has to find.
      await inParallel(call => change(call, String(++number)));
      await loadAll();
    }
    const before = await serverSide();
    const cpuBefore = process.cpuUsage();
    const start = performance.now();
    await inParallel(CALLS[name]);
    const elapsed = (performance.now() - start) * 1000;
    const { user, system } = process.cpuUsage(cpuBefore);
    const after = await serverSide();
    const commands = Object.entries(after.calls).flatMap(([command, calls]) => {
      const times = (calls - (before.calls[command] ?? 0)) / COUNT;
      // Not those that ask the server.
      return command === 'info' || times === 0 ? [] : [[command, times]];
    });
    return { elapsed: elapsed / COUNT, cpu: (user + system) / COUNT, server: (after.cpu - before.cpu) / COUNT, commands: Object.fromEntries(commands) };
  },
});

async function change(call, count, made) {

  const terms = { lifetime: LIFETIME, maxBytes: 2 ** 20, patience: 5, loaded: made };
  assert.equal(await store.update(ids[call], { set: new Map([['count', count]]), unset: [] }, terms), 'updated');

}

async function loadAll() {

  loaded = await Promise.all(ids.map(async id => (await store.load(id)).texts));

}

/** Keeps the session of each request as one value of JSON, and writes the two headers that every page with a session needs. */
function bareSession() {

  return async (ctx, next) => {
    ctx.session = JSON.parse(await client.get(`plain:${ctx.request.headers.get('Cookie').slice(3, 19)}`));
    await next();
    ctx.response.headers.set('Vary', 'Cookie');
    ctx.response.headers.set('Cache-Control', 'private');
  };

}

function requests(middleware) {

  const app = new Application();
  app.use(middleware, ctx => {
    ctx.status = 200;
    ctx.response.body = JSON.stringify(ctx.session[first]);
  });
  return call => app.subRequest(new MemoryRequest('GET', '/', 'http://localhost', { Cookie: `CB=${ids[call]}` }));

}

async function inParallel(call) {

  let next = 0;
  const work = async () => {
    while (next < COUNT) await call(next++);
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, work));

}

/** The microseconds of the processor that the server has used, and how often it has run each command, also within scripts. */
async function serverSide() {

  const cpu = await command('INFO', 'cpu');
  const stats = await command('INFO', 'commandstats');
  return {
    cpu: ['user', 'sys'].reduce((sum, part) => sum + Number(cpu.match(`used_cpu_${part}:([\\d.]+)`)[1]), 0) * 1e6,
    calls: Object.fromEntries([...stats.matchAll(/^cmdstat_([^:]+):calls=(\d+)/gm)].map(([, name, calls]) => [name, Number(calls)])),
  };

}
