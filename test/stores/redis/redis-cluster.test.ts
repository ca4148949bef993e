import { deepStrictEqual, ok, rejects, strictEqual } from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { after, before, describe, it } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { promisify } from 'node:util';
import { createClient } from 'redis';
import { allSessions } from '../../../src/index.js';
import type { SessionChange } from '../../../src/base/store.js';
import { storedId } from '../../../src/id/stored-id.js';
import { RedisStore } from '../../../src/stores/redis-store.js';
import { toTexts } from '../../../src/values/session-values.js';
import { deferred } from '../../support/events.js';
import { CLUSTERED, type OpenClient } from '../../support/redis-clients.js';
import { programs, REDIS } from '../../support/servers/programs.js';
import { startRedisCluster } from '../../support/servers/redis.js';
import type { Server } from '../../support/servers/server.js';
import { until } from '../../support/until.js';
import { markOf } from '../../support/mark-of.js';

const NOTHING: SessionChange = { set: new Map(), unset: [] };
const changing = (values: object): SessionChange => ({ set: toTexts({ ...values }), unset: [] });

/** A node of a cluster, with a separate connection. */
class Node {

  readonly server: Server;
  readonly #client;

  constructor(server: Server) {
    this.server = server;
    this.#client = createClient({ url: server.url, socket: { reconnectStrategy: 50 } }).on('error', () => {});
  }

  get host(): string {
    return new URL(this.server.url).hostname;
  }

  get port(): string {
    return new URL(this.server.url).port;
  }

  async connect(): Promise<void> {
    await this.#client.connect();
  }

  close(): void {
    this.#client.destroy();
  }

  async ask<T = string>(...command: string[]): Promise<T> {
    return await this.#client.sendCommand(command) as T;
  }

  id(): Promise<string> {
    return this.ask('CLUSTER', 'MYID');
  }

}

/** Starts a cluster, with a store on a client of each kind. */
async function startAll() {

  const nodes = (await startRedisCluster()).map(server => new Node(server));
  await Promise.all(nodes.map(node => node.connect()));
  const opened: { [kind: string]: OpenClient } = {};
  for (const [kind, open] of Object.entries(CLUSTERED)) opened[kind] = await open(nodes.map(({ server }) => server.url));
  const close = async () => {
    for (const each of [...Object.values(opened), ...nodes]) each.close();
    await Promise.all(nodes.map(({ server }) => server.kill()));
  };
  const stores = (prefix?: string) => Object.entries(opened).map(([kind, { client }]) => (
    [kind, new RedisStore(prefix === undefined ? { client } : { client, prefix })] as const
  ));
  return { nodes, stores, close };

}

/** @returns the handles of all sessions that a store lists, in order, each once */
async function listed(store: RedisStore): Promise<string[]> {

  const handles = new Set<string>();
  for await (const { handle } of allSessions(store, { pageSize: 7 })) handles.add(handle);
  return [...handles].sort();

}

/** Increments a count in a session, as `ctx.updateSession()` does. */
async function count(store: RedisStore, id: string): Promise<boolean> {

  for (let tries = 0; tries < 1000; tries++) {
    const found = await store.load(id);
    if (found?.status !== 'live') return false;
    const answer = await store.update(id, changing({ count: Number(found.texts.get('count')) + 1 }), { lifetime: 600, version: found.version, patience: 5 });
    if (answer !== 'conflict') return answer === 'updated';
  }
  throw new Error('Each of a thousand updates conflicts with another');

}

