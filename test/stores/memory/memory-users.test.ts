import { deepStrictEqual, ok, strictEqual } from 'node:assert/strict';
import { describe, it } from 'node:test';
import { handleOf } from '../../../src/id/stored-id.js';
import { type LiveSession, type MemoryStore, UserSessions } from '../../../src/index.js';
import type { MemoryEntries } from '../../../src/stores/memory/memory-entries.js';
import { REVOKED_FOR as REVOKED_FOR_MILLISECONDS } from '../../../src/stores/shared/mark-lifetimes.js';
import { Revocations } from '../../../src/stores/shared/revocations.js';
import { NOW, set, storeAt, texts } from '../../support/memory-store-at.js';
import { site } from '../../support/site.js';

const REVOKED_FOR = REVOKED_FOR_MILLISECONDS / 1000;

const newInfo = (user: string | null, requestAge?: number) => ({ info: { user, details: 'd' }, requestAge });

/** A session of a user, and its id. */
function bound(store: MemoryStore, user: string | null, lifetime = 100): string {

  const id = store.newSessionId();
  strictEqual(store.create(id, texts({ a: 1 }), { lifetime, newInfo: newInfo(user) }), true);
  return id;

}

/** The number of users in the index. */
function users(store: MemoryStore): number {

  return (store.store as MemoryEntries).users.size;

}

describe('MemoryStore, with users', () => {

  it('lists a user\'s sessions with handles, the seconds since their last use, and the seconds left', () => {

    const { store, clock } = storeAt();
    const [one, two] = [bound(store, 'ada'), bound(store, 'ada', 50)];
    clock.now += 7.9;
    store.touch(two, 60);
    store.load(one);
    clock.now += 2;
    deepStrictEqual(store.sessionsOf('ada').map(session => ({ ...session, idle: session.idle.toFixed(3) })), [
      { handle: one.slice(0, 16), details: 'd', idle: '9.900', remaining: 92 },
      { handle: two.slice(0, 16), details: 'd', idle: '2.000', remaining: 59 },
    ]);
    deepStrictEqual(store.sessionsOf('Ada'), []);

  });

  it('lists and ends no session of another user, whatever an application puts into its map', () => {

    const { store } = storeAt();
    const id = bound(store, 'ada');
    Object.assign(store.store.get(id)?.kept as object, { info: { user: 'eve', details: 'd' } });
    deepStrictEqual(store.sessionsOf('ada'), []);
    deepStrictEqual(store.sessionsOf('eve'), []);
    deepStrictEqual(store.endSessionsOf('ada'), []);
    ok(store.load(id));

  });

  it('forgets a user with the last session, however that ends', async () => {

    const { store, clock } = storeAt();
    const endings: Record<string, (id: string) => unknown> = {
      end: id => store.end(id),
      delete: id => store.delete(id),
      'a move to another user': id => store.move(id, store.newSessionId(id), set({}), { lifetime: 10, newInfo: newInfo(null) }),
      'the end of all sessions of the user': () => store.endSessionsOf('ada'),
      'the end of all sessions': () => store.endAllSessions(),
      'its expiry, when it is used': id => {
        clock.now += 1000;
        store.touch(id, 10);
      },
      'its expiry, when it is cleaned up': () => {
        clock.now += 1000;
        store.gc();
      },
      'its expiry, when it is listed': () => {
        clock.now += 1000;
        deepStrictEqual(store.sessionsOf('ada'), []);
      },
      'a deletion from the map': id => store.store.delete(id),
      'clearing the map': () => store.store.clear(),
    };
    for (const [name, end] of Object.entries(endings)) {
      const id = bound(store, 'ada');
      strictEqual(users(store), 1);
      await end(id);
      strictEqual(users(store), 0, name);
      deepStrictEqual(store.sessionsOf('ada'), [], name);
    }

  });

  it('tells to a fraction of a second when a session was last used, never before its creation', async () => {

    const { clock, store } = storeAt();
    clock.now += 0.9;
    const first = bound(store, 'ada');
    clock.now += 0.2;
    const second = bound(store, 'ada');
    clock.now += 0.2;
    const idle = () => [first, second].map(id => store.sessionsOf('ada').find(({ handle }) => handle === handleOf(id))?.idle.toFixed(3));
    deepStrictEqual(idle(), ['0.400', '0.200']);
    store.touch(first, 100);
    deepStrictEqual(idle(), ['0.000', '0.200']);

    const { browser, store: real } = site({ '/sign-in': ctx => { ctx.session.userId = 'ada'; } }, { user: 'userId' });
    for (let times = 0; times < 20; times++) {
      await browser.get('/sign-in');
      for (const { createdAt, seenAt } of await new UserSessions(real).list('ada')) ok(seenAt >= createdAt, `${seenAt} ${createdAt}`);
      browser.cookies.clear();
    }

  });

  it('finds and ends the sessions of a user also when a test has replaced one of its four methods', async () => {

    const { browser, store } = site({ '/sign-in': ctx => { ctx.session.userId = 'ada'; } }, { user: 'userId' });
    const users = new UserSessions(store);
    await browser.get('/sign-in');
    (store as MemoryStore).get = async () => null;
    strictEqual((await users.list('ada')).length, 1);
    strictEqual(await users.endAll('ada'), 1);

  });

  it('forgets a user whose session makes room for another', () => {

    const { store } = storeAt({ maxSessions: 2 });
    const [first] = [bound(store, 'ada'), bound(store, 'bob'), bound(store, 'cy')];
    deepStrictEqual(store.sessionsOf('ada'), []);
    strictEqual(store.load(first), null);
    strictEqual(users(store), 2);
    // A session that is used again and again stays in the list.
    const handle = store.sessionsOf('bob')[0]?.handle as string;
    const id = [...store.store.keys()].find(each => each.startsWith(handle)) as string;
    for (let use = 0; use < 3; use++) store.touch(id, 100);
    strictEqual(store.sessionsOf('bob').length, 1);
    bound(store, 'dee');
    deepStrictEqual(store.sessionsOf('cy'), []);
    strictEqual(store.sessionsOf('bob').length, 1);

  });

  it('keeps the user and details of a session when set() writes its values', async () => {

    const { store } = storeAt();
    const id = bound(store, 'ada');
    await store.set(id, { b: 2 }, NOW + 50);
    deepStrictEqual((store.load(id) as LiveSession).info, { user: 'ada', details: 'd' });
    strictEqual(store.sessionsOf('ada').length, 1);
    store.end(id);
    await store.set(id, { c: 3 }, NOW + 50);
    strictEqual((store.load(id) as LiveSession).info, undefined);

  });

  it('has handles for ids of any form', async () => {

    const { store } = storeAt();
    const id = store.newSessionId();
    strictEqual(store.handleOf(id), id.slice(0, 16));
    strictEqual(store.handleOf(store.newSessionId(id)), id.slice(0, 16));
    const own = ['A', 'x'.repeat(43), `${id}x`];
    for (const each of own) {
      ok(/^[\w-]{16}$/.test(store.handleOf(each)));
      ok(!each.includes(store.handleOf(each)));
      if (each.length >= 16) ok(!store.newSessionId(each).startsWith(each.slice(0, 16)));
    }
    strictEqual(new Set(own.map(each => store.handleOf(each))).size, own.length);

  });

  it('distinguishes sessions that begin before and after an end, even if its clock does not move', async t => {

    let now = 0;
    t.mock.method(performance, 'now', () => now);
    const { store } = storeAt();
    const requestAge = () => now / 1000;
    now += 1;
    store.endSessionsOf('ada');
    strictEqual(store.create(store.newSessionId(), texts({ a: 1 }), { lifetime: 9, newInfo: newInfo('ada', requestAge()) }), 'revoked');
    strictEqual(store.create(store.newSessionId(), texts({ a: 1 }), { lifetime: 9, newInfo: newInfo('bob', requestAge()) }), true);
    await store.endAllSessions();
    strictEqual(store.create(store.newSessionId(), texts({ a: 1 }), { lifetime: 9, newInfo: newInfo('bob', requestAge()) }), 'revoked');
    now += 1;
    strictEqual(store.create(store.newSessionId(), texts({ a: 1 }), { lifetime: 9, newInfo: newInfo('ada', 0) }), true);

  });

  it('ends many sessions in steps, between which other work goes on, and misses none', async () => {

    const { store } = storeAt();
    const count = 20_000;
    const ids = Array.from({ length: count }, (_, index) => bound(store, index % 2 ? `user ${index}` : null));
    const begun = store.endAllSessions();
    ok(begun instanceof Promise);
    let steps = 0;
    let done = false;
    // Sessions that move again and again, from shard to shard.
    const moving = ids.filter(id => store.store.has(id)).slice(-50);
    const turn = () => {
      steps++;
      for (const [index, id] of moving.entries()) {
        const newId = store.newSessionId(id);
        if (store.move(id, newId, set({}), { lifetime: 100 }) === 'moved') moving[index] = newId;
      }
      if (!done) setImmediate(turn);
    };
    turn();
    await begun;
    done = true;
    ok(steps > 2, `${steps} steps`);
    strictEqual(store.store.size, 0);
    strictEqual(users(store), 0);

  });

});

