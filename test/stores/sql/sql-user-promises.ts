import assert from 'node:assert/strict';
import { it } from 'node:test';
import fc from 'fast-check';
import { SessionStoreError } from '../../../src/base/errors.js';
import type { IndexingSessionStore, NewInfo, SessionChange, SessionTexts } from '../../../src/base/store.js';
import { asciiUserHash as userHash } from '../../../src/stores/shared/user-hash.js';
import { toTexts } from '../../../src/values/session-values.js';
import { anyText } from '../../support/any-text.js';
import type { SqlStore, Table } from './sql-promises.js';
import { markOf } from '../../support/mark-of.js';

export type UserStore = SqlStore & IndexingSessionStore & Required<Pick<SqlStore, 'move'>>;

const NOTHING: SessionChange = { set: new Map(), unset: [] };
const TEXTS: SessionTexts = toTexts({ a: 1 });

/** The age in seconds of a request that began before the test. */
const LONG = 60;

const user = fc.oneof(
  anyText({ minLength: 1 }), fc.string({ unit: 'grapheme', minLength: 1 }),
  fc.array(fc.integer({ min: 0, max: 0xffff }), { minLength: 1 }).map(units => String.fromCharCode(...units)),
);
const details = fc.string({ unit: fc.integer({ min: 0x20, max: 0x7e }).map(code => String.fromCharCode(code)), maxLength: 200 });

/** Names of users that must never be confused. */
const DIFFERENT = [
  '1', '01', '1.0', 'A', 'a', 'a ', ' a', 'a\0', 'a\r\n', 'a\n', 'é', 'e\u0301', '😀', '\ud83d', '\ude00', '\ufffd', '\ud800', 'null', '"', '\'',
  '\\', '\\u0061', '%', '_', '{a}', 'a}b{c', '*', '__proto__', 'sweeper', 'x'.repeat(1e6), `${'x'.repeat(1e6)}y`, '😀'.repeat(1000),
];

let users = 0;

/** A user without a session. */
function someone(): string {

  return `user ${++users} of ${process.pid}`;

}

const of = (user: string | null, details = '', requestAge?: number): NewInfo => ({ info: { user, details }, requestAge });

async function signedIn(store: UserStore, user: string, details = ''): Promise<string> {

  const id = await store.newSessionId();
  assert.equal(await store.create(id, TEXTS, { lifetime: 60, newInfo: of(user, details) }), true);
  return id;

}

async function isLive(store: UserStore, id: string): Promise<boolean> {

  return (await store.load(id))?.status === 'live';

}

const info = async (store: UserStore, id: string) => (await store.load(id) as { info?: unknown } | null)?.info;
const handlesOf = async (store: UserStore, user: string) => (await store.sessionsOf(user)).map(({ handle }) => handle).sort();
const pause = async () => {
  for (let turns = Math.random() * 8; turns > 1; turns--) await new Promise(resolve => setImmediate(resolve));
};

/**
 * What every store in an SQL database must do for users in addition to the contract.
 *
 * @param other opens a store on the same table, with separate connections
 */
