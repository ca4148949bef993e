/*
 * What RedisStore costs beside what it is made of: a read beside the same client's
 * GET and JSON.parse() of the same session, alone and within a request; a change
 * beside its SET with an expiry, and beside the least that a script must do to change
 * a session: ask for the time, read it and write it. The server is a private one,
 * each client has a process of its own, and each number is the median of rounds that
 * take turns. A ratio is that of calls a second; the times are those of the two
 * processors, since this process and the server wait for each other.
 *
 * A change prolongs a session only once in a while, and names the texts that it was
 * made from: so it is measured here. The changed text is as long as before, or not;
 * or the session has changed since, so that the server has to merge.
 */
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Application, MemoryRequest } from '@curveball/kernel';
import session from '../../dist/index.js';
import { RedisStore } from '../../dist/stores/redis-store.js';
import { median, ratios } from '../lib/rounds.js';

const CONCURRENCY = 50;
const SESSIONS = 1000;
const ROUNDS = 21;
const LIFETIME = 3600;
/** For how much longer a session lives that has just begun or been prolonged, in seconds. */
const TOUCH_INTERVAL = 60;

const LEAST = `
redis.call('TIME')
redis.call('SET', KEYS[1], redis.call('GET', KEYS[1]), 'PX', ARGV[1])
`;

/** What is compared with what. */
const COMPARED = [
  ['load', 'GET and parse'], ['load and read', 'GET and parse'], ['get', 'GET and parse'], ['read', 'bare read'],
  ['change, as long', 'least script'], ['change, longer', 'least script'], ['change, merged', 'least script'],
  ['change, as long', 'SET'], ['change, longer', 'SET'], ['least script', 'SET'],
];

/** Each client as the documentation of the store says that it is to be set up. */
const CLIENTS = {
  'redis 6': async url => {
    const { createClient } = await import('redis');
    return createClient({ url, commandOptions: { timeout: 0 } }).connect();
  },
  'redis 5': async url => {
    const { createClient } = await import('redis-5');
    return createClient({ url }).connect();
  },
  ioredis: async url => {
    const { Redis } = await import('ioredis');
    return new Redis(url);
  },
  'ioredis, pipelining': async url => {
    const { Redis } = await import('ioredis');
    return new Redis(url, { enableAutoPipelining: true });
  },
};

const [name, url] = process.argv.slice(2);
if (name === undefined) await withServer(compareAll);
else await compare(name, url);

