import { deepStrictEqual, ok, strictEqual, throws } from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { MemoryStore, RETIRED_FOR } from '../../../src/index.js';
import { Browser } from '../../support/browser.js';
import { expectNothingKept } from '../../support/carried.js';
import { NOW, storeAt } from '../../support/memory-store-at.js';
import { site } from '../../support/site.js';

const A1 = new Map([['a', '1']]);
const NO_CHANGE = { set: new Map(), unset: [] };

describe('The marks of ended sessions in MemoryStore', () => {

  it('say for 30 seconds whether they ended or moved', () => {

    const { store, clock } = storeAt();
    store.create('A', A1, { lifetime: 1000 });
    store.create('B', A1, { lifetime: 1000 });
    store.end('A');
    store.move('B', 'C', NO_CHANGE, { lifetime: 1000 });
    strictEqual(RETIRED_FOR, 30);
    clock.now += 29.9;
    deepStrictEqual(store.load('A'), { status: 'retired', moved: false });
    deepStrictEqual(store.load('B'), { status: 'retired', moved: true });
    clock.now += 0.2;
    strictEqual(store.load('A'), null);
    strictEqual(store.load('B'), null);

  });

  it('keep nothing of a request with the id that it carried', async () => {

    const { store } = storeAt();
    const ids = Array.from({ length: 100 }, () => store.newSessionId());
    for (const id of ids) store.create(id, A1, { lifetime: 1000 });
    await expectNothingKept(ids, id => store.end(id));
    deepStrictEqual(store.load(ids[0] as string), { status: 'retired', moved: false });

  });

  it('prevent a new session under their ids', () => {

    const { store, clock } = storeAt();
    store.create('A', A1, { lifetime: 1000 });
    strictEqual(store.create('A', A1, { lifetime: 1000 }), false);
    store.end('A');
    strictEqual(store.create('A', A1, { lifetime: 1000 }), false);
    strictEqual(store.update('A', { set: A1, unset: [] }, { lifetime: 1000 }), 'gone');
    strictEqual(store.touch('A', 1000), false);
    strictEqual(store.move('A', 'B', NO_CHANGE, { lifetime: 1000 }), 'gone');
    strictEqual(store.store.size, 0);
    clock.now += 31;
    strictEqual(store.create('A', A1, { lifetime: 1000 }), true);

  });

  it('lead the end of a moved session to its new id', () => {

    const { store } = storeAt();
    store.create('A', A1, { lifetime: 1000 });
    store.move('A', 'B', NO_CHANGE, { lifetime: 1000 });
    store.move('B', 'C', NO_CHANGE, { lifetime: 1000 });
    deepStrictEqual(store.load('A'), { status: 'retired', moved: true });
    strictEqual(store.end('A'), true);
    strictEqual(store.store.size, 0);
    for (const id of ['A', 'B', 'C']) deepStrictEqual(store.load(id), { status: 'retired', moved: false });
    strictEqual(store.end('A'), false);
    strictEqual(store.end('unknown'), false);

  });

  it('say "moved" if the visitor now has another session, and lead nowhere', () => {

    const { store } = storeAt();
    store.create('A', A1, { lifetime: 1000 });
    store.move('A', 'B', { set: new Map(), unset: [] }, { lifetime: 1000 });
    strictEqual(store.end('A', { moved: true }), true);
    strictEqual(store.store.size, 0);
    for (const id of ['A', 'B']) {
      deepStrictEqual(store.load(id), { status: 'retired', moved: true, reason: 'signed-out' });
      strictEqual(store.end(id), false);
    }

  });

  it('are not left by a move to an id that is in use', () => {

    const { store } = storeAt();
    store.create('A', A1, { lifetime: 1000 });
    store.create('B', new Map([['b', '1']]), { lifetime: 1000 });
    throws(() => store.move('A', 'B', NO_CHANGE, { lifetime: 1000 }), /in use/);
    strictEqual((store.load('A') as { status: string }).status, 'live');
    deepStrictEqual((store.load('B') as { texts: unknown }).texts, new Map([['b', '1']]));

  });

});

