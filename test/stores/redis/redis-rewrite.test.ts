import { deepStrictEqual, notStrictEqual, ok, rejects, strictEqual } from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { FoundSession, LiveSession, SessionChange, SessionTexts } from '../../../src/base/store.js';
import { storedId } from '../../../src/id/stored-id.js';
import { RedisStore } from '../../../src/stores/redis-store.js';
import { sizeOf } from '../../../src/values/session-size.js';
import { toTexts } from '../../../src/values/session-values.js';
import { merge } from '../../../src/values/texts-change.js';
import { anyText } from '../../support/any-text.js';
import { PrivateRedis } from './private-redis.js';
import { markOf } from '../../support/mark-of.js';

/*
 * A change that comes with the texts that it was made from: the record is
 * rewritten if it is unchanged, and the answer is the same in any case.
 */

const redis = new PrivateRedis();
const keyOf = (id: string) => `session:${storedId(id).handle}`;
const changing = (values: object, ...unset: string[]): SessionChange => ({ set: toTexts({ ...values }), unset });

async function session(values: object, lifetime = 600): Promise<string> {
  const id = redis.store.newSessionId();
  strictEqual(await redis.store.create(id, toTexts({ ...values }), { lifetime, newInfo: { info: { user: 'Ada', details: '{}' } } }), true);
  return id;
}

async function live(id: string, store = redis.store): Promise<LiveSession> {
  const found: FoundSession | null = await store.load(id);
  ok(found?.status === 'live');
  return found;
}

async function loaded(id: string): Promise<SessionTexts> {
  return (await live(id)).texts;
}

/** The commands of scripts during a task: those that write, and GET, which only a merge calls. */
async function commandsOf(task: () => Promise<unknown>): Promise<string[]> {
  await redis.client.sendCommand(['CONFIG', 'RESETSTAT']);
  await task();
  const stats = await redis.client.info('commandstats');
  return [...stats.matchAll(/^cmdstat_(get|set|setrange):calls=(\d+)/gm)].map(([, name, calls]) => `${name} ${calls}`).sort();
}

describe('A change of a session that is as it was loaded, on Redis', () => {

  it('writes only texts that are as long as before', async () => {

    const id = await session({ a: 'ä', seen: 10, z: 'ö€' });
    const before = await redis.client.get(keyOf(id)) as string;
    const texts = await loaded(id);
    deepStrictEqual(await commandsOf(async () => {
      strictEqual(await redis.store.update(id, changing({ z: 'ß₤', seen: 99 }), { lifetime: 60, loaded: texts }), 'updated');
    }), ['setrange 3']);
    const after = await redis.client.get(keyOf(id)) as string;
    strictEqual(after.slice(85), before.slice(85).replace('10', '99').replace('ö€', 'ß₤'));
    strictEqual(after.slice(0, 13), before.slice(0, 13));
    notStrictEqual(after.slice(72, 84), before.slice(72, 84));

  });

  it('writes the whole record if a text has another length, or a key is new or removed', async () => {

    for (const change of [changing({ a: 10 }), changing({ z: 'xy' }), changing({ b: 2 }), changing({}, 'a'), changing({ c: 1 }, 'a'), changing({}), changing(Array(20).fill(7))]) {
      const id = await session({ a: 1, z: 'ö€' });
      const texts = await loaded(id);
      deepStrictEqual(await commandsOf(async () => {
        strictEqual(await redis.store.update(id, change, { lifetime: 60, loaded: texts }), 'updated');
      }), ['set 1']);
      const { texts: after, info, remaining } = await live(id);
      deepStrictEqual([...after], [...merge(texts, change)]);
      deepStrictEqual(info, { user: 'Ada', details: '{}' });
      ok(remaining > 590);
      ok(await redis.client.pTTL(keyOf(id)) > 590_000);
    }

  });

  it('is merged by the server if that would take more to send, or the session must live longer', async () => {

    const large = await session({ a: 1, b: 'x'.repeat(20_000) });
    const texts = await loaded(large);
    deepStrictEqual(await commandsOf(() => redis.store.update(large, changing({ a: 10 }), { lifetime: 60, loaded: texts })), ['get 1', 'set 1']);
    const short = await session({ a: 1 }, 60);
    const ofShort = await loaded(short);
    deepStrictEqual(await commandsOf(() => redis.store.update(short, changing({ a: 2 }), { lifetime: 600, loaded: ofShort })), ['get 1', 'set 1']);
    ok((await live(short)).remaining > 590);
    ok(await redis.client.pTTL(keyOf(short)) > 590_000);

  });

  it('is one of a version, or refused', async () => {

    const id = await session({ a: 1 });
    const { texts, version } = await live(id);
    for (const other of ['another one', String(version).slice(0, -1), `${version}a`]) {
      strictEqual(await redis.store.update(id, changing({ a: 2 }), { lifetime: 60, loaded: texts, version: other }), 'conflict');
    }
    strictEqual(await redis.store.update(id, changing({ a: 2 }), { lifetime: 60, loaded: texts, version }), 'updated');
    strictEqual(await redis.store.update(id, changing({ a: 3 }), { lifetime: 60, loaded: texts, version }), 'conflict');
    deepStrictEqual(await redis.store.get(id), { a: 2 });

  });

  it('keeps bytes that are not UTF-8', async () => {

    const id = await session({ a: 1, b: 'x' });
    const whole = Buffer.from(await redis.client.get(keyOf(id)) as string);
    const damaged = Buffer.concat([whole.subarray(0, 85), Buffer.from(' ["A\xffda","{}"]\nb\t"\xff"\na\t1\n', 'latin1')]);
    for (const change of [changing({ a: 2 }), changing({ a: 20 })]) {
      await redis.client.set(keyOf(id), damaged, { KEEPTTL: true });
      strictEqual(await redis.store.update(id, change, { lifetime: 60, loaded: await loaded(id) }), 'updated');
      const length = await redis.client.sendCommand(['STRLEN', keyOf(id)]);
      strictEqual(length, damaged.length + (change.set.get('a')?.length ?? 0) - 1);
    }

  });

});

