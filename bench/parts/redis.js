/*
 * What RedisStore costs beside what it is made of: the rate of `load` and `get`
 * beside the same client's GET and JSON.parse() of the same session; of `update`
 * beside its SET with an expiry, and beside the least that a script must do to
 * change a session: ask for the time, read it and write it. The server is a
 * private one, each client has a process of its own, and each number is the
 * median of the ratios of rounds that take turns.
 */
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { RedisStore } from '../../dist/stores/redis-store.js';

const CONCURRENCY = 50;
const SESSIONS = 1000;
const CALLS = 3000;
const ROUNDS = 25;
const LIFETIME = 3600;

const LEAST = `
redis.call('TIME')
redis.call('SET', KEYS[1], redis.call('GET', KEYS[1]), 'PX', ARGV[1])
`;

/** What is compared with what. */
const COMPARED = {
  'load': ['load', 'GET and parse'],
  'load and read all texts': ['load and read', 'GET and parse'],
  'get': ['get', 'GET and parse'],
  'update': ['update', 'SET'],
  'update, least script': ['update', 'least script'],
  'least script': ['least script', 'SET'],
};

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
    const values = session(padding);
    const rates = await measure(client, kind.startsWith('ioredis'), values);
    console.log(`\n${kind}, sessions of ${JSON.stringify(values).length} bytes, concurrency ${CONCURRENCY}`);
    for (const [what, [ours, theirs]] of Object.entries(COMPARED)) {
      const ratio = median(rates[ours].map((rate, round) => rate / rates[theirs][round]));
      const thousands = [ours, theirs].map(each => `${Math.round(median(rates[each]) / 1000)}`);
      console.log(`  ${what.padEnd(24)} ${ratio.toFixed(2)} of ${theirs.padEnd(14)} (${thousands.join(' of ')} thousand a second)`);
    }
  }
  await client.quit();

}

/** A session as one may look. */
function session(padding) {

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
    assert.equal(await store.create(id, texts, { lifetime: LIFETIME }), true);
    await client.set(`plain:${id.slice(0, 16)}`, json);
  }
  const id = call => ids[call % SESSIONS];
  const key = call => `plain:${id(call).slice(0, 16)}`;
  const set = isIoredis
    ? (call, text) => client.set(key(call), text, 'PX', LIFETIME * 1000)
    : (call, text) => client.set(key(call), text, { expiration: { type: 'PX', value: LIFETIME * 1000 } });

  const sha1 = await client[isIoredis ? 'script' : 'scriptLoad'](...isIoredis ? ['LOAD', LEAST] : [LEAST]);
  const least = isIoredis
    ? call => client.evalsha(sha1, 1, key(call), LIFETIME * 1000)
    : call => client.evalSha(sha1, { keys: [key(call)], arguments: [String(LIFETIME * 1000)] });

  const contestants = {
    'GET and parse': async call => JSON.parse(await client.get(key(call))),
    load: call => store.load(id(call)),
    'load and read': async call => new Map((await store.load(id(call))).texts),
    get: call => store.get(id(call)),
    SET: call => set(call, json),
    'least script': least,
    update: call => store.update(id(call), { set: new Map([['seen', String(call)]]), unset: [] }, { lifetime: LIFETIME, patience: 5 }),
  };

  assert.deepEqual(await contestants['GET and parse'](1), values);
  assert.deepEqual(new Map((await contestants.load(1)).texts), texts);
  assert.deepEqual(await contestants['load and read'](1), texts);
  assert.deepEqual(await contestants.get(1), values);
  assert.equal(await contestants.SET(1), 'OK');
  await contestants['least script'](1);
  assert.deepEqual(await contestants['GET and parse'](1), values);
  assert.equal(await contestants.update(1), 'updated');
  assert.deepEqual(await contestants.get(1), { ...values, seen: 1 });

  const rates = {};
  for (let round = -3; round < ROUNDS; round++) {
    for (const [contestant, call] of Object.entries(contestants)) {
      const rate = await rateOf(call);
      // The first rounds are for the compiler.
      if (round >= 0) (rates[contestant] ??= []).push(rate);
    }
  }
  return rates;

}

async function rateOf(call) {

  let left = CALLS;
  const work = async () => {
    while (left > 0) await call(left--);
  };
  const start = performance.now();
  await Promise.all(Array.from({ length: CONCURRENCY }, work));
  return CALLS / (performance.now() - start) * 1000;

}

function median(numbers) {

  return numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)];

}