describe('A change of a session in MemoryStore', () => {

  it('is merged key by key, and no deeper', async () => {

    const { store } = storeAt();
    store.create('A', new Map([['a', '{"x":1}'], ['b', '2'], ['c', '3']]), { lifetime: 1000 });
    strictEqual(store.update('A', { set: new Map([['a', '{"y":2}'], ['d', '4']]), unset: ['b', 'z'] }, { lifetime: 1000 }), 'updated');
    deepStrictEqual(await store.get('A'), { a: { y: 2 }, c: 3, d: 4 });

  });

  it('is refused if it names a former version', async () => {

    const { store } = storeAt();
    store.create('A', A1, { lifetime: 1000 });
    const { version } = store.load('A') as { version: string };
    store.touch('A', 2000);
    strictEqual((store.load('A') as { version: string }).version, version);
    strictEqual(store.update('A', { set: new Map([['a', '2']]), unset: [] }, { lifetime: 1000, version }), 'updated');
    strictEqual(store.update('A', { set: new Map([['a', '3']]), unset: [] }, { lifetime: 1000, version }), 'conflict');
    deepStrictEqual(await store.get('A'), { a: 2 });

  });

  it('never shortens the lifetime', () => {

    const { store, clock } = storeAt();
    const expiry = () => store.store.get('A')?.[0];
    store.create('A', A1, { lifetime: 1000 });
    store.touch('A', 10);
    strictEqual(expiry(), NOW + 1000);
    store.update('A', { set: new Map([['a', '2']]), unset: [] }, { lifetime: 10 });
    strictEqual(expiry(), NOW + 1000);
    clock.now += 500;
    store.touch('A', 1000);
    strictEqual(expiry(), NOW + 1500);
    store.update('A', { set: new Map([['a', '3']]), unset: [] }, { lifetime: 2000 });
    strictEqual(expiry(), NOW + 2500);

  });

});

