import { deepStrictEqual, match, ok, rejects, strictEqual, throws } from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import fc from 'fast-check';
import { createClient, RESP_TYPES } from 'redis';
import { SessionStoreError } from '../../src/base/errors.js';
import type { LiveSession, SessionChange, SessionTexts, SessionValues } from '../../src/base/store.js';
import { storedId } from '../../src/id/stored-id.js';
import { RedisStore, type RedisStoreOptions } from '../../src/stores/redis-store.js';
import { FORMER } from '../../src/stores/redis/redis-record.js';
import { ENTRY_LENGTH } from '../../src/stores/shared/former-ids.js';
import { pack } from '../../src/stores/shared/packed-texts.js';
import { fromTexts, toTexts } from '../../src/values/session-values.js';
import { merge } from '../../src/values/texts-change.js';
import { anyText } from '../support/any-text.js';
import { redisUrl } from '../support/servers/addresses.js';
import { markOf } from '../support/mark-of.js';

const PREFIX = `redis-store.test ${process.pid}:`;

const NOTHING: SessionChange = { set: new Map(), unset: [] };

describe('RedisStore', () => {

  const client = createClient({ url: redisUrl(), commandOptions: { timeout: 0 } });
  const store = new RedisStore({ client, prefix: PREFIX });

  before(() => client.connect());
  after(() => client.destroy());

  function keyOf(id: string): string {
    return PREFIX + storedId(id).handle;
  }

  async function session(values: SessionValues = { a: 1 }, lifetime = 60): Promise<string> {
    const id = store.newSessionId();
    strictEqual(await store.create(id, toTexts(values), { lifetime }), true);
    return id;
  }

  async function live(id: string): Promise<LiveSession> {
    const found = await store.load(id);
    ok(found?.status === 'live', `load() returned ${JSON.stringify(found)}`);
    return found;
  }

  async function texts(id: string): Promise<SessionTexts> {
    return new Map((await live(id)).texts);
  }

  describe('refuses', () => {

    it('wrong options, and says what is allowed', () => {

      const refused = (options: unknown, message: RegExp) => throws(() => new RedisStore(options as RedisStoreOptions), error => {
        ok(error instanceof TypeError);
        match(error.message, message);
        return true;
      });
      refused({ client, prefixes: 'a' }, /^option prefixes is unknown: it must be client or prefix$/);
      refused({ client, prefix: 5 }, /^prefix is 5: it must be a text that is not empty$/);
      refused({ client, prefix: null }, /^prefix is null: it must be a text that is not empty$/);
      refused({ client, prefix: '' }, /^prefix is "": it must be a text that is not empty$/);
      const clients = /^client is .*: it must be a client, pool, sentinel or cluster of redis \(5 or newer\), or a Redis or Cluster of ioredis/;
      for (const wrong of [undefined, null, 'redis://localhost', {}, { get() {} }, { get() {}, evalSha() {} }, { eval() {}, evalsha() {} }]) {
        refused({ client: wrong }, clients);
      }
      refused({}, clients);

    });

    it('to move a session to an id of another session', async () => {

      const id = await session();
      await rejects(store.move(id, store.newSessionId(), NOTHING, { lifetime: 60 }), TypeError);
      await rejects(store.move(id, id, NOTHING, { lifetime: 60 }), TypeError);
      deepStrictEqual(await texts(id), toTexts({ a: 1 }));

    });

    it('a client that does not return strings', async () => {

      const id = await session();
      const other = new RedisStore({ client: client.withTypeMapping({ [RESP_TYPES.BLOB_STRING]: Buffer }), prefix: PREFIX });
      await rejects(async () => other.load(id), /^TypeError: The client of the Redis store returned an? \w+: it must be set up to return strings$/);
      await rejects(async () => other.get(id), /must be set up to return strings/);

    });

    it('values that can\'t be stored, and keeps the former ones', async () => {

      const id = await session();
      await rejects(store.set(id, { a: 1n }, Date.now() / 1000 + 60), /session\.a is a bigint/);
      deepStrictEqual(await store.get(id), { a: 1 });

    });

  });

  describe('stores', () => {

    it('one line about the session, and one for each key', async () => {

      const id = await session({ a: 1, 'b\tc': 'é\n' });
      const { handle, hash } = storedId(id);
      match(await client.get(PREFIX + handle) as string, new RegExp(`^\\d{13} \\d{13} ${hash} [0-9A-Za-z]{12}  \na\t1\nb\\\\tc\t"é\\\\n"\n$`));

    });

    it('under `session:`, or another prefix', async () => {

      const id = store.newSessionId();
      await new RedisStore({ client }).create(id, toTexts({ a: 1 }), { lifetime: 60 });
      ok(await client.get(`session:${storedId(id).handle}`));
      strictEqual(await store.load(id), null);

    });

    it('nothing of an id that could be sent as a cookie', async () => {

      const ids = [await session({ a: 1 })];
      for (let move = 0; move < 3; move++) {
        const id = ids[move] as string;
        await store.update(id, { set: toTexts({ b: move }), unset: [] }, { lifetime: 60 });
        ids.push(store.newSessionId(id));
        strictEqual(await store.move(id, ids[move + 1] as string, NOTHING, { lifetime: 60 }), 'moved');
      }
      const ended = await session();
      await store.end(ended);
      await store.set('any text as an id', { a: 1 }, Date.now() / 1000 + 60);

      const keys = await client.keys(`${PREFIX}*`);
      const dump = (await Promise.all(keys.map(async key => `${key}\n${await client.get(key)}`))).join('\n');
      ok(dump.includes(storedId(ids[0] as string).handle));
      ok(!dump.includes('any text'));
      for (const id of [...ids, ended]) {
        const secret = id.slice(16);
        for (let at = 0; at + 8 <= secret.length; at++) ok(!dump.includes(secret.slice(at, at + 8)), 'a part of a secret is stored');
      }

    });

    it('the end of the session in the record and as the expiry of the key, by the server\'s clock', async () => {

      const check = async (id: string, lifetime: number) => {
        const [value, left, [seconds, microseconds]] = await client.multi().get(keyOf(id)).pTTL(keyOf(id)).sendCommand(['TIME']).exec() as unknown as [string, number, [string, string]];
        const now = Number(seconds) * 1000 + Math.floor(Number(microseconds) / 1000);
        const endsAt = Number(value.slice(0, 13));
        ok(Math.abs(endsAt - now - left) <= 2, `It ends ${endsAt - now} ms from now, and its key expires in ${left} ms`);
        ok(left <= lifetime * 1000 && left > lifetime * 1000 - 5000, `The key expires in ${left} ms`);
      };
      const id = await session({ a: 1 }, 100);
      await check(id, 100);
      await store.touch(id, 50);
      await check(id, 100);
      await store.touch(id, 200);
      await check(id, 200);
      await store.update(id, { set: toTexts({ b: 1 }), unset: [] }, { lifetime: 150 });
      await check(id, 200);
      await store.update(id, { set: toTexts({ b: 2 }), unset: [] }, { lifetime: 300.5 });
      await check(id, 300.5);
      const moved = store.newSessionId(id);
      await store.move(id, moved, NOTHING, { lifetime: 80 });
      await check(moved, 80);
      await store.end(moved);
      await check(moved, 30);
      await store.set(moved, { a: 1 }, Date.now() / 1000 + 70);
      await check(moved, 70);

    });

    it('an endless lifetime as one until the year 2286', async () => {

      const id = await session({ a: 1 }, 1e12);
      match(await client.get(keyOf(id)) as string, /^9999999999999 /);
      for (const lifetime of [1e12, 60]) {
        await store.touch(id, lifetime);
        await store.update(id, { set: toTexts({ a: 2 }), unset: [] }, { lifetime });
      }
      match(await client.get(keyOf(id)) as string, /^9999999999999 /);
      deepStrictEqual(await texts(id), toTexts({ a: 2 }));

    });

    it('the hashes of the last 20 ids, and no more', async () => {

      const ids = [await session()];
      for (let move = 0; move < 25; move++) {
        const id = ids[move] as string;
        ids.push(store.newSessionId(id));
        strictEqual(await store.move(id, ids[move + 1] as string, NOTHING, { lifetime: 60 }), 'moved');
      }
      const [header] = (await client.get(keyOf(ids[0] as string)) as string).split('\n', 1) as [string];
      strictEqual(header.length, FORMER + 20 * ENTRY_LENGTH + 1);
      for (const [index, id] of ids.entries()) {
        const found = await store.load(id);
        deepStrictEqual(found?.status, index === 25 ? 'live' : index >= 5 ? 'retired' : undefined, `id ${index}`);
      }
      strictEqual(await store.end(ids[5] as string), true);
      // The id that was current replaces the oldest.
      strictEqual(await store.load(ids[5] as string), null);
      for (const id of ids.slice(6)) deepStrictEqual(markOf(await store.load(id)), { status: 'retired', moved: false });

    });

    it('no former id once the newest has expired', async () => {

      const first = await session();
      const second = store.newSessionId(first);
      await store.move(first, second, NOTHING, { lifetime: 60 });
      const value = await client.get(keyOf(second)) as string;
      await client.set(keyOf(second), value.slice(0, FORMER) + String(Date.now() - 1000) + value.slice(FORMER + 13), { KEEPTTL: true });
      strictEqual(await store.load(first), null);
      strictEqual(await store.end(first), false);
      const third = store.newSessionId(second);
      await store.move(second, third, NOTHING, { lifetime: 60 });
      const [header] = (await client.get(keyOf(third)) as string).split('\n', 1) as [string];
      strictEqual(header.length, FORMER + ENTRY_LENGTH + 1);
      deepStrictEqual(markOf(await store.load(second)), { status: 'retired', moved: true });

    });

    it('fields of a later version in the first line, through changes, touches, moves and set()', async () => {

      let id = await session({ a: 1 });
      const value = await client.get(keyOf(id)) as string;
      await client.set(keyOf(id), value.replace('  \n', '  [null,"x"] more=1 2\n'), { KEEPTTL: true });
      await store.update(id, { set: toTexts({ b: 2 }), unset: [] }, { lifetime: 60 });
      await store.touch(id, 90);
      for (let move = 0; move < 2; move++) {
        const next = store.newSessionId(id);
        strictEqual(await store.move(id, next, NOTHING, { lifetime: 60 }), 'moved');
        deepStrictEqual(await store.load(id), { status: 'retired', moved: true, info: { user: null, details: 'x' } });
        id = next;
      }
      await store.set(id, { c: 3 }, Date.now() / 1000 + 60);
      match(await client.get(keyOf(id)) as string, /^\d{13} \d{13} \S{43} \w{12} \S{112} \[null,"x"\] more=1 2\nc\t3\n$/);
      deepStrictEqual(await texts(id), toTexts({ c: 3 }));

    });

  });

  describe('returns exactly what it was given', () => {

    const text = fc.oneof(
      fc.constantFrom('', 'a', '"', '\\', '\t', '\n', '\0', '\u2028', '\ud800', '\udfff', '😀', '\x7f'),
      anyText({ maxLength: 8 }),
    );
    const key = fc.oneof(fc.constantFrom('__proto__', 'constructor', 'a.b', '$', '*', 'a\tb', 'k1', 'k2', 'k3', '%d', '%', '.', '[', 'toJSON'), text);
    const number = fc.oneof(
      fc.constantFrom(0, -0, 1e21, 1e-7, 2 ** 53, -(2 ** 63), Number.MAX_VALUE, Number.MIN_VALUE, Number.EPSILON), fc.double({ noNaN: true, noDefaultInfinity: true }),
    );
    const { value } = fc.letrec(tie => ({
      value: fc.oneof({ depthSize: 'small' }, fc.constantFrom(null, true, false, {}, []), text, number, fc.array(tie('value'), { maxLength: 3 }), fc.dictionary(key, tie('value'), { maxKeys: 3 })),
    }));
    const values = (maxKeys: number) => fc.dictionary(key, value, { minKeys: 1, maxKeys });

    it('by create() and load(), and by set() and get()', async () => {

      await fc.assert(fc.asyncProperty(values(12), async record => {
        const stored = toTexts(record);
        const id = await session(record);
        deepStrictEqual([...await texts(id)], [...stored]);
        deepStrictEqual(await store.get(id), fromTexts(stored));
        const other = store.newSessionId();
        await store.set(other, record, Date.now() / 1000 + 60);
        deepStrictEqual([...await texts(other)], [...stored]);
      }), { numRuns: 300 });

    });

    it('after any changes, of few keys or many, in the order of their arrival', async () => {

      const change = fc.oneof(
        fc.record({ set: fc.dictionary(key, value, { maxKeys: 4 }), unset: fc.uniqueArray(key, { maxLength: 4 }) }),
        fc.record({ set: fc.dictionary(key, value, { maxKeys: 20 }), unset: fc.uniqueArray(key, { maxLength: 20 }) }),
      ).map(({ set, unset }) => {
        const changed = toTexts(set);
        return { set: changed, unset: unset.filter(name => !changed.has(name)) };
      });
      await fc.assert(fc.asyncProperty(values(20), fc.array(change, { minLength: 1, maxLength: 6 }), fc.boolean(), async (record, changes, moves) => {
        let id = await session(record);
        let expected = toTexts(record);
        for (const each of changes) {
          expected = merge(expected, each);
          const next = store.newSessionId(id);
          const answer = moves ? await store.move(id, next, each, { lifetime: 60 }) : await store.update(id, each, { lifetime: 60 });
          strictEqual(answer, moves ? 'moved' : 'updated');
          if (moves) id = next;
          deepStrictEqual([...await texts(id)], [...expected]);
        }
      }), { numRuns: 300 });

    });

    it('as texts that can be used like a map', async () => {

      const record = { b: 1, 'a\n': [2], '': null };
      const id = await session(record);
      const expected = toTexts(record);
      const read: { readonly [how: string]: (from: SessionTexts) => unknown } = {
        size: from => from.size,
        get: from => ['b', 'a\n', '', 'c'].map(name => from.get(name)),
        has: from => ['b', 'a\n', '', 'c'].map(name => from.has(name)),
        keys: from => [...from.keys()],
        values: from => [...from.values()],
        entries: from => [...from.entries()],
        each: from => [...from],
        forEach: from => {
          const seen: unknown[] = [];
          from.forEach((value, name, all) => {
            seen.push([name, value, all === from]);
          });
          return seen;
        },
      };
      for (const [how, by] of Object.entries(read)) deepStrictEqual(by((await live(id)).texts), by(expected), how);

    });

    it('if keys are parts of each other, or look like the separators', async () => {

      const record = { '': 1, a: 2, aa: 3, 'a\\': 4, 'a\ta': '\t', 'a\n': '\n', '\\t': 5, '\t': 6, '1': 'a\t', ' ': 7 };
      const id = await session(record);
      for (const name of Object.keys(record)) {
        await store.update(id, { set: toTexts({ [name]: `new ${name}` }), unset: [] }, { lifetime: 60 });
        deepStrictEqual(await store.get(id), { ...record, [name]: `new ${name}` });
        await store.update(id, { set: toTexts({ [name]: record[name as ''] }), unset: [] }, { lifetime: 60 });
      }
      const left: SessionValues = { ...record };
      for (const name of Object.keys(record).slice(1)) {
        await store.update(id, { set: new Map(), unset: [name] }, { lifetime: 60 });
        delete left[name];
        deepStrictEqual(await store.get(id), left);
      }

    });

    it('also one MiB, and ten thousand keys', async () => {

      const long = { long: 'é"\n'.repeat(350_000), after: 1 };
      const id = await session(long);
      await store.update(id, { set: toTexts({ before: 2, after: 3 }), unset: [] }, { lifetime: 60 });
      deepStrictEqual(await store.get(id), { ...long, after: 3, before: 2 });

      const entries = Array.from({ length: 10_000 }, (_, index) => [`key ${index}`, index] as const);
      await store.set(id, Object.fromEntries(entries), Date.now() / 1000 + 60);
      const doubled = Object.fromEntries(entries.map(([name, index]) => [name, index * 2]));
      const start = performance.now();
      strictEqual(await store.update(id, { set: toTexts(doubled), unset: [] }, { lifetime: 60 }), 'updated');
      // A search for each key would block the server for seconds.
      ok(performance.now() - start < 1000, `${performance.now() - start} ms`);
      deepStrictEqual(await store.get(id), doubled);

    });

  });

  describe('fails for records that it has not written', () => {

    const hash = (id: string) => storedId(id).hash;
    const header = (id: string) => `${Date.now() + 60_000} ${Date.now()} ${hash(id)} abcdefghijkl  `;
    const FOREIGN: { readonly [what: string]: (id: string) => string } = {
      'nothing': () => '',
      'a line break': () => '\n',
      'other text': () => 'other text',
      'JSON': () => '{"a":1}',
      'a long line': () => 'x'.repeat(10_000),
      'many lines': () => '\n'.repeat(10_000),
      'a hash alone': hash,
    };
    const BROKEN: typeof FOREIGN = {
      'a first line without an end': header,
      'a time that is none': id => header(id).replace(/^\d{13}/, 'x'.repeat(13)) + '\na\t1\n',
      'a last line without an end': id => `${header(id)}\na\t1`,
    };

    for (const [what, make] of Object.entries({ ...FOREIGN, ...BROKEN })) {

      it(`such as ${what}`, async () => {

        const id = store.newSessionId();
        await client.set(keyOf(id), make(id), { PX: 60_000 });
        await rejects(store.load(id), SessionStoreError);
        await rejects(store.get(id), SessionStoreError);
        strictEqual(await store.create(id, toTexts({ a: 1 }), { lifetime: 60 }), false);
        if (what in BROKEN) return;
        strictEqual(await store.update(id, { set: toTexts({ a: 1 }), unset: [] }, { lifetime: 60 }), 'gone');
        strictEqual(await store.move(id, store.newSessionId(id), NOTHING, { lifetime: 60 }), 'gone');
        strictEqual(await store.touch(id, 60), false);
        strictEqual(await store.end(id), false);
        await store.delete(id);
        strictEqual(await client.get(keyOf(id)), make(id));

      });

    }

    // The lines after the first are only parsed when they are used.
    const LINES = {
      'a line without a tab': '\nabc\n',
      'a line without a tab before another': '\nabc\nd\t1\n',
      'a key with a broken escape': '\n\\x\t1\n',
    };

    for (const [what, lines] of Object.entries(LINES)) {

      it(`such as ${what}, and says so`, async () => {

        const id = store.newSessionId();
        await client.set(keyOf(id), header(id) + lines, { PX: 60_000 });
        const { texts: broken } = await live(id);
        throws(() => [...broken], SessionStoreError);
        await rejects(store.get(id), SessionStoreError);

      });

    }

    it('such as values that are not JSON', async () => {

      const id = store.newSessionId();
      await client.set(keyOf(id), `${header(id)}\na\tno JSON\n`, { PX: 60_000 });
      await rejects(store.get(id), SessionStoreError);

    });

    it('such as anything after the first line', async () => {

      await fc.assert(fc.asyncProperty(fc.array(fc.constantFrom('\n', '\t', 'a', '1', '\\', '"', ' ', '\n1\t1'), { maxLength: 12 }), async parts => {
        const id = store.newSessionId();
        await client.set(keyOf(id), header(id) + parts.join(''), { PX: 60_000 });
        try {
          for (const text of (await live(id)).texts.values()) strictEqual(typeof text, 'string');
          await store.get(id);
        } catch (error) {
          ok(error instanceof SessionStoreError);
        }
      }), { numRuns: 300 });

    });

    it('and throws if the key has another type', async () => {

      const id = store.newSessionId();
      await client.lPush(keyOf(id), 'a');
      await rejects(async () => store.load(id), /WRONGTYPE/);
      await rejects(async () => store.get(id), /WRONGTYPE/);
      await rejects(store.update(id, NOTHING, { lifetime: 60 }), /WRONGTYPE/);
      await rejects(store.create(id, toTexts({ a: 1 }), { lifetime: 60 }), /WRONGTYPE/);
      await rejects(store.touch(id, 60), /WRONGTYPE/);
      await rejects(store.end(id), /WRONGTYPE/);
      strictEqual(await client.lLen(keyOf(id)), 1);

    });

  });

  describe('with its four methods', () => {

    const soon = () => Date.now() / 1000 + 60;

    it('takes any text as an id', async () => {

      for (const id of ['', 'a', '__proto__', 'x'.repeat(59), '-'.repeat(59), '😀', '\ud800', 'a b\nc', 'x'.repeat(10_000)]) {
        await store.set(id, { id }, soon());
        deepStrictEqual(await store.get(id), { id });
        await store.delete(id);
        strictEqual(await store.get(id), null);
      }

    });

    it('does not overwrite a session that now has another id', async () => {

      const id = await session();
      const next = store.newSessionId(id);
      await store.move(id, next, NOTHING, { lifetime: 60 });
      await rejects(store.set(id, { stolen: true }, soon()), /has another id by now/);
      await store.delete(id);
      deepStrictEqual(await store.get(next), { a: 1 });

    });

    it('writes under the id of a session that has ended', async () => {

      const id = await session();
      await store.end(id);
      await store.set(id, { a: 2 }, soon());
      deepStrictEqual(await store.get(id), { a: 2 });

    });

    it('keeps the former ids when it writes, and leaves no mark when it deletes', async () => {

      const id = await session();
      const next = store.newSessionId(id);
      await store.move(id, next, NOTHING, { lifetime: 60 });
      await store.set(next, { a: 2 }, soon());
      deepStrictEqual(markOf(await store.load(id)), { status: 'retired', moved: true });
      await store.delete(next);
      strictEqual(await store.load(next), null);
      strictEqual(await client.exists(keyOf(next)), 0);

    });

    it('keeps a session without keys', async () => {

      const id = store.newSessionId();
      await store.set(id, {}, soon());
      deepStrictEqual(await store.get(id), {});
      deepStrictEqual(await texts(id), new Map());
      strictEqual(await store.update(id, NOTHING, { lifetime: 60 }), 'updated');
      deepStrictEqual(await texts(id), new Map());
      strictEqual(await store.update(id, { set: toTexts({ b: 2 }), unset: [] }, { lifetime: 60 }), 'updated');
      deepStrictEqual(await store.get(id), { b: 2 });

    });

  });

  it('stores the same bytes as pack()', async () => {

    const id = await session({ b: 1, a: [] });
    ok((await client.get(keyOf(id)) as string).endsWith(pack(toTexts({ b: 1, a: [] }))));

  });

});