export function userPromises(open: () => Promise<UserStore>, table: () => Table, trials: number, other = open): void {

  it('keeps any user and any details of a session', async () => {

    const store = await open();
    await fc.assert(fc.asyncProperty(fc.option(user), details, async (user, details) => {
      const id = await store.newSessionId();
      await store.create(id, TEXTS, { lifetime: 60, newInfo: of(user, details) });
      const expected = user === null && details === '' ? undefined : { user, details };
      assert.deepEqual(await info(store, id), expected);
      assert.deepEqual(await store.get(id), { a: 1 });
      if (user !== null) assert.ok((await store.sessionsOf(user)).some(each => each.handle === store.handleOf(id) && each.details === details));
    }), { numRuns: trials });

  });

  it('keeps users apart whose names are nearly the same', async () => {

    const store = await open();
    const ids = new Map<string, string>();
    for (const user of DIFFERENT) await store.endSessionsOf(user);
    for (const user of DIFFERENT) ids.set(user, await signedIn(store, user));
    for (const [user, id] of ids) {
      assert.deepEqual(await handlesOf(store, user), [store.handleOf(id)]);
      assert.deepEqual(await info(store, id), { user, details: '' });
    }
    for (const [user, id] of ids) assert.deepEqual(await store.endSessionsOf(user), [store.handleOf(id)]);

  });

  it('keeps the user and details through changes and moves, until a move gives others', async () => {

    const store = await open();
    const [one, two] = [someone(), someone()];
    const id = await signedIn(store, one, 'first');
    await store.update(id, { set: toTexts({ b: 2 }), unset: ['a'] }, { lifetime: 60 });
    await store.update(id, { set: new Map(), unset: ['c'] }, { lifetime: 60 });
    await store.touch(id, 90);
    await store.set(id, { d: 4 }, Date.now() / 1000 + 60);
    const moved = await store.newSessionId(id);
    assert.equal(await store.move(id, moved, NOTHING, { lifetime: 60 }), 'moved');
    for (const each of [id, moved]) assert.deepEqual(await info(store, each), { user: one, details: 'first' });
    const others = await store.newSessionId(moved);
    assert.equal(await store.move(moved, others, { set: toTexts({ e: 5 }), unset: [] }, { lifetime: 60, patience: 3, newInfo: of(two, 'second') }), 'moved');
    for (const each of [id, moved, others]) assert.deepEqual(await info(store, each), { user: two, details: 'second' });
    assert.deepEqual([await handlesOf(store, one), await handlesOf(store, two)], [[], [store.handleOf(id)]]);
    const withoutUser = await store.newSessionId(others);
    assert.equal(await store.move(others, withoutUser, NOTHING, { lifetime: 60, patience: 3, newInfo: of(null) }), 'moved');
    assert.equal(await info(store, withoutUser), undefined);
    assert.deepEqual(await handlesOf(store, two), []);
    assert.deepEqual(await store.get(withoutUser), { d: 4, e: 5 });

  });

  it('moves a session only from the given version', async () => {

    const store = await open();
    const id = await signedIn(store, someone());
    const next = await store.newSessionId(id);
    const { version } = await store.load(id) as { version: number };
    await store.update(id, { set: toTexts({ b: 2 }), unset: [] }, { lifetime: 60 });
    assert.equal(await store.move(id, next, NOTHING, { lifetime: 60, patience: 3, newInfo: of(null), version }), 'conflict');
    assert.equal(await store.move(id, next, { set: toTexts({ c: 3 }), unset: [] }, { lifetime: 60, version }), 'conflict');
    const { version: latest } = await store.load(id) as { version: number };
    assert.equal(await store.move(id, next, NOTHING, { lifetime: 60, patience: 3, newInfo: of(null), version: latest }), 'moved');

  });

  it('lists live sessions, how long each has been idle, and how long it has left', async () => {

    const store = await open();
    const user = someone();
    const [id, expired, ended] = [await signedIn(store, user, 'a b  c'), await signedIn(store, user), await signedIn(store, user)];
    await table().damage(expired, 'ends_at', 1);
    await store.end(ended);
    await table().damage(id, 'seen_at', Date.now() - 20_000);
    const idle = async () => {
      const [session, ...more] = await store.sessionsOf(user);
      assert.deepEqual([session?.handle, session?.details, more], [store.handleOf(id), 'a b  c', []]);
      assert.ok(session && session.remaining > 50 && session.remaining <= 60, `${session?.remaining}`);
      return session.idle;
    };
    const before = await idle();
    assert.ok(before >= 19 && before < 40, `${before}`);
    await store.touch(id, 60);
    assert.ok(await idle() < 10);
    await table().damage(id, 'seen_at', Date.now() - 20_000);
    await store.update(id, { set: toTexts({ b: 1 }), unset: [] }, { lifetime: 60 });
    assert.ok(await idle() < 10);

  });

  it('forgets the user and details when the session ends', async () => {

    const store = await open();
    const user = someone();
    const ids = await Promise.all(Array.from({ length: 5 }, () => signedIn(store, user, 'secret details')));
    const [ended, left, another, revoked, expired] = ids as [string, string, string, string, string];
    for (const id of [ended, another]) assert.equal(await store.end(id), true);
    assert.equal(await store.end(left, { moved: true }), true);
    assert.equal(await store.end(left, { moved: true }), false);
    await store.endSessionsOf(user, { only: store.handleOf(revoked) });
    await table().damage(expired, 'ends_at', 1);
    assert.equal(await store.create(expired, TEXTS, { lifetime: 60 }), true);
    for (const id of [ended, left, another, revoked]) assert.deepEqual(markOf(await store.load(id)), { status: 'retired', moved: id === left });
    assert.equal(await info(store, expired), undefined);
    const rows = await table().rows();
    assert.ok(!JSON.stringify(rows).includes(user));
    assert.deepEqual(await handlesOf(store, user), []);
    await Promise.all(ids.slice(0, 4).map(id => table().damage(id, 'ends_at', 1)));
    for (const id of ids.slice(0, 4)) {
      await store.set(id, { b: 1 }, Date.now() / 1000 + 60);
      assert.deepEqual([await store.get(id), await info(store, id)], [{ b: 1 }, undefined]);
    }
    assert.deepEqual(await handlesOf(store, user), []);

  });

  it('has only a hash of the user in the column that it searches', async () => {

    const store = await open();
    const id = await signedIn(store, 'x'.repeat(100));
    const row = (await table().rows()).find(({ handle }) => handle === store.handleOf(id));
    assert.match(row?.user_id ?? '', /^[\w-]{43}$/);

  });

  it('ends one session, all, or all but one, and none of another user', async () => {

    const store = await open();
    const [user, stranger] = [someone(), someone()];
    const [id, second, third, theirs] = await Promise.all([...[user, user, user, stranger].map(each => signedIn(store, each))]) as [string, string, string, string];
    const handle = (of: string) => store.handleOf(of);
    for (const only of [handle(theirs), 'no one', '', 'sweeper', 'u:*', '\0', '\ud800'.repeat(16), '😀', 'x'.repeat(1e5), '%'.repeat(16)]) {
      assert.deepEqual(await store.endSessionsOf(user, { only }), []);
    }
    const { length } = await store.sessionsOf(user);
    assert.equal(length, 3);
    const moved = await store.newSessionId(id);
    await store.move(id, moved, NOTHING, { lifetime: 60 });
    assert.deepEqual(await store.endSessionsOf(user, { only: handle(id) }), [handle(id)]);
    assert.deepEqual(await store.endSessionsOf(user, { only: handle(id) }), []);
    for (const each of [id, moved]) assert.deepEqual(markOf(await store.load(each)), { status: 'retired', moved: false });
    assert.deepEqual(await store.endSessionsOf(user, { except: handle(second) }), [handle(third)]);
    assert.deepEqual(await store.endSessionsOf(user, { except: '\0' }), [handle(second)]);
    assert.deepEqual(await store.endSessionsOf(user), []);
    assert.ok(await isLive(store, theirs));

  });

  it('refuses a session of a user whose sessions were ended after the request began', async () => {

    const store = await open();
    const becomes = async (user: string, requestAge?: number) => {
      const id = await store.newSessionId();
      const next = await store.newSessionId(id);
      const created = await store.create(await store.newSessionId(), TEXTS, { lifetime: 60, newInfo: of(user, '', requestAge) });
      await store.create(id, TEXTS, { lifetime: 60 });
      const moved = await store.move(id, next, NOTHING, { lifetime: 60, patience: 3, newInfo: of(user, '', requestAge) });
      return [created, moved, (await store.load(id))?.status, (await store.load(next))?.status, await isLive(store, next), (await handlesOf(store, user)).length];
    };
    const accepted = [true, 'moved', 'retired', 'live', true, 2];
    const user = someone();
    await store.endSessionsOf(someone());
    await store.endSessionsOf(user, { only: await store.newSessionId() });
    assert.deepEqual(await becomes(user, LONG), accepted);
    await store.endSessionsOf(user, { except: 'no one' });
    assert.deepEqual(await becomes(user, LONG), ['revoked', 'revoked', 'retired', 'retired', false, 0]);
    assert.deepEqual(await becomes(user), accepted);
    await store.endSessionsOf(user);
    const marks = (await table().rows()).filter(({ handle }) => handle?.startsWith('u:'));
    for (const { handle, version } of marks) await table().damage(`${handle}`, 'version', Number(version) - 120_000_000);
    assert.deepEqual(await becomes(user, LONG), accepted);
    // As after the server's clock was set back by an hour: the marks are in the future.
    for (const { handle, version } of marks) await table().damage(`${handle}`, 'version', Number(version) + 3_600_000_000);
    assert.deepEqual((await becomes(user, LONG)).slice(0, 5), accepted.slice(0, 5));
    await store.endSessionsOf(user);
    assert.deepEqual(await becomes(user, LONG), ['revoked', 'revoked', 'retired', 'retired', false, 0]);
    await store.endAllSessions();
    assert.deepEqual(await becomes(user, LONG), ['revoked', 'revoked', 'retired', 'retired', false, 0]);
    for (const { handle } of (await table().rows()).filter(({ handle }) => handle?.startsWith('u:'))) await table().damage(`${handle}`, 'ends_at', 1);
    await store.gc();
    assert.deepEqual(await becomes(user, LONG), accepted);

  });

  it('ends every session, however many there are', async () => {

    const store = await open();
    const ids: string[] = [];
    for (let count = 0; count < 1100; count += 20) {
      ids.push(...await Promise.all(Array.from({ length: 20 }, async () => {
        const id = await store.newSessionId();
        await store.create(id, TEXTS, { lifetime: 60, newInfo: count % 3 ? of(`${count % 50}`) : undefined });
        return id;
      })));
    }
    await store.endAllSessions();
    const live = (await table().rows()).filter(row => row.id_hash !== '' && Number(row.ends_at) > Date.now());
    assert.deepEqual(live, []);
    for (const id of ids.slice(0, 20)) assert.deepEqual(markOf(await store.load(id)), { status: 'retired', moved: false });

  });

  it('executes a second statement only if a session becomes one of a user', async () => {

    const store = await open();
    const user = someone();
    const [id, created] = [await store.newSessionId(), await store.newSessionId()];
    const [next, last] = [await store.newSessionId(id), await store.newSessionId(id)];
    const steps: Array<[string, number, () => unknown]> = [
      ['create', 1, () => store.create(id, TEXTS, { lifetime: 60, newInfo: of(null, 'details') })], ['create with a user', 2, () => store.create(created, TEXTS, { lifetime: 60, newInfo: of(user, '', 0) })],
      ['load', 1, () => store.load(created)], ['become', 2, () => store.move(id, next, NOTHING, { lifetime: 60, patience: 3, newInfo: of(user, '', 0) })],
      ['move', 1, () => store.move(next, last, NOTHING, { lifetime: 60, patience: 3, newInfo: of(user) })], ['sessionsOf', 1, () => store.sessionsOf(user)],
    ];
    for (const [name, statements, step] of steps) {
      const before = table().executed();
      await step();
      assert.equal(table().executed() - before, statements, name);
    }

  });

  it('fails for a session whose user can\'t be read, omits it from lists, and ends it with the others', async () => {

    const store = await open();
    const user = someone();
    const damaged = ['x', '{}', '[]', '[1,""]', '["a"]', '["a",1]', '["a","",0]'];
    for (const damage of damaged) {
      const id = await signedIn(store, user);
      await table().damage(id, 'about', damage);
      await assert.rejects(async () => store.load(id), SessionStoreError, damage);
    }
    assert.deepEqual(await store.sessionsOf(user), []);
    assert.equal((await store.endSessionsOf(user)).length, damaged.length);

  });

  it('restores a session that its index has lost as soon as it is used', async () => {

    const store = await open();
    for (const use of [
      (id: string, user: string) => store.touch(id, 60, user),
      (id: string, user: string) => store.update(id, { set: TEXTS, unset: [] }, { lifetime: 60, patience: 3, user }),
      (id: string, user: string) => store.update(id, { set: toTexts({ b: 1 }), unset: ['a'] }, { lifetime: 60, patience: 3, user }),
      (id: string, user: string) => store.update(id, { set: new Map(), unset: ['b'] }, { lifetime: 60, patience: 3, user }),
    ]) {
      const user = someone();
      const id = await signedIn(store, user);
      const handle = store.handleOf(id);
      await table().damage(id, 'user_id', null);
      assert.deepEqual(await store.sessionsOf(user), []);
      await store.touch(id, 60);
      assert.deepEqual(await store.sessionsOf(user), []);
      await use(id, user);
      assert.deepEqual((await store.sessionsOf(user)).map(session => session.handle), [handle]);
      assert.deepEqual(await store.endSessionsOf(user), [handle]);
    }

  });

  it('lists no session of another user, whatever its index says', async () => {

    const store = await open();
    const [user, other] = [someone(), someone()];
    const id = await signedIn(store, user, 'private');
    await table().damage(id, 'user_id', userHash(other));
    assert.deepEqual(await store.sessionsOf(other), []);
    await store.touch(id, 60, user);
    assert.equal((await store.sessionsOf(user)).length, 1);

  });

  /** Runs a task and the end of a user's sessions at once. Returns when each began, their answers, and the sessions that are left. */
  const race = async <T>(user: string, one: UserStore, two: UserStore, task: () => PromiseLike<T> | T) => {
    const [[began, answer], [ended, handles]] = await Promise.all([
      pause().then(async () => [performance.now(), await task()] as const),
      pause().then(async () => [performance.now(), await two.endSessionsOf(user)] as const),
    ]);
    return { began, ended, answer, handles, left: await handlesOf(one, user) };
  };

  it('leaves no session of a user whose sessions end during a sign-in', async () => {

    const [one, two] = [await open(), await other()];
    for (let trial = 0; trial < trials; trial++) {
      const user = someone();
      const id = await one.newSessionId();
      const isNew = trial % 2 === 0;
      const requestAge = trial % 4 < 2 ? 1 : 0;
      if (!isNew) await one.create(id, TEXTS, { lifetime: 60 });
      const next = isNew ? id : await one.newSessionId(id);
      const { began, ended, answer, left } = await race(user, one, two, () => (
        isNew ? one.create(id, TEXTS, { lifetime: 60, newInfo: of(user, '', requestAge) }) : one.move(id, next, NOTHING, { lifetime: 60, patience: 3, newInfo: of(user, '', requestAge) })));
      assert.ok([true, 'moved', 'revoked'].includes(answer), `${answer}`);
      if (requestAge > 0 || began < ended || answer === 'revoked') assert.deepEqual(left, [], `trial ${trial}: ${answer}`);
      assert.equal(await isLive(one, next), left.length > 0);
    }

  });

  it('leaves no session of a user whose sessions end while one of them gets a new id', async () => {

    const [one, two] = [await open(), await other()];
    for (let trial = 0; trial < trials; trial++) {
      const user = someone();
      const id = await signedIn(one, user);
      const next = await one.newSessionId(id);
      const { answer, handles, left } = await race(user, one, two, () => (
        one.move(id, next, trial % 2 ? NOTHING : { set: toTexts({ b: 2 }), unset: [] }, { lifetime: 60, patience: 3 })));
      assert.ok(['moved', 'gone'].includes(answer), answer);
      assert.deepEqual([handles, left], [[one.handleOf(id)], []]);
      for (const each of [id, next]) assert.ok(!await isLive(one, each));
      assert.deepEqual(markOf(await one.load(answer === 'moved' ? next : id)), { status: 'retired', moved: false });
    }

  });

  it('leaves no session of a sign-in during the end of all sessions', async () => {

    const [one, two] = [await open(), await other()];
    for (let trial = 0; trial < trials / 4; trial++) {
      const user = someone();
      const kept = await signedIn(one, user);
      const next = await one.newSessionId(kept);
      const id = await one.newSessionId();
      await Promise.all([
        pause().then(() => one.create(id, TEXTS, { lifetime: 60, newInfo: of(user, '', 1) })), pause().then(() => one.move(kept, next, NOTHING, { lifetime: 60 })),
        pause().then(() => two.endAllSessions()),
      ]);
      assert.deepEqual(await handlesOf(one, user), []);
      for (const each of [id, kept, next]) assert.ok(!await isLive(one, each));
    }

  });

  it('reports the end of each session exactly once', async () => {

    const [one, two] = [await open(), await other()];
    for (let trial = 0; trial < trials / 4; trial++) {
      const user = someone();
      const ids = await Promise.all(Array.from({ length: 4 }, () => signedIn(one, user)));
      const [out, ...ended] = await Promise.all([
        pause().then(() => one.end(ids[0] as string)),
        pause().then(() => one.endSessionsOf(user)), pause().then(() => two.endSessionsOf(user)),
        pause().then(() => two.endSessionsOf(user, { only: one.handleOf(ids[1] as string) })),
      ]);
      const expected = (out ? ids.slice(1) : ids).map(id => one.handleOf(id));
      assert.deepEqual(ended.flat().sort(), expected.sort());
    }

  });

}