describe('RedisStore on a cluster whose slots move', () => {

  let cluster: Awaited<ReturnType<typeof startAll>>;
  before(async () => {
    cluster = await startAll();
  });
  after(() => cluster.close());

  it('works while each of two nodes has a part of a slot, and one of them has forgotten the scripts', async () => {

    const [from, to] = cluster.nodes as [Node, Node];
    const [first, last] = (await from.ask<Array<[number, number, [string, number]]>>('CLUSTER', 'SLOTS'))
      .find(([, , [, port]]) => String(port) === from.port) as [number, number, unknown];
    // The text between braces determines the slot of a key.
    let tag = 0;
    const slotOf = () => from.ask<number>('CLUSTER', 'KEYSLOT', `{${tag}}`);
    for (let slot = await slotOf(); slot < first || slot > last; slot = await slotOf()) tag++;
    const slot = String(await slotOf());
    const prefix = `{${tag}}:`;

    const stores = cluster.stores(prefix);
    const sessions = await Promise.all(stores.flatMap(([, store]) => Array.from({ length: 20 }, async () => {
      const id = store.newSessionId();
      await store.create(id, toTexts({ count: 0 }), { lifetime: 600 });
      return { store, id };
    })));

    const useAll = async () => {
      await to.ask('SCRIPT', 'FLUSH');
      await Promise.all(sessions.map(async session => {
        const { store, id } = session;
        const before = (await store.get(id))?.count;
        strictEqual(await count(store, id), true);
        strictEqual(await store.touch(id, 700), true);
        session.id = store.newSessionId(id);
        strictEqual(await store.move(id, session.id, changing({ moved: true }), { lifetime: 600, patience: 5 }), 'moved');
        deepStrictEqual(markOf(await store.load(id)), { status: 'retired', moved: true });
        deepStrictEqual(await store.get(session.id), { count: before + 1, moved: true });
        const extra = store.newSessionId();
        strictEqual(await store.create(extra, toTexts({ a: 1 }), { lifetime: 600 }), true);
        deepStrictEqual(await store.get(extra), { a: 1 });
        strictEqual(await store.end(extra), true);
        deepStrictEqual(markOf(await store.load(extra)), { status: 'retired', moved: false });
        const user = `user of ${session.id}`;
        const [first, second] = [store.newSessionId(), store.newSessionId()];
        const newInfo = { info: { user, details: '' }, requestAge: 0 };
        for (const each of [first, second]) strictEqual(await store.create(each, toTexts({ a: 1 }), { lifetime: 600, newInfo }), true);
        strictEqual(await store.touch(second, 600, user), true);
        deepStrictEqual(await store.endSessionsOf(user, { except: store.handleOf(second) }), [store.handleOf(first)]);
        deepStrictEqual((await store.sessionsOf(user)).map(({ handle }) => handle), [store.handleOf(second)]);
        deepStrictEqual(await store.endSessionsOf(user), [store.handleOf(second)]);
      }));
      const handles = sessions.map(({ id }) => storedId(id).handle).sort();
      for (const [kind, store] of stores) {
        deepStrictEqual(await listed(store), handles, kind);
        deepStrictEqual(await store.countSessions({ exact: true }), { live: handles.length, ofUsers: 0, expired: 0, isExact: true });
      }
    };

    await useAll();
    await to.ask('CLUSTER', 'SETSLOT', slot, 'IMPORTING', await from.id());
    await from.ask('CLUSTER', 'SETSLOT', slot, 'MIGRATING', await to.id());
    await useAll();
    const half = sessions.filter((_, index) => index % 2).map(({ id }) => prefix + storedId(id).handle);
    await from.ask('MIGRATE', to.host, to.port, '', '0', '5000', 'KEYS', ...half);
    await useAll();
    const rest = await from.ask<string[]>('CLUSTER', 'GETKEYSINSLOT', slot, '1000');
    ok(rest.length >= sessions.length / 2);
    await from.ask('MIGRATE', to.host, to.port, '', '0', '5000', 'KEYS', ...rest);
    await useAll();
    for (const node of [to, from]) await node.ask('CLUSTER', 'SETSLOT', slot, 'NODE', await to.id());
    await settled(to);
    await useAll();
    for (const { store, id } of sessions) deepStrictEqual(await store.get(id), { count: 5, moved: true });
    await (stores[0] as (typeof stores)[number])[1].endAllSessions();
    for (const { store, id } of sessions) deepStrictEqual(markOf(await store.load(id)), { status: 'retired', moved: false });

  });

  it('lists and counts the sessions of all nodes, in pages that never exceed their limit, and can ask all of them', async () => {

    for (const [kind, store] of cluster.stores('listed:')) {
      const ids = Array.from({ length: 300 }, () => store.newSessionId());
      await Promise.all(ids.map(id => store.create(id, toTexts({ a: 1 }), { lifetime: 600 })));
      const found = new Set<string>();
      let after: string | undefined;
      do {
        const { sessions, next } = await store.sessionPage({ after, limit: 7 });
        ok(sessions.length <= 7);
        for (const { handle } of sessions) found.add(handle);
        after = next ?? undefined;
      } while (after !== undefined);
      deepStrictEqual([...found].sort(), ids.map(id => store.handleOf(id)).sort(), kind);
      deepStrictEqual(await store.countSessions({ exact: true }), { live: 300, ofUsers: 0, expired: 0, isExact: true });
      const { roundTrip, clockDifference, selfTest } = await store.ping();
      ok(roundTrip < 10 && Math.abs(clockDifference ?? NaN) < 1 && selfTest === null);
      // A server that was started again has another order.
      const { next } = await store.sessionPage({ limit: 7 });
      await rejects(store.sessionPage({ after: (next as string).replace(/^\w+/, '0'.repeat(40)) }), /begin with the first page/);
      await Promise.all(ids.map(id => store.delete(id)));
    }

  });

  it('reports an error when it lists and counts while no node has one of the slots', async () => {

    const { nodes } = cluster;
    const [node] = nodes as [Node];
    const [, , [, port]] = (await node.ask<Array<[number, number, [string, number]]>>('CLUSTER', 'SLOTS')).find(([first]) => first === 0) as [0, number, [string, number]];
    const owner = nodes.find(each => each.port === String(port)) as Node;
    const stores = cluster.stores('refused:');
    for (const [, store] of stores) {
      for (let count = 0; count < 30; count++) await store.create(store.newSessionId(), toTexts({ a: 1 }), { lifetime: 600 });
    }
    const isDown = async () => (await Promise.all(nodes.map(each => each.ask('CLUSTER', 'INFO')))).every(info => info.includes('cluster_state:fail'));
    for (const each of nodes) await each.ask('CLUSTER', 'DELSLOTS', '0').catch(() => {});
    try {
      await until('the cluster is down', isDown);
      for (const [, store] of stores) {
        await rejects(store.sessionPage(), /CLUSTERDOWN/);
        await rejects(store.countSessions({ exact: true }), /CLUSTERDOWN/);
      }
    } finally {
      await owner.ask('CLUSTER', 'ADDSLOTS', '0');
      await settled(owner);
    }
    strictEqual((await listed((stores[0] as (typeof stores)[number])[1])).length, 30 * stores.length);

  });

  it('ends all sessions even while slots move', async t => {

    const [from, to] = cluster.nodes as [Node, Node];
    let moves = true;
    const moving = reshard(from, to).finally(() => {
      moves = false;
    });
    await Promise.all(cluster.stores().map(async ([kind], index) => {
      const [, store] = cluster.stores(`${kind}:`)[index] as readonly [string, RedisStore];
      let rounds = 0;
      do {
        const ids = Array.from({ length: 1000 }, () => store.newSessionId());
        await Promise.all(ids.map(id => store.create(id, toTexts({ a: 1 }), { lifetime: 600 })));
        await store.endAllSessions();
        const found = await Promise.all(ids.map(id => store.load(id)));
        for (const each of found) deepStrictEqual(markOf(each), { status: 'retired', moved: false });
        rounds++;
      } while (moves);
      t.diagnostic(`${rounds} times with ${kind}`);
    }));
    await moving;

  });

  it('loses nothing and never fails while many slots move back and forth under load', async () => {

    const [from, to] = cluster.nodes as [Node, Node];
    const sessions = await Promise.all(Array.from({ length: 300 }, async (_, index) => {
      const [, store] = cluster.stores()[index % 3] as readonly [string, RedisStore];
      const id = store.newSessionId();
      await store.create(id, toTexts({ count: 0 }), { lifetime: 600 });
      return { store, id, counted: 0, set: 0, moves: 0 };
    }));

    let goesOn = true;
    const worker = async (index: number) => {
      for (let turn = index; goesOn; turn += 7) {
        const session = sessions[turn % sessions.length] as (typeof sessions)[number];
        const others = cluster.stores()[turn % 3] as readonly [string, RedisStore];
        if (await count(session.store, session.id)) session.counted++;
        if (await others[1].update(session.id, changing({ [`by ${index}`]: turn }), { lifetime: 600, patience: 5 }) === 'updated') session.set++;
        // One worker moves sessions, so the others find some of them gone.
        if (index === 0) {
          const next = session.store.newSessionId(session.id);
          if (await session.store.move(session.id, next, NOTHING, { lifetime: 600, patience: 5 }) === 'moved') {
            session.id = next;
            session.moves++;
          }
        }
      }
    };
    const working = Promise.all(Array.from({ length: 12 }, (_, index) => worker(index)));
    try {
      await reshard(from, to);
      await reshard(to, from);
    } finally {
      goesOn = false;
      await working;
    }

    for (const { store, id, counted } of sessions) strictEqual((await store.get(id))?.count, counted);
    const sum = (of: 'counted' | 'set' | 'moves') => sessions.reduce((total, session) => total + session[of], 0);
    ok(sum('counted') > 500 && sum('set') > 500 && sum('moves') > 20, `${sum('counted')} counts, ${sum('set')} changes, ${sum('moves')} moves`);

  });

});