describe('MemoryStore with a limit', () => {

  it('drops the session with the oldest last use', () => {

    // A list in the order of use tells which sessions must be left.
    const step = fc.record({ id: fc.integer({ min: 0, max: 9 }).map(String), act: fc.constantFrom('create', 'touch', 'update', 'end', 'load', 'move') });
    fc.assert(fc.property(fc.array(step, { maxLength: 60 }), fc.integer({ min: 1, max: 4 }), (steps, maxSessions) => {
      const { store, clock } = storeAt({ maxSessions });
      let used: string[] = [];
      const use = (id: string) => { used = [...used.filter(other => other !== id), id]; };
      let moves = 0;
      for (const { id, act } of steps) {
        const lives = used.includes(id);
        switch (act) {
          case 'create': {
            if (store.create(id, A1, { lifetime: 1000 })) {
              if (used.length === maxSessions) used.shift();
              use(id);
            }
            break;
          }
          case 'touch':
            if (store.touch(id, 1000)) use(id);
            break;
          case 'update':
            if (store.update(id, { set: new Map([['b', '1']]), unset: [] }, { lifetime: 1000 }) === 'updated') use(id);
            break;
          case 'load':
            strictEqual((store.load(id) as { status?: string } | null)?.status === 'live', lives);
            if (lives) use(id);
            break;
          case 'end':
            if (store.end(id)) used = used.filter(other => other !== id);
            break;
          case 'move': {
            const to = `moved ${++moves}`;
            if (store.move(id, to, NO_CHANGE, { lifetime: 1000 }) === 'moved') {
              used = used.filter(other => other !== id);
              use(to);
            }
            break;
          }
        }
        // Marks of ended ids must not determine which id can be created next.
        clock.now += 31;
        deepStrictEqual([...store.store.keys()].sort(), [...used].sort());
      }
    }));

  });

  it('drops sessions without a user first, and then the user\'s session with the oldest last use', () => {

    const info = { user: 'ada', details: '' };
    const step = fc.record({ id: fc.integer({ min: 0, max: 9 }).map(String), act: fc.constantFrom('create', 'sign in', 'touch', 'set', 'end') });
    fc.assert(fc.property(fc.array(step, { maxLength: 60 }), fc.integer({ min: 1, max: 4 }), (steps, maxSessions) => {
      const { store, clock } = storeAt({ maxSessions });
      // In the order of use.
      let used: Array<{ id: string; isUsers: boolean }> = [];
      const put = (id: string, isUsers: boolean) => {
        used = used.filter(other => other.id !== id);
        if (used.length === maxSessions) used.splice(Math.max(0, used.findIndex(other => !other.isUsers)), 1);
        used.push({ id, isUsers });
      };
      for (const { id, act } of steps) {
        const known = used.find(other => other.id === id);
        if (act === 'create' && store.create(id, A1, { lifetime: 1000 }) === true) put(id, false);
        if (act === 'sign in' && store.create(id, A1, { lifetime: 1000, newInfo: { info } }) === true) put(id, true);
        if (act === 'touch' && store.touch(id, 1000)) put(id, known?.isUsers === true);
        if (act === 'end' && store.end(id)) used = used.filter(other => other.id !== id);
        if (act === 'set') {
          void store.set(id, { b: 1 }, clock.now + 1000);
          put(id, known?.isUsers === true);
        }
        clock.now += 31;
        deepStrictEqual([...store.store.keys()].sort(), used.map(each => each.id).sort());
        deepStrictEqual(used.map(each => store.store.has(each.id) && store.store.get(each.id)?.[0] !== undefined), used.map(() => true));
        strictEqual(store.sessionsOf('ada').length, used.filter(({ isUsers }) => isUsers).length);
        strictEqual(store.store.size, used.length);
      }
    }));

  });

  it('keeps nothing of a request with the id that it carried', async () => {

    const { store } = storeAt({ maxSessions: 100 });
    const ids = Array.from({ length: 100 }, () => store.newSessionId());
    for (const id of ids) store.create(id, A1, { lifetime: 1000 });
    await expectNothingKept(ids, id => store.touch(id, 1000));
    strictEqual(store.store.size, 100);

  });

  it('signs no one out, however many visitors come without a cookie', async () => {

    const { browser, store } = site({
      '/sign-in': ctx => { ctx.session.userId = 'ada'; },
      '/visit': ctx => { ctx.session.visits = 1; },
      '/read': ctx => ctx.session,
    }, { store: new MemoryStore({ maxSessions: 10 }), user: 'userId' });
    await browser.get('/sign-in');
    for (let visitor = 0; visitor < 100; visitor++) await new Browser(browser.app).get('/visit');
    deepStrictEqual((await browser.get('/read')).body, { userId: 'ada' });
    strictEqual(store.store.size, 10);

  });

  it('does not drop another session to move one', () => {

    const { store } = storeAt({ maxSessions: 2 });
    store.create('A', A1, { lifetime: 1000 });
    store.create('B', A1, { lifetime: 1000 });
    strictEqual(store.move('B', 'C', NO_CHANGE, { lifetime: 1000 }), 'moved');
    deepStrictEqual([...store.store.keys()].sort(), ['A', 'C']);

  });

  it('treats a dropped session like an expired one', async () => {

    const { browser, store } = site({
      '/create': ctx => { ctx.session = { a: 1 }; },
      '/read': ctx => ctx.session,
    }, { store: new MemoryStore({ maxSessions: 1 }) });
    await browser.get('/create');
    const other = browser.clone();
    other.cookies.clear();
    await other.get('/create');
    deepStrictEqual((await browser.get('/read')).body, {});
    deepStrictEqual((await other.get('/read')).body, { a: 1 });
    strictEqual(store.store.size, 1);

  });

});

describe('A MemoryStore with changed methods', () => {

  it('is used through the methods that a subclass overrides', async () => {

    for (const method of ['get', 'set', 'delete'] as const) {
      const calls: string[] = [];
      class Logging extends MemoryStore {}
      Object.defineProperty(Logging.prototype, method, {
        value(this: MemoryStore, ...args: [string, object, number]) {
          calls.push(method);
          return (MemoryStore.prototype[method] as (...all: unknown[]) => Promise<unknown>).apply(this, args);
        },
      });
      const { browser, store } = site({
        '/create': ctx => { ctx.session = { a: 1 }; },
        '/read': ctx => ctx.session,
        '/end': ctx => { ctx.session = null; },
      }, { store: new Logging() });
      strictEqual(store.atomic, false);
      await browser.get('/create');
      deepStrictEqual((await browser.get('/read')).body, { a: 1 });
      await browser.get('/end');
      ok(calls.length > 0, method);
      strictEqual(store.store.size, 0);
    }

  });

  it('is used through a method that a test replaces later', async () => {

    const { browser, store, errors } = site({ '/create': ctx => { ctx.session = { a: 1 }; } });
    strictEqual(store.atomic, true);
    store.set = async () => { throw new Error('no room'); };
    strictEqual((await browser.get('/create')).status, 503);
    strictEqual(((errors[0] as Error).cause as Error).message, 'no room');
    strictEqual(browser.cookies.size, 0);

  });

});