describe('A change of a session that is no longer as it was loaded, on Redis', () => {

  const CHANGES = { 'as long': changing({ a: 2 }), 'of another length': changing({ a: 20 }) };
  const VALUES = { 'as long': { a: 2, b: 1 }, 'of another length': { a: 20, b: 1 } };

  for (const kind of ['as long', 'of another length'] as const) {

    it(`is merged if another request has changed it: ${kind}`, async () => {

      for (const other of [changing({ b: 10 }), changing({ c: 3 }), changing({}, 'b'), changing({ a: 1 })]) {
        const id = await session({ a: 1, b: 1 });
        const texts = await loaded(id);
        strictEqual(await redis.store.update(id, other, { lifetime: 60 }), 'updated');
        const latest = await loaded(id);
        strictEqual(await redis.store.update(id, CHANGES[kind], { lifetime: 60, loaded: texts }), 'updated');
        deepStrictEqual(new Map(await loaded(id)), merge(latest, CHANGES[kind]));
      }

    });

    it(`does not shorten the life that a touch has given it: ${kind}`, async () => {

      const id = await session({ a: 1, b: 1 });
      const texts = await loaded(id);
      strictEqual(await redis.store.touch(id, 6000), true);
      strictEqual(await redis.store.update(id, CHANGES[kind], { lifetime: 60, loaded: texts }), 'updated');
      ok((await live(id)).remaining > 5990);
      ok(await redis.client.pTTL(keyOf(id)) > 5_990_000);
      deepStrictEqual(await redis.store.get(id), VALUES[kind]);

    });

    it(`reports that it is gone if it has ended, moved or been removed: ${kind}`, async () => {

      const terms = { lifetime: 60 };
      const id = await session({ a: 1, b: 1 });
      const texts = await loaded(id);
      const newId = redis.store.newSessionId(id);
      strictEqual(await redis.store.move(id, newId, changing({}), terms), 'moved');
      strictEqual(await redis.store.update(id, CHANGES[kind], { ...terms, loaded: texts }), 'gone');
      // The texts of the new id do not make the former one live.
      strictEqual(await redis.store.update(id, CHANGES[kind], { ...terms, loaded: await loaded(newId) }), 'gone');
      const moved = await loaded(newId);
      strictEqual(await redis.store.end(newId), true);
      strictEqual(await redis.store.update(newId, CHANGES[kind], { ...terms, loaded: moved }), 'gone');
      deepStrictEqual(markOf(await redis.store.load(newId)), { status: 'retired', moved: false });
      await redis.client.del(keyOf(id));
      strictEqual(await redis.store.update(newId, CHANGES[kind], { ...terms, loaded: moved }), 'gone');
      strictEqual(await redis.store.load(newId), null);

    });

    it(`is merged if the texts are of another session, or of another store: ${kind}`, async () => {

      const [id, other] = [await session({ a: 1, b: 1 }), await session({ a: 5, x: 5 })];
      const twin = new RedisStore({ client: redis.client, prefix: 'twin:' });
      strictEqual(await twin.create(id, toTexts({ a: 6, y: 6 }), { lifetime: 600 }), true);
      for (const texts of [await loaded(other), (await live(id, twin)).texts, toTexts({ a: 1 })]) {
        strictEqual(await redis.store.update(id, CHANGES[kind], { lifetime: 60, loaded: texts }), 'updated');
        deepStrictEqual(await redis.store.get(id), VALUES[kind]);
      }

    });

  }

  it('is refused if the server executes it after its caller has given up', async () => {

    const id = await session({ a: 1 });
    const texts = await loaded(id);
    for (const change of Object.values(CHANGES)) {
      await rejects(redis.store.update(id, change, { lifetime: 60, patience: -1, loaded: texts }), /after its caller had given up, and refused it/);
    }
    deepStrictEqual(await redis.store.get(id), { a: 1 });

  });

});

describe('Changes with and without the texts that they were made from, on Redis', () => {

  const text = fc.oneof(anyText({ maxLength: 6 }), fc.constantFrom('a', 'b', '\ufffd', 'ä€', '\ud83d', 'a\\u0041', '"\n\t'));
  const values = fc.dictionary(text, text, { maxKeys: 12 });
  const unset = fc.array(text, { maxLength: 3 });

  it('store the same', async () => {

    await fc.assert(fc.asyncProperty(values, values, unset, fc.option(values), fc.integer({ min: 0, max: 120 }), async (had, set, names, others, room) => {
      const id = await session(had);
      const texts = await loaded(id);
      if (others) strictEqual(await redis.store.update(id, changing(others), { lifetime: 60 }), 'updated');
      const before = others ? merge(toTexts(had), changing(others)) : toTexts(had);
      const change = changing(set, ...new Set(names.filter(name => !Object.hasOwn(set, name))));
      const after = merge(before, change);
      const isTooLarge = sizeOf(after) > room && sizeOf(after) > sizeOf(before);
      const answer = await redis.store.update(id, change, { lifetime: 60, maxBytes: Math.max(1, room), loaded: texts });
      if (room > 0) strictEqual(answer, isTooLarge ? 'too-large' : 'updated');
      deepStrictEqual([...await loaded(id)], [...answer === 'updated' ? after : before]);
    }), { numRuns: 500 });

  });

});