describe('RedisStore on a cluster whose master fails', () => {

  let cluster: Awaited<ReturnType<typeof startAll>>;
  before(async () => {
    cluster = await startAll();
  });
  after(() => cluster.close());

  it('keeps everything that was replicated, brings no session back, and continues with the replica', async t => {

    const masters = cluster.nodes.slice(0, 3) as [Node, Node, Node];
    const sessions = await Promise.all(Array.from({ length: 300 }, async (_, index) => {
      const [kind, store] = cluster.stores()[index % 3] as readonly [string, RedisStore];
      const id = store.newSessionId();
      await store.create(id, toTexts({ count: 0 }), { lifetime: 600 });
      return { kind, store, id, former: id, counted: 0, ended: false };
    }));
    await Promise.all(sessions.map(async (session, index) => {
      const { store } = session;
      for (let turn = 0; turn < 5; turn++) if (await count(store, session.id)) session.counted++;
      session.id = store.newSessionId(session.former);
      strictEqual(await store.move(session.former, session.id, NOTHING, { lifetime: 600, patience: 5 }), 'moved');
      if (index % 5 === 0) session.ended = await store.end(session.id);
    }));
    const living = sessions.filter(({ ended }) => !ended);
    const ended = sessions.filter(session => session.ended);
    await Promise.all(masters.map(replicated));
    const replicatedCounts = living.map(({ counted }) => counted);

    let goesOn = true;
    let failures = 0;
    let counts = 0;
    const underLoad = deferred();
    const worker = async (index: number) => {
      for (let turn = index; goesOn; turn += 7) {
        const session = living[turn % living.length] as (typeof living)[number];
        try {
          if (await within(2000, count(session.store, session.id))) session.counted++;
          if (++counts === 300) underLoad.resolve();
        } catch {
          failures++;
        }
      }
    };
    const working = Promise.all(Array.from({ length: 12 }, (_, index) => worker(index)));
    const [victim, witness] = masters;
    const took: { [kind: string]: number } = {};
    // Waits until clients of these kinds reach every session again.
    const reached = async (...kinds: readonly string[]) => {
      const start = performance.now();
      for (const { kind, store, id } of living) {
        while (kinds.includes(kind) && !await within(2000, store.touch(id, 600)).catch(() => false)) {
          took[kind] = Math.round(performance.now() - start);
          ok(took[kind] < 40_000, `${kind} does not find the new master`);
          // The clients have no event for this.
          await setTimeout(50);
        }
      }
    };
    try {
      await underLoad.promise;
      await victim.server.kill();
      await reached('redis 6, cluster', 'ioredis, cluster');
      ok((await witness.ask('CLUSTER', 'INFO')).includes('cluster_state:ok'));
      // The cluster client of redis 5 does not ask other nodes where the sessions are now (redis/node-redis#2806).
      await victim.server.start();
      await reached('redis 5, cluster');
    } finally {
      goesOn = false;
      await working;
    }

    let lost = 0;
    for (const [index, { store, id, former, counted }] of living.entries()) {
      const stored = (await store.get(id))?.count;
      ok(stored >= (replicatedCounts[index] as number), `${stored} of ${replicatedCounts[index]} replicated counts`);
      lost += Math.max(0, counted - stored);
      strictEqual(await store.get(former), null);
      strictEqual(await store.update(id, changing({ after: true }), { lifetime: 600, patience: 5 }), 'updated');
    }
    for (const { store, id, former } of ended) {
      for (const each of [id, former]) {
        strictEqual(await store.get(each), null);
        strictEqual(await store.touch(each, 600), false);
        strictEqual(await store.update(each, changing({ zombie: true }), { lifetime: 600 }), 'gone');
      }
    }
    t.diagnostic(`Milliseconds until all answered again: ${JSON.stringify(took)}`);
    t.diagnostic(`${failures} failures during the fail-over; ${lost} counts were acknowledged and lost, because they were not replicated`);

  });

});

