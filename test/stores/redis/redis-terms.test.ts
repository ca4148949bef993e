import { deepStrictEqual, ok, rejects, strictEqual } from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import fc from 'fast-check';
import type { SessionChange } from '../../../src/base/store.js';
import { storedId } from '../../../src/id/stored-id.js';
import { type NodeRedisClient, RedisStore } from '../../../src/stores/redis-store.js';
import { sizeOf } from '../../../src/values/session-size.js';
import { toTexts } from '../../../src/values/session-values.js';
import { merge } from '../../../src/values/texts-change.js';
import { timedStore } from '../../../src/wrapping/timed-store.js';
import { anyText } from '../../support/any-text.js';
import { deferred } from '../../support/events.js';
import { until } from '../../support/until.js';
import { PrivateRedis } from './private-redis.js';
import { markOf } from '../../support/mark-of.js';

const setting = (values: object): SessionChange => ({ set: toTexts({ ...values }), unset: [] });

const redis = new PrivateRedis();

async function session(values: object, user: string | null = null): Promise<string> {
  const id = redis.store.newSessionId();
  strictEqual(await redis.store.create(id, toTexts({ ...values }), { lifetime: 60, newInfo: { info: { user, details: '{}' } } }), true);
  return id;
}

describe('A change with a limit of the session\'s bytes, on Redis', () => {

  const text = fc.oneof(
    anyText({ maxLength: 6 }),
    fc.array(fc.constantFrom('\\', '"', 'u0041', 'ud83d', '\ud83d', '\ude00', '\n', '\u0000', '\u001f', '\u007f', 'ä', '€', '%', '.'), { maxLength: 6 }).map(parts => parts.join('')),
  );
  const values = fc.dictionary(text, text, { maxKeys: 12 });

  it('is refused if the session would exceed that, and be larger than before', async () => {

    await fc.assert(fc.asyncProperty(values, values, fc.array(text, { maxLength: 12 }), fc.integer({ min: -3, max: 3 }), fc.boolean(), async (had, set, unset, off, moves) => {
      const id = await session(had);
      const before = toTexts(had);
      const change = { set: toTexts(set), unset: [...new Set(unset)].filter(name => !Object.hasOwn(set, name)) };
      const after = merge(before, change);
      const maxBytes = Math.max(1, sizeOf(after) + off);
      const newId = redis.store.newSessionId(id);
      const terms = { lifetime: 60, maxBytes };
      const answer = moves ? await redis.store.move(id, newId, change, terms) : await redis.store.update(id, change, terms);
      const isTooLarge = sizeOf(after) > maxBytes && sizeOf(after) > sizeOf(before);
      strictEqual(answer, isTooLarge ? 'too-large' : moves ? 'moved' : 'updated');
      const found = await redis.store.load(moves && !isTooLarge ? newId : id);
      ok(found?.status === 'live');
      deepStrictEqual(new Map(found.texts), new Map(isTooLarge ? before : after));
    }), { numRuns: 500 });

  });

  it('keeps parallel writers of different keys within it', async () => {

    const id = await session({ a: 1 });
    const maxBytes = 10_000;
    const answers = await Promise.all(Array.from({ length: 45 }, (_, number) => (
      redis.store.update(id, setting({ [`key ${number}`]: 'x'.repeat(900) }), { lifetime: 60, maxBytes }))));
    deepStrictEqual([...new Set(answers)].sort(), ['too-large', 'updated']);
    const found = await redis.store.load(id);
    ok(found?.status === 'live');
    ok(sizeOf(found.texts) <= maxBytes && sizeOf(found.texts) > maxBytes - 1000);

  });

});

describe('A session that begins late, on Redis', () => {

  it('is not created if the server executes it after its caller has given up', async () => {

    const other = await redis.connect();
    // From this answer the store knows the server's time.
    await session({});
    const id = redis.store.newSessionId();
    redis.server.freeze();
    const late = rejects(redis.store.create(id, toTexts({ a: 1 }), { lifetime: 60, patience: 0.05 }), /after its caller had given up, and refused it/);
    // The deadline must pass on the clock of the frozen server: no event reports that.
    await setTimeout(70);
    redis.server.thaw();
    await late;
    strictEqual(await other.exists(`session:${storedId(id).handle}`), 0);
    other.destroy();

  });

  it('is not listed if its entry comes after its caller has given up', async () => {

    const answered = deferred();
    let isHeld = false;
    const around: NodeRedisClient = {
      get: key => redis.client.get(key),
      eval: (script, options) => redis.client.eval(script, options),
      evalSha: async (sha1, options) => {
        if (options.keys[0]?.includes('user:') && !isHeld) {
          isHeld = true;
          await answered.promise;
        }
        return redis.client.evalSha(sha1, options);
      },
    };
    const slow = new RedisStore({ client: around });
    const timed = timedStore(slow, 0.2);
    const id = slow.newSessionId();
    const newInfo = { info: { user: 'Ada', details: '{}' }, requestAge: 0 };
    await rejects(Promise.resolve(timed.create(id, toTexts({ a: 1 }), { lifetime: 60, newInfo })), /The session store failed/);
    ok(isHeld);
    answered.resolve();
    // The store ends the session without a caller: no event reports it.
    await until('it has ended', async () => (await redis.store.load(id))?.status !== 'live');
    deepStrictEqual(await redis.store.sessionsOf('Ada'), []);

  });

});

describe('A session that ends in favour of another, on Redis', () => {

  it('leaves a mark that says "moved", also for its former ids, and nothing to end or list', async () => {

    const former = await session({ a: 1 }, 'Ada');
    const id = redis.store.newSessionId(former);
    strictEqual(await redis.store.move(former, id, setting({}), { lifetime: 60 }), 'moved');
    strictEqual(await redis.store.end(id, { moved: true }), true);
    for (const each of [former, id]) {
      deepStrictEqual(markOf(await redis.store.load(each)), { status: 'retired', moved: true });
      strictEqual(await redis.store.update(each, setting({ b: 2 }), { lifetime: 60 }), 'gone');
      strictEqual(await redis.store.touch(each, 60), false);
      strictEqual(await redis.store.end(each), false);
      strictEqual(await redis.store.create(each, toTexts({}), { lifetime: 60 }), false);
    }
    deepStrictEqual(await redis.store.sessionsOf('Ada'), []);
    deepStrictEqual(await redis.store.endSessionsOf('Ada'), []);

  });

});
