import { deepStrictEqual, ok, rejects, strictEqual } from 'node:assert/strict';
import { describe, it, mock } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import type { SessionChange } from '../../../src/base/store.js';
import { storedId } from '../../../src/id/stored-id.js';
import { type NodeRedisClient, RedisStore } from '../../../src/stores/redis-store.js';
import { ServerClock } from '../../../src/stores/shared/server-clock.js';
import { toTexts } from '../../../src/values/session-values.js';
import { timedStore } from '../../../src/wrapping/timed-store.js';
import { SINGLE } from '../../support/redis-clients.js';
import { PrivateRedis } from './private-redis.js';
import { markOf } from '../../support/mark-of.js';

const changing = (values: object): SessionChange => ({ set: toTexts({ ...values }), unset: [] });

/** How long a caller waits, in seconds. */
const PATIENCE = 0.05;

const redis = new PrivateRedis();

/** Waits until the deadline of a command has passed on the clock of a frozen server: no event reports that. */
const untilGivenUp = () => setTimeout(PATIENCE * 1000 + 20);

/** Waits until the server has executed everything that was sent to it before. */
async function executed(): Promise<void> {

  const other = await redis.connect();
  await other.ping();
  other.destroy();

}

describe('A command that a frozen server executes late', () => {

  for (const [kind, open] of Object.entries(SINGLE)) {

    for (const method of ['update', 'update of loaded texts', 'move'] as const) {

      it(`changes nothing if it is a late ${method}, with ${kind}`, async t => {

        const opened = await open(redis.server.url);
        t.after(() => opened.close());
        const store = new RedisStore({ client: opened.client });
        const id = store.newSessionId();
        const newId = store.newSessionId(id);
        await store.create(id, toTexts({ a: 1 }), { lifetime: 60 });
        const before = await redis.client.get(`session:${storedId(id).handle}`);
        const found = await store.load(id);
        const loaded = method === 'update of loaded texts' && found?.status === 'live' ? found.texts : undefined;

        redis.server.freeze();
        const answer = method !== 'move'
          ? store.update(id, changing({ a: 'late' }), { lifetime: 1, patience: PATIENCE, loaded })
          : store.move(id, newId, changing({ a: 'late' }), { lifetime: 60, patience: PATIENCE });
        // `rejects()` comes only after the wait: until then nothing else handles the rejection.
        answer.catch(() => {});
        await untilGivenUp();
        redis.server.thaw();

        await rejects(answer, /after its caller had given up, and refused it/);
        strictEqual(await redis.client.get(`session:${storedId(id).handle}`), before);
        deepStrictEqual(await store.get(id), { a: 1 });
        strictEqual(await store.load(newId), null);

      });

    }

  }

  it('changes nothing if its client has closed the connection', async () => {

    const opened = await SINGLE['redis 6, client']?.(redis.server.url);
    ok(opened);
    const store = new RedisStore({ client: opened.client });
    const id = store.newSessionId();
    await store.create(id, toTexts({ a: 1 }), { lifetime: 60 });
    redis.server.freeze();
    const late = store.update(id, changing({ a: 'late' }), { lifetime: 60, patience: PATIENCE });
    const orphan = store.create(`${store.newSessionId()}`, toTexts({ a: 'orphan' }), { lifetime: 60 });
    for (const answer of [late, orphan]) answer.catch(() => {});
    await untilGivenUp();
    opened.close();
    await rejects(late);
    redis.server.thaw();
    await executed();
    deepStrictEqual(await new RedisStore({ client: redis.client }).get(id), { a: 1 });
    // The command without a deadline was executed, so the server has come to both.
    const values = await Promise.all((await redis.client.keys('*')).map(key => redis.client.get(key)));
    ok(values.some(value => value?.includes('orphan')));

  });

  it('changes nothing after a 503, and is executed if the server thaws in time', async () => {

    const store = new RedisStore({ client: redis.client });
    const id = store.newSessionId();
    await store.create(id, toTexts({ a: 1 }), { lifetime: 60 });
    redis.server.freeze();
    const refused = Promise.resolve(timedStore(store, PATIENCE).update(id, changing({ b: 'late' }), { lifetime: 60 }));
    await rejects(refused, /The session store failed/);
    redis.server.thaw();
    await executed();
    deepStrictEqual(await store.get(id), { a: 1 });

    redis.server.freeze();
    const waiting = timedStore(store, 20).update(id, changing({ b: 'in time' }), { lifetime: 60 });
    // Longer than the first limit. No event reports that a command waits in a frozen server.
    await untilGivenUp();
    redis.server.thaw();
    strictEqual(await waiting, 'updated');
    deepStrictEqual(await store.get(id), { a: 1, b: 'in time' });

  });

});