/** Runs a command of redis-cli on the cluster of a node. */
async function cli(action: string, { host, port }: Node, ...args: readonly string[]): Promise<void> {

  const [command] = programs(REDIS, ['redis-cli', 'valkey-cli']) as [string];
  await promisify(execFile)(command, ['--cluster', action, `${host}:${port}`, ...args]);

}

/** Moves slots from one master to another. */
async function reshard(source: Node, target: Node): Promise<void> {

  await cli('reshard', source, '--cluster-from', await source.id(), '--cluster-to', await target.id(), '--cluster-slots', '800', '--cluster-yes');
  await settled(source);

}

/** Asks until all nodes agree which of them has which slots: no event reports it. */
async function settled(node: Node): Promise<void> {

  await until('all nodes agree', () => cli('check', node).then(() => true));

}

/** Asks until the replica of a master has everything that the master has now: `WAIT` would only cover its own connection. */
async function replicated(master: Node): Promise<void> {

  const info = () => master.ask('INFO', 'replication');
  const sent = Number(/master_repl_offset:(\d+)/.exec(await info())?.[1]);
  await until('the replica has everything', async () => Number(/slave0:.*offset=(\d+)/.exec(await info())?.[1]) >= sent);

}

/** Rejects if a client never answers, as one may whose server was killed. */
async function within<T>(milliseconds: number, answer: PromiseLike<T>): Promise<T> {

  const late = new AbortController();
  try {
    return await Promise.race([
      answer,
      setTimeout(milliseconds, undefined, { signal: late.signal }).then(() => {
        throw new Error('no answer in time');
      }),
    ]);
  } finally {
    late.abort();
  }

}