describe('Revocations', () => {

  it('are remembered for a day, and then removed', () => {

    let now = 0;
    const revocations = new Revocations(() => now);
    revocations.add('ada');
    now = REVOKED_FOR - 1;
    strictEqual(revocations.refuses(newInfo('ada', REVOKED_FOR)), true);
    strictEqual(revocations.refuses(newInfo('ada', REVOKED_FOR - 2)), false);
    now = REVOKED_FOR;
    revocations.add('bob');
    strictEqual(revocations.refuses(newInfo('ada', REVOKED_FOR)), false);
    strictEqual(revocations.refuses(newInfo('bob', 0)), true);

  });

  it('refuse no session without a user or of another user, and no request without an age', () => {

    const revocations = new Revocations(() => 0);
    revocations.add('ada');
    for (const each of [newInfo('bob', 9), newInfo(null, 9), newInfo('ada')]) strictEqual(revocations.refuses(each), false);
    revocations.addAll();
    strictEqual(revocations.refuses(newInfo('bob', 9)), true);
    for (const each of [newInfo(null, 9), newInfo('ada')]) strictEqual(revocations.refuses(each), false);

  });

  it('refuse no request that began after them, even if the process pauses between two readings of its clock', () => {

    let now = 10;
    const revocations = new Revocations(() => now);
    revocations.add('ada');
    const began = 11;
    now = 12;
    let pause = 5;
    const late = {
      info: { user: 'ada', details: '' },
      get requestAge() {
        now += pause;
        pause = 0;
        return now - began;
      },
    };
    strictEqual(revocations.refuses(late), false);

  });

});