async function withServer(task) {

  const folder = mkdtempSync(join(tmpdir(), 'session-bench-'));
  const port = await freePort();
  const server = spawn(
    'redis-server', ['--port', port, '--bind', '127.0.0.1', '--dir', folder, '--save', '', '--appendonly', 'no', '--daemonize', 'no'],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  try {
    await new Promise((resolve, reject) => {
      server.once('error', reject).once('exit', code => reject(new Error(`redis-server ended with ${code}`)));
      server.stdout.on('data', text => /Ready to accept connections/.test(text) && resolve());
    });
    task(`redis://127.0.0.1:${port}`);
  } finally {
    server.kill();
    rmSync(folder, { recursive: true, force: true });
  }

}

async function freePort() {

  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return String(port);

}

function compareAll(address) {

  for (const client of Object.keys(CLIENTS)) {
    execFileSync(process.execPath, [fileURLToPath(import.meta.url), client, address], { stdio: 'inherit' });
  }

}

async function compare(kind, address) {

  const client = await CLIENTS[kind](address);
  for (const padding of [50, 3840]) {
    const values = sessionOf(padding);
    const costs = await measure(client, kind.startsWith('ioredis'), values);
    console.log(`\n${kind}, sessions of ${JSON.stringify(values).length} bytes, concurrency ${CONCURRENCY}`);
    for (const [ours, theirs] of COMPARED) {
      const ratio = median(ratios(costs[theirs].elapsed, costs[ours].elapsed));
      const times = part => `${median(costs[ours][part]).toFixed(1).padStart(5)} of ${median(costs[theirs][part]).toFixed(1).padStart(4)} µs`;
      console.log(`  ${ours.padEnd(16)} ${ratio.toFixed(2)} of ${theirs.padEnd(14)} client ${times('cpu')}, server ${times('server')}`);
    }
  }
  await client.quit();

}

/** A session as one may look. */
function sessionOf(padding) {

  return {
    userId: 12345, name: 'Ada Lovelace', roles: ['admin', 'editor'], csrf: 'kSjdh3jkd8sjJHS83jshd7shj3k', locale: 'en-GB',
    cart: [{ sku: 'A-1', count: 2 }, { sku: 'B-2', count: 1 }], seen: 1795470168713, theme: { dark: true, size: 14 },
    note: 'x'.repeat(padding),
  };

}

async function measure(client, isIoredis, values) {

  const store = new RedisStore({ client });
  const json = JSON.stringify(values);
  const texts = new Map(Object.entries(values).map(([key, value]) => [key, JSON.stringify(value)]));
  const ids = [];
  for (let index = 0; index < SESSIONS; index++) {
    const id = store.newSessionId();
    ids.push(id);
    assert.equal(await store.create(id, texts, { lifetime: LIFETIME + TOUCH_INTERVAL }), true);
    await client.set(`plain:${id.slice(0, 16)}`, json);
  }
  const key = call => `plain:${ids[call].slice(0, 16)}`;
  const set = isIoredis
    ? (call, text) => client.set(key(call), text, 'PX', LIFETIME * 1000)
    : (call, text) => client.set(key(call), text, { expiration: { type: 'PX', value: LIFETIME * 1000 } });

  const sha1 = await client[isIoredis ? 'script' : 'scriptLoad'](...isIoredis ? ['LOAD', LEAST] : [LEAST]);
  const least = isIoredis
    ? call => client.evalsha(sha1, 1, key(call), LIFETIME * 1000)
    : call => client.evalSha(sha1, { keys: [key(call)], arguments: [String(LIFETIME * 1000)] });

  /** What each session was loaded with, for changes of it. */
  let loaded = [];
  const loadAll = async () => {
    loaded = await Promise.all(ids.map(async id => (await store.load(id)).texts));
  };
  let number = 100_000;
  const change = async (call, seen, made) => {
    const answer = await store.update(
      ids[call], { set: new Map([['seen', seen]]), unset: [] }, { lifetime: LIFETIME, maxBytes: 2 ** 20, patience: 5, loaded: made },
    );
    assert.equal(answer, 'updated');
  };
  const request = (app, call) => app.subRequest(new MemoryRequest('GET', '/', 'http://localhost', { Cookie: `CB=${ids[call]}` }));
  const [bare, ours] = [applicationOf(bareSession(client)), applicationOf(session({ store, expiry: LIFETIME }))];

  const contestants = {
    'GET and parse': async call => JSON.parse(await client.get(key(call))),
    load: call => store.load(ids[call]),
    'load and read': async call => new Map((await store.load(ids[call])).texts),
    get: call => store.get(ids[call]),
    'bare read': call => request(bare, call),
    read: call => request(ours, call),
    SET: call => set(call, json),
    'least script': least,
    'change, as long': call => change(call, String(++number), loaded[call]),
    'change, longer': call => change(call, `"${'x'.repeat(++number % 9)}"`, loaded[call]),
    'change, merged': call => change(call, String(++number)),
  };

  assert.deepEqual(await contestants['GET and parse'](1), values);
  assert.deepEqual(new Map((await contestants.load(1)).texts), texts);
  assert.deepEqual(await contestants['load and read'](1), texts);
  assert.deepEqual(await contestants.get(1), values);
  for (const name of ['bare read', 'read']) {
    const { status, body, headers } = await contestants[name](1);
    assert.deepEqual([status, body, headers.get('Vary'), headers.get('Cache-Control')], [200, '12345', 'Cookie', 'private'], name);
  }
  assert.equal(await contestants.SET(1), 'OK');
  await contestants['least script'](1);
  assert.deepEqual(await contestants['GET and parse'](1), values);
  for (const name of ['change, merged', 'change, as long', 'change, longer', 'change, as long']) {
    await loadAll();
    await contestants[name](1);
    assert.equal(JSON.stringify((await contestants.get(1)).seen), name === 'change, longer' ? `"${'x'.repeat(number % 9)}"` : String(number));
  }

  const costs = Object.fromEntries(Object.keys(contestants).map(name => [name, { cpu: [], elapsed: [], server: [] }]));
  for (let round = -3; round < ROUNDS; round++) {
    for (const [name, call] of Object.entries(contestants)) {
      if (name.startsWith('change')) {
        // As long as before is what the next change of that kind has to find.
        await Promise.all(ids.map((_, index) => change(index, String(++number))));
        await loadAll();
      }
      const cost = await costOf(call, client);
      // The first rounds are for the compiler.
      if (round >= 0) for (const part of Object.keys(cost)) costs[name][part].push(cost[part]);
    }
  }
  return costs;

}

/** Keeps the session of each request as one value of JSON, and writes the two headers that every page with a session needs. */
function bareSession(client) {

  return async (ctx, next) => {
    ctx.session = JSON.parse(await client.get(`plain:${ctx.request.headers.get('Cookie').slice(3, 19)}`));
    await next();
    ctx.response.headers.set('Vary', 'Cookie');
    ctx.response.headers.set('Cache-Control', 'private');
  };

}

function applicationOf(middleware) {

  const app = new Application();
  app.use(middleware, ctx => {
    ctx.status = 200;
    ctx.response.body = String(ctx.session.userId);
  });
  return app;

}

/** Makes a call for each session. Returns microseconds a call. */
async function costOf(call, client) {

  let next = 0;
  const work = async () => {
    while (next < SESSIONS) await call(next++);
  };
  const serverBefore = await processorTime(client);
  const before = process.cpuUsage();
  const start = performance.now();
  await Promise.all(Array.from({ length: CONCURRENCY }, work));
  const elapsed = (performance.now() - start) * 1000 / SESSIONS;
  const { user, system } = process.cpuUsage(before);
  const server = await processorTime(client) - serverBefore;
  return { cpu: (user + system) / SESSIONS, elapsed, server: server / SESSIONS };

}

/** The microseconds of the processor that the server has used. */
async function processorTime(client) {

  const text = await client.info('cpu');
  return ['user', 'sys'].reduce((sum, kind) => sum + Number(text.match(`used_cpu_${kind}:([\\d.]+)`)[1]), 0) * 1e6;

}
