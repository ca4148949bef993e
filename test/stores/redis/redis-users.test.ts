import { deepStrictEqual, match, ok, rejects, strictEqual } from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import fc from 'fast-check';
import { createClient } from 'redis';
import { SessionStoreError } from '../../../src/base/errors.js';
import type { LiveSession, NewInfo, SessionChange } from '../../../src/base/store.js';
import { type NodeRedisClient, RedisStore } from '../../../src/stores/redis-store.js';
import { toTexts } from '../../../src/values/session-values.js';
import { anyText } from '../../support/any-text.js';
import { redisUrl } from '../../support/servers/addresses.js';
import { until } from '../../support/until.js';
import { markOf } from '../../support/mark-of.js';

const PREFIX = `redis-users.test ${process.pid}:`;

/** How long a mark is kept, in milliseconds. */
const DAY = 24 * 60 * 60 * 1000;

const NOTHING: SessionChange = { set: new Map(), unset: [] };
const changing = (values: object): SessionChange => ({ set: toTexts({ ...values }), unset: [] });
const of = (user: string | null, details = '{}', requestAge?: number): NewInfo => ({ info: { user, details }, requestAge });

let users = 0;
const someone = () => `user ${++users}`;

describe('RedisStore keeps the user and details of a session, and its index of users', () => {

  const client = createClient({ url: redisUrl(), commandOptions: { timeout: 0 } });
  const store = new RedisStore({ client, prefix: PREFIX });

  before(() => client.connect());
  after(() => client.destroy());

  /** A store whose commands are sent by a function, which gets the key of each. */
  function sending(send: (command: () => PromiseLike<unknown>, key: string) => PromiseLike<unknown>): RedisStore {
    const around: NodeRedisClient = {
      get: key => send(() => client.get(key), key),
      eval: (script, options) => send(() => client.eval(script, options), String(options.keys[0])),
      evalSha: (sha1, options) => send(() => client.evalSha(sha1, options), String(options.keys[0])),
    };
    return new RedisStore({ client: around, prefix: PREFIX });
  }

  async function session(user: string | null, lifetime = 60): Promise<string> {
    const id = store.newSessionId();
    strictEqual(await store.create(id, toTexts({ a: 1 }), { lifetime, newInfo: of(user) }), true);
    return id;
  }

  async function live(id: string): Promise<LiveSession> {
    const found = await store.load(id);
    ok(found?.status === 'live', `load() returned ${JSON.stringify(found)}`);
    return found;
  }

  /** The key of the user in the index whose entry is a session. */
  async function indexOf(id: string): Promise<string> {
    const found = [];
    for (const key of await client.keys(`${PREFIX}user:*`)) if (await client.zScore(key, store.handleOf(id)) !== null) found.push(key);
    strictEqual(found.length, 1);
    return found[0] as string;
  }

  async function handles(user: string): Promise<string[]> {
    return (await store.sessionsOf(user)).map(({ handle }) => handle).sort();
  }

  const text = fc.oneof(
    fc.constantFrom(' ', '"', '\\', '\t', '\r\n', '\0', '*', 'user:', 'é', 'e\u0301', '\u2028', '\ud800', '\udfff', '😀', '__proto__', '[', ',', '\\u0020'),
    anyText({ minLength: 1, maxLength: 8 }),
  );
  const user = fc.array(text, { minLength: 1, maxLength: 4 }).map(parts => parts.join('')).filter(joined => joined !== '');
  const details = fc.oneof(fc.string({ unit: 'grapheme-ascii' }), fc.constant('{"label":"a b"}'), fc.constant(' '.repeat(4096)));

  it('finds the session of a record that was put into the store by a process that died then', async () => {

    const whose = someone();
    const id = await session(whose);
    const { records } = await store.recordPage({ limit: 1000 });
    const record = records.find(({ handle }) => handle === store.handleOf(id));
    ok(record);
    await store.delete(id);
    for (const entry of await client.keys(`${PREFIX}user:*`)) await client.del(entry);
    let isDead = false;
    const dying = sending(async (command, key) => {
      if (isDead) throw new Error('killed');
      const answer = await command();
      isDead = key === `${PREFIX}${record.handle}`;
      return answer;
    });
    await rejects(async () => dying.putRecord(record, { requestAge: 1 }), /killed/);
    strictEqual((await store.load(id))?.status, 'live');
    deepStrictEqual(await handles(whose), [record.handle]);

  });

  it('lists sessions page by page whose handles have a hyphen or an underscore', async () => {

    const handles = ['-', '_'].map(sign => store.newSessionId().slice(0, 15) + sign).concat(['-', '_'].map(sign => sign + store.newSessionId().slice(0, 15)));
    for (const handle of handles) {
      const record = { handle, hash: 'x'.repeat(43), former: [], texts: toTexts({ a: 1 }), idle: 0, remaining: 60 };
      strictEqual(await store.putRecord(record), true);
    }
    const listed: string[] = [];
    for (let after: string | null | undefined; after !== null;) {
      const page = await store.sessionPage({ limit: 1, ...(after && { after }) });
      listed.push(...page.sessions.map(({ handle }) => handle));
      after = page.next;
    }
    for (const handle of handles) {
      ok(listed.includes(handle));
      strictEqual(await store.endByHandle(handle), true);
    }

  });

  it('returns any user and any details, after changes, touches, moves and set()', async () => {

    await fc.assert(fc.asyncProperty(fc.option(user), details, user, async (whose, what, other) => {
      let id = store.newSessionId();
      const info = { user: whose, details: what };
      strictEqual(await store.create(id, toTexts({ a: 1 }), { lifetime: 60, newInfo: { info, requestAge: 0 } }), true);
      deepStrictEqual((await live(id)).info, info);
      await store.update(id, changing({ b: 2 }), { lifetime: 60 });
      await store.touch(id, 90);
      await store.set(id, { c: 3 }, Date.now() / 1000 + 60);
      const next = store.newSessionId(id);
      strictEqual(await store.move(id, next, changing({ d: 4 }), { lifetime: 60 }), 'moved');
      deepStrictEqual(await store.load(id), { status: 'retired', moved: true, info });
      deepStrictEqual((await live(next)).info, info);
      id = store.newSessionId(next);
      strictEqual(await store.move(next, id, NOTHING, { lifetime: 60, patience: 5, newInfo: { info: { user: other, details: what } } }), 'moved');
      const found = await live(id);
      deepStrictEqual(found.info, { user: other, details: what });
      deepStrictEqual([...found.texts], [...toTexts({ c: 3, d: 4 })]);
      deepStrictEqual(await store.load(next), { status: 'retired', moved: true, info: { user: other, details: what } });
      ok((await handles(other)).includes(store.handleOf(id)));
      await store.end(id);
      deepStrictEqual(markOf(await store.load(next)), { status: 'retired', moved: false });
    }), { numRuns: 200 });

  });

  it('keeps users apart whose names look alike', async () => {

    const alike = ['A', 'a', 'a ', ' a', 'é', 'e\u0301', '\ud800', '\udfff', '\ufffd', 'null', '\\ud800', '"', '\\"', '*', ''].map(each => `${users} ${each}`);
    const ids = await Promise.all(alike.map(each => session(each)));
    for (const [index, each] of alike.entries()) deepStrictEqual(await handles(each), [store.handleOf(ids[index] as string)]);
    deepStrictEqual(await store.endSessionsOf(alike[0] as string), [store.handleOf(ids[0] as string)]);
    for (const [index, each] of alike.entries()) strictEqual((await handles(each)).length, index === 0 ? 0 : 1);

  });

  it('has no user and details for a session without them', async () => {

    const id = store.newSessionId();
    await store.create(id, toTexts({ a: 1 }), { lifetime: 60 });
    strictEqual('info' in await live(id), false);

  });

  it('fails for a session whose user and details can\'t be read', async () => {

    const id = await session(someone());
    const key = PREFIX + store.handleOf(id);
    await client.set(key, (await client.get(key) as string).replace('["', '["\\x'), { KEEPTTL: true });
    await rejects(store.load(id), SessionStoreError);
    await rejects(store.get(id), SessionStoreError);

  });

  it('lists how long ago a session was used, and how long it has left', async () => {

    const ada = someone();
    const id = await session(ada, 100);
    const key = PREFIX + store.handleOf(id);
    const used = async (ago: number) => {
      await client.setRange(key, 14, String(Date.now() - ago));
    };
    for (const use of [
      () => store.touch(id, 50), () => store.touch(id, 100), () => store.update(id, changing({ b: 2 }), { lifetime: 50 }),
      async () => store.set(id, { c: 3 }, Date.now() / 1000 + 100),
    ]) {
      await used(40_000);
      const [before] = await store.sessionsOf(ada);
      ok(before && before.idle >= 39 && before.idle < 45, JSON.stringify(before));
      await use();
      const [now] = await store.sessionsOf(ada);
      ok(now && now.idle >= 0 && now.idle < 5 && now.remaining > 95 && now.remaining <= 100, JSON.stringify(now));
      deepStrictEqual([now.handle, now.details], [store.handleOf(id), '{}']);
    }

  });

  it('keeps one key for each user, which expires with the last entry and holds no expired one', async () => {

    const ada = someone();
    const [first, second] = [await session(ada, 100), await session(ada, 1000)];
    const key = await indexOf(first);
    match(key, /^redis-users\.test \d+:user:[\w-]{43}$/);
    const left = async () => (await client.pTTL(key)) / 1000;
    ok(await left() > 1995 && await left() < 2001, `${await left()} s`);
    await store.touch(second, 10, ada);
    ok(await left() > 1990, 'a touch has shortened the life of an entry');
    await store.touch(first, 4000, ada);
    ok(await left() > 7995 && await left() < 8001, `${await left()} s`);
    await client.zAdd(key, Array.from({ length: 50 }, (_, index) => ({ score: Date.now() - index, value: `over ${index}` })));
    await store.touch(second, 10, ada);
    deepStrictEqual((await client.zRange(key, 0, -1)).sort(), [first, second].map(id => store.handleOf(id)).sort());

  });

  it('lists no session that has ended, and forgets it', async () => {

    const ada = someone();
    const [living, ended, gone] = [await session(ada), await session(ada), await session(ada)];
    const key = await indexOf(living);
    await store.end(ended);
    await client.del(PREFIX + store.handleOf(gone));
    const moved = store.newSessionId(living);
    await store.move(living, moved, NOTHING, { lifetime: 60 });
    deepStrictEqual(await handles(ada), [store.handleOf(moved)]);
    deepStrictEqual(await client.zRange(key, 0, -1), [store.handleOf(moved)]);

  });

  it('keeps an entry that was renewed after it was read', async () => {

    const ada = someone();
    const id = await session(ada);
    const key = await indexOf(id);
    let renews = true;
    const racing = sending(async (command, key) => {
      const value = await command();
      if (key.includes('user:')) return value;
      if (renews) {
        renews = false;
        await store.move(id, store.newSessionId(id), NOTHING, { lifetime: 90, patience: 5, newInfo: of(ada) });
      }
      // A read from before the session became the user's.
      return String(value).replace('["user', '["other');
    });
    deepStrictEqual(await racing.sessionsOf(ada), []);
    deepStrictEqual(await client.zRange(key, 0, -1), [store.handleOf(id)]);

  });

  it('restores a session that the index has lost, at a touch or a change with its user', async () => {

    for (const use of [(id: string, ada: string) => store.touch(id, 60, ada), (id: string, ada: string) => store.update(id, NOTHING, { lifetime: 60, patience: 5, user: ada })]) {
      const ada = someone();
      const id = await session(ada);
      const key = await indexOf(id);
      await client.del(key);
      deepStrictEqual(await handles(ada), []);
      await store.touch(id, 60);
      deepStrictEqual(await handles(ada), []);
      await use(id, ada);
      deepStrictEqual(await handles(ada), [store.handleOf(id)]);
      ok(await client.pTTL(key) > 115_000);
    }

  });

  it('ends a session later that it missed because the index had lost it, and no other', async () => {

    const ada = someone();
    const [missed, spared] = [await session(ada), await session(ada)];
    await client.del(await indexOf(missed));
    deepStrictEqual(await store.endSessionsOf(ada, { except: store.handleOf(spared) }), []);
    const later = await session(ada);
    for (const id of [missed, spared, later]) strictEqual(await store.touch(id, 60, ada), true);
    deepStrictEqual(markOf(await store.load(missed)), { status: 'retired', moved: false });
    deepStrictEqual(await handles(ada), [spared, later].map(id => store.handleOf(id)).sort());

  });

  it('brings no session back by a touch or a change with a user', async () => {

    const ada = someone();
    const id = await session(ada);
    await store.endSessionsOf(ada);
    strictEqual(await store.touch(id, 60, ada), false);
    strictEqual(await store.update(id, changing({ b: 2 }), { lifetime: 60, patience: 5, user: ada }), 'gone');
    deepStrictEqual(markOf(await store.load(id)), { status: 'retired', moved: false });
    deepStrictEqual(await store.sessionsOf(ada), []);

  });

  it('answers a touch or a change even while the index fails or hangs', async () => {

    const ada = someone();
    const id = await session(ada);
    for (const answer of [() => Promise.reject(new Error('no index')), () => new Promise(() => {})]) {
      const failing = sending((command, key) => (key.includes('user:') ? answer() : command()));
      strictEqual(await failing.touch(id, 60, ada), true);
      strictEqual(await failing.update(id, changing({ b: 2 }), { lifetime: 60, patience: 5, user: ada }), 'updated');
    }

  });

  /** How a session can end. */
  const ENDS: ReadonlyArray<(from: RedisStore, id: string) => Promise<boolean>> = [
    (from, id) => from.end(id), (from, id) => from.end(id, { moved: true }),
  ];

  it('keeps nothing of a user who signs in and out 300 times', async () => {

    const ada = someone();
    const living = await session(ada);
    const key = await indexOf(living);
    for (let time = 0; time < 300; time++) {
      const end = ENDS[time % ENDS.length] as typeof ENDS[number];
      const id = await session(ada);
      if (time % 3 === 0) {
        // Its former id can end it, too.
        strictEqual(await store.move(id, store.newSessionId(id), NOTHING, { lifetime: 60 }), 'moved');
      }
      strictEqual(await end(store, id), true);
      ok(await client.zCard(key) <= 2);
    }
    await until('one entry is left', async () => await client.zCard(key) === 1);
    deepStrictEqual(await client.zRange(key, 0, -1), [store.handleOf(living)]);
    strictEqual(await store.end(living), true);
    await until('the index is removed', async () => await client.exists(key) === 0);

  });

  it('lets the key of a user expire with its last entry', async () => {

    const ada = someone();
    const [long, short] = [await session(ada, 1000), await session(ada, 100)];
    const key = await indexOf(short);
    await store.end(long);
    await until('one entry is left', async () => await client.zCard(key) === 1);
    ok(await client.pTTL(key) < 201_000);
    await store.touch(short, 200_000, ada);
    await store.endSessionsOf(ada);
    ok(await client.pTTL(key) < DAY + 1000);

  });

  it('ends a session with one command for its record, and one for the index, for which no one waits', async () => {

    for (const end of ENDS) {
      for (const asked of [() => new Promise(() => {}), () => Promise.reject(new Error('no index')), () => { throw new Error('no connection'); }]) {
        const commands: string[] = [];
        const failing = sending((command, key) => {
          commands.push(key.slice(PREFIX.length).replace(/:.*/, ''));
          return key.includes('user:') ? asked() : command();
        });
        const [of, withoutUser] = [await session(someone()), await session(null)];
        strictEqual(await end(failing, of), true);
        deepStrictEqual(commands.splice(0), [store.handleOf(of), 'user']);
        strictEqual(await end(failing, withoutUser), true);
        deepStrictEqual(commands, [store.handleOf(withoutUser)]);
      }
    }

  });

  it('keeps the entry of a new session under the id of one whose mark has expired', async () => {

    const ada = someone();
    const id = await session(ada);
    const key = await indexOf(id);
    let forget: (() => PromiseLike<unknown>) | undefined;
    const ended = (secondsAgo: number) => sending(async (command, name) => {
      if (name.includes('user:')) {
        forget = command;
        return new Promise(() => {});
      }
      const [word, time, info] = await command() as [string, number, string];
      return [word, time - secondsAgo * 1000, info];
    });
    strictEqual(await ended(31).end(id), true);
    await client.del(PREFIX + store.handleOf(id));
    strictEqual(await store.create(id, toTexts({ a: 1 }), { lifetime: 60, newInfo: of(ada) }), true);
    await forget?.();
    deepStrictEqual(await client.zRange(key, 0, -1), [store.handleOf(id)]);
    strictEqual(await ended(1).end(id), true);
    await forget?.();
    strictEqual(await client.exists(key), 0);

  });

  it('refuses a session of a user whose sessions were ended after the request began, and no other', async () => {

    const ada = someone();
    await store.endSessionsOf(ada, { only: store.handleOf(await session(ada)) });
    const id = await session(ada);
    const key = await indexOf(id);
    strictEqual(await client.zScore(key, '*'), null, 'the end of one session has left a mark');
    await store.endSessionsOf(ada);
    const revoked = async (ago: number) => {
      await client.zAdd(key, { value: '*', score: Date.now() - ago + DAY }, { condition: 'XX' });
    };
    // The end is now ten seconds ago.
    await revoked(10_000);
    for (const [requestAge, answer] of [[undefined, false], [0, false], [5, false], [9.5, false], [10.5, true], [86_000, true]] as const) {
      const created = store.newSessionId();
      strictEqual(await store.create(created, toTexts({ a: 1 }), { lifetime: 60, newInfo: of(ada, '', requestAge) }), answer ? 'revoked' : true, `${requestAge} s`);
      const anonymous = store.newSessionId();
      await store.create(anonymous, toTexts({ a: 1 }), { lifetime: 60 });
      const moved = store.newSessionId(anonymous);
      strictEqual(await store.move(anonymous, moved, NOTHING, { lifetime: 60, patience: 5, newInfo: of(ada, '', requestAge) }), answer ? 'revoked' : 'moved', `${requestAge} s`);
      for (const each of [created, moved]) {
        strictEqual((await store.load(each))?.status, answer ? 'retired' : 'live');
        strictEqual((await handles(ada)).includes(store.handleOf(each)), !answer);
        strictEqual(await client.zScore(key, store.handleOf(each)) === null, answer);
      }
    }
    // Sessions of another user, and without a user, are not refused.
    strictEqual(await store.create(store.newSessionId(), toTexts({ a: 1 }), { lifetime: 60, newInfo: of(someone(), '', 86_000) }), true);
    strictEqual(await store.create(store.newSessionId(), toTexts({ a: 1 }), { lifetime: 60, newInfo: of(null, '', 86_000) }), true);

  });

  it('refuses a session of a user if those of all users were ended after the request began', async () => {

    const prefix = `${PREFIX}all:`;
    const all = new RedisStore({ client, prefix });
    await all.endAllSessions();
    await client.zAdd(`${prefix}user:*`, { value: '*', score: Date.now() - 10_000 + DAY }, { condition: 'XX' });
    for (const [requestAge, answer] of [[undefined, true], [0, true], [9.5, true], [10.5, 'revoked']] as const) {
      const id = all.newSessionId();
      strictEqual(await all.create(id, toTexts({ a: 1 }), { lifetime: 60, newInfo: of(someone(), '', requestAge) }), answer);
      strictEqual((await all.load(id))?.status, answer === true ? 'live' : 'retired');
    }
    strictEqual(await all.create(all.newSessionId(), toTexts({ a: 1 }), { lifetime: 60, newInfo: of(null, '', 86_000) }), true);

  });

  it('remembers a revocation for a day', async () => {

    const ada = someone();
    const key = await indexOf(await session(ada));
    await store.endSessionsOf(ada);
    ok(await client.pTTL(key) > DAY - 5000 && await client.pTTL(key) < DAY + 1000);
    await client.zAdd(key, { value: '*', score: Date.now() - 1 }, { condition: 'XX' });
    strictEqual(await store.create(store.newSessionId(), toTexts({ a: 1 }), { lifetime: 60, newInfo: of(ada, '', 86_500) }), true);
    strictEqual(await client.zScore(key, '*'), null);

  });

  it('moves a session only from the given version', async () => {

    const id = await session(null);
    const { version } = await live(id);
    await store.update(id, changing({ b: 2 }), { lifetime: 60 });
    const next = store.newSessionId(id);
    strictEqual(await store.move(id, next, NOTHING, { lifetime: 60, patience: 5, newInfo: of(someone()), version }), 'conflict');
    strictEqual((await live(id)).info?.user, null);
    strictEqual(await store.move(id, next, NOTHING, { lifetime: 60, patience: 5, version: (await live(id)).version }), 'moved');

  });

  it('ends thousands of sessions of one user, a few hundred at a time', async () => {

    const ada = someone();
    const ids = Array.from({ length: 3000 }, () => store.newSessionId());
    for (let at = 0; at < ids.length; at += 500) await Promise.all(ids.slice(at, at + 500).map(id => store.create(id, toTexts({ a: 1 }), { lifetime: 60, newInfo: of(ada) })));
    let [now, most] = [0, 0];
    const other = sending(async command => {
      most = Math.max(most, ++now);
      try {
        return await command();
      } finally {
        now--;
      }
    });
    strictEqual((await other.sessionsOf(ada)).length, 3000);
    strictEqual((await other.endSessionsOf(ada)).length, 3000);
    ok(most > 1 && most <= 500, `${most} commands at once`);
    deepStrictEqual(await other.sessionsOf(ada), []);

  });

  it('needs as many round trips as documented', async () => {

    let [now, trips] = [0, 0];
    const counting = sending(async command => {
      if (now++ === 0) trips++;
      try {
        return await command();
      } finally {
        now--;
      }
    });
    const ada = someone();
    const takes = async (count: number, call: () => Promise<unknown>) => {
      // The server may need the script first.
      await call();
      trips = 0;
      const answer = await call();
      strictEqual(trips, count, String(call));
      return answer;
    };
    let id = await session(ada);
    await takes(1, () => counting.load(id));
    await takes(1, () => counting.touch(id, 60));
    await takes(1, () => counting.touch(id, 60, ada));
    await takes(1, () => counting.update(id, changing({ b: 2 }), { lifetime: 60, patience: 5, user: ada }));
    await takes(2, () => counting.create(counting.newSessionId(), toTexts({ a: 1 }), { lifetime: 60, newInfo: of(ada, '', 0) }));
    await takes(1, () => counting.create(counting.newSessionId(), toTexts({ a: 1 }), { lifetime: 60, newInfo: of(null) }));
    const move = async (newInfo?: NewInfo) => {
      const next = counting.newSessionId(id);
      strictEqual(await counting.move(id, next, NOTHING, { lifetime: 60, patience: 5, newInfo }), 'moved');
      id = next;
    };
    await takes(1, () => move());
    await takes(2, () => move(of(ada, '', 0)));
    await takes(2, () => counting.sessionsOf(ada));
    trips = 0;
    ok((await counting.endSessionsOf(ada)).length > 2);
    ok(trips <= 4, `${trips} round trips`);

  });

  it('says that it can\'t end all sessions with a client that can\'t scan', async () => {

    const bare: NodeRedisClient = {
      get: key => client.get(key),
      eval: (script, options) => client.eval(script, options),
      evalSha: (sha1, options) => client.evalSha(sha1, options),
    };
    await rejects(new RedisStore({ client: bare, prefix: 'bare:' }).endAllSessions(), /has no method "scan": it can't look for all sessions/);

  });

  it('has no part of an id in its keys or values', async () => {

    const ada = someone();
    const ids = [await session(ada), await session(null)];
    for (const id of ids.slice()) {
      const next = store.newSessionId(id);
      await store.move(id, next, NOTHING, { lifetime: 60, patience: 5, newInfo: of(ada) });
      ids.push(next);
    }
    await store.endSessionsOf(ada, { only: store.handleOf(ids[0] as string) });
    const keys = await client.keys(`${PREFIX}*`);
    const dump = (await Promise.all(keys.map(async key => [
      key, ...await client.type(key) === 'zset' ? await client.zRange(key, 0, -1) : [await client.get(key)],
    ].join('\n')))).join('\n');
    for (const id of ids) {
      ok(dump.includes(id.slice(0, 16)));
      const secret = id.slice(16);
      for (let at = 0; at + 8 <= secret.length; at++) ok(!dump.includes(secret.slice(at, at + 8)), 'a part of a secret is stored');
    }

  });

});
