import assert from 'node:assert/strict';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { describe, it } from 'node:test';
import { Application } from '@curveball/core';
import session, {
  allSessions, type AtomicSessionStore, countSessions, encrypted, endSession, isTransferable, type ListedSession, MemoryStore, pingStore, type SessionStore, SessionStoreError, wrapStore,
} from '../../src/index.js';
import { signIn } from '../../src/testing/index.js';
import { FourMethods } from '../testing/support/four-methods.js';

async function listed(store: SessionStore, options = {}): Promise<ListedSession[]> {

  const all: ListedSession[] = [];
  for await (const each of allSessions(store, options)) all.push(each);
  return all;

}

const now = () => Date.now() / 1000;

describe('For those who run a store,', () => {

  for (const [name, make] of Object.entries({ 'a store': () => new MemoryStore(), 'an encrypted store': () => encrypted(new MemoryStore()) })) {
    it(`${name} lists sessions as the middleware has made them`, async () => {

      const store = make();
      const app = new Application();
      app.use(session({ store, user: 'userId', expiry: 3600, absoluteExpiry: 7200 }));
      app.use(ctx => {
        if (ctx.path === '/flash') ctx.flash('notice', 'Saved');
        else ctx.session.seen = true;
      });
      const began = Math.floor(now());
      await signIn(app, { userId: 'ada' }, { metadata: { device: 'Firefox' } });
      const anonymous = await app.subRequest('GET', '/');
      assert.ok(anonymous.headers.get('Set-Cookie'));
      await app.subRequest('GET', '/flash');

      const sessions = await listed(store, { pageSize: 1 });
      assert.deepEqual(sessions.map(({ user }) => user).sort(), ['ada', null].sort());
      const ada = sessions.find(({ user }) => user === 'ada') as ListedSession;
      assert.deepEqual(ada.metadata, { device: 'Firefox' });
      for (const time of [ada.createdAt, ada.authenticatedAt, ada.seenAt]) {
        assert.ok(Number.isInteger(time) && (time as number) >= began && (time as number) <= now(), `${time}`);
      }
      assert.ok(Number.isInteger(ada.expiresAt) && Math.abs(ada.expiresAt - began - 3600) <= 2, `${ada.expiresAt - began}`);
      assert.ok(Math.abs((ada.absoluteExpiresAt ?? 0) - began - 7200) <= 2);
      assert.ok(ada.size > 10 && ada.size < 1000);
      assert.deepEqual({ ...await countSessions(store) }, { live: 2, ofUsers: 1, expired: 0, isExact: true });

    });
  }

  it('a session ends by its handle, and its visitor learns why', async () => {

    const store = new MemoryStore();
    const app = new Application();
    app.use(session({ store, user: 'userId' }));
    app.use(ctx => { ctx.response.body = { user: ctx.session.userId ?? null, ended: ctx.sessionEnded ?? null }; });
    const visitor = await signIn(app, { userId: 'ada' });
    const [{ handle }] = await listed(store) as [ListedSession];
    const events: unknown[] = [];
    const record = (event: unknown) => events.push(event);
    subscribe('curveball:session:revoked', record);
    assert.equal(await endSession(store, handle), true);
    assert.equal(await endSession(store, handle), false);
    unsubscribe('curveball:session:revoked', record);
    assert.deepEqual(events, [{ user: 'ada', handles: [handle], cookieName: null }]);
    const response = await visitor.get('/');
    const body = await response.json() as { user: unknown; ended: unknown };
    assert.deepEqual([body.user, body.ended], [null, 'revoked']);

  });

  it('the end of an anonymous session is an event, too', async t => {

    const store = new MemoryStore();
    const id = await store.newSessionId();
    await store.create(id, new Map([['cart', '1']]), { lifetime: 60 });
    const handle = store.handleOf(id);
    const events: unknown[] = [];
    for (const name of ['destroyed', 'revoked']) {
      const record = (event: object) => events.push({ name, ...event });
      subscribe(`curveball:session:${name}`, record as (event: unknown) => void);
      t.after(() => unsubscribe(`curveball:session:${name}`, record as (event: unknown) => void));
    }
    assert.equal(await endSession(store, handle), true);
    assert.deepEqual(events, [{ name: 'destroyed', handle, user: null, reason: 'revoked', cookieName: null }]);

  });

  it('a store that can\'t do so, and wrong options, are refused with a sentence', async () => {

    const four = new FourMethods(now);
    assert.throws(() => allSessions(four), { name: 'TypeError', message: /store is a FourMethods: it must be a store with the method sessionPage\(\)/ });
    assert.throws(() => countSessions(four), /countSessions\(\)/);
    assert.throws(() => pingStore(undefined as unknown as SessionStore), /store is undefined/);
    await assert.rejects(endSession(four, 'x'), /endByHandle\(\)/);
    const store = new MemoryStore();
    assert.throws(() => allSessions(store, { pagesize: 5 } as object), /option pagesize is unknown/);
    assert.throws(() => pingStore(store, { storeTimeout: 0 }), /storeTimeout is 0/);
    await assert.rejects(endSession(store, ''), /handle is ""/);
    await assert.rejects(listed(store, { pageSize: 5000 }), /limit is 5000: it must be a whole number from 1 to 1000/);
    assert.deepEqual([isTransferable(store), isTransferable(encrypted(store)), isTransferable(four)], [true, true, false]);

  });

  it('a store that fails or hangs gives an error in time', async () => {

    const failing = (ping: AtomicSessionStore['ping']) => wrapStore(new MemoryStore(), () => ({ ping } as object));
    await assert.rejects(pingStore(failing(() => { throw new Error('secret'); })), SessionStoreError);
    await assert.rejects(pingStore(failing(() => new Promise(() => {})), { storeTimeout: 0.01 }), SessionStoreError);
    assert.deepEqual(await pingStore(new MemoryStore()), { roundTrip: 0, clockDifference: null, selfTest: null });

  });

});