describe('A deadline', () => {

  it('can be based on a time that the server reported long ago', t => {

    let here = 0;
    t.mock.method(performance, 'now', () => here);
    const clock = new ServerClock();
    clock.observe(1_000_000, 0);
    here += 600_000;
    strictEqual(clock.isKnown, false);
    strictEqual(clock.deadline(() => 3), 1_603_000);

  });

});

describe('The clock of the application', () => {

  it('may be two minutes off', async () => {

    for (const off of [120_000, -120_000]) {
      const now = Date.now;
      mock.method(Date, 'now', () => now() + off);
      try {
        const store = new RedisStore({ client: redis.client });
        const id = store.newSessionId();
        strictEqual(await store.create(id, toTexts({ a: 1 }), { lifetime: 60 }), true);
        const found = await store.load(id);
        ok(found?.status === 'live' && found.remaining > 55 && found.remaining <= 60, `${JSON.stringify(found)}`);
        strictEqual(await store.update(id, changing({ b: 2 }), { lifetime: 60, version: found.version, patience: 5 }), 'updated');
        strictEqual(await store.touch(id, 90), true);
        const [key] = (await redis.client.keys('*')).filter(each => each.includes(id.slice(0, 16)));
        const left = await redis.client.pTTL(key as string);
        ok(left > 85_000 && left <= 90_000, `${left} ms`);
        const newId = store.newSessionId(id);
        strictEqual(await store.move(id, newId, changing({ c: 3 }), { lifetime: 60, patience: 5 }), 'moved');
        deepStrictEqual(markOf(await store.load(id)), { status: 'retired', moved: true });
        strictEqual(await store.end(id), true);
        deepStrictEqual(markOf(await store.load(newId)), { status: 'retired', moved: false });
        // `expire` is a time of the caller's own clock.
        await store.set(newId, { d: 4 }, Date.now() / 1000 + 60);
        const again = await store.load(newId);
        ok(again?.status === 'live' && again.remaining > 55 && again.remaining <= 60, `${JSON.stringify(again)}`);
      } finally {
        mock.restoreAll();
      }
    }

  });

});

describe('A server whose clock is set', () => {

  /** A store that reads a wrong time of the server, as before its clock was set: off by `state.by` milliseconds. */
  function misled(by: number) {

    const commands: string[] = [];
    const state = { by, commands };
    const shifted = (answer: unknown) => {
      if (Array.isArray(answer)) return [answer[0], Number(answer[1]) + state.by];
      return Number(answer) + state.by;
    };
    const slow: NodeRedisClient = {
      get: key => redis.client.get(key),
      eval: async (text, options) => {
        commands.push('EVAL');
        return shifted(await redis.client.eval(text, options));
      },
      evalSha: async (sha1, options) => {
        commands.push('EVALSHA');
        return shifted(await redis.client.evalSha(sha1, options));
      },
    };
    return { state, store: new RedisStore({ client: slow }) };

  }

  it('forward refuses a change once, and accepts it with the new time', async () => {

    const { state, store } = misled(-10_000);
    const id = store.newSessionId();
    await store.create(id, toTexts({ a: 1 }), { lifetime: 60 });
    await store.update(id, changing({ a: 2 }), { lifetime: 60 });
    state.by = 0;
    state.commands.length = 0;
    strictEqual(await store.update(id, changing({ a: 3 }), { lifetime: 60, patience: 5 }), 'updated');
    deepStrictEqual(state.commands, ['EVALSHA', 'EVALSHA']);
    deepStrictEqual(await store.get(id), { a: 3 });
    strictEqual(await store.update(id, changing({ a: 4 }), { lifetime: 60, patience: 5 }), 'updated');
    strictEqual(state.commands.length, 3);

  });

  it('forward, unnoticed by the store, ends the tries when the caller gives up', async () => {

    // The store never learns the right time.
    const { store } = misled(-10_000);
    const id = store.newSessionId();
    await store.create(id, toTexts({ a: 1 }), { lifetime: 60 });
    const start = performance.now();
    await rejects(store.update(id, changing({ a: 2 }), { lifetime: 60, patience: 0.1 }), /and refused it/);
    const took = performance.now() - start;
    ok(took >= 100 && took < 1000, `${took} ms`);
    deepStrictEqual(await store.get(id), { a: 1 });

  });

  it('back refuses no change that is in time', async () => {

    const { state, store } = misled(10_000);
    const id = store.newSessionId();
    await store.create(id, toTexts({ a: 1 }), { lifetime: 60 });
    state.by = 0;
    strictEqual(await store.update(id, changing({ a: 2 }), { lifetime: 60, patience: 5 }), 'updated');
    const found = await store.load(id);
    ok(found?.status === 'live' && found.remaining > 55, `${JSON.stringify(found)}`);

  });

});
