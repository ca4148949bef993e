import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Application } from '@curveball/core';
import type { Middleware } from '@curveball/kernel';
import session, { type AtomicSessionStore, MemoryStore, type SessionValues, UserSessions } from '../../../src/index.js';
import { openStore } from '../../../src/open/open-store.js';
import { errorsToStatus } from '../../support/site.js';
import { Site } from '../support/browser.js';
import { begin, firstCatchesErrors, peek } from '../support/steps.js';
import type { Scenarios } from './index.js';

const PHONE = 'Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) Safari/604.1';
const LAPTOP = 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0';

export const userSessions: Scenarios = {

  async 'why-signed-out'({ app, site }) {

    const why = async (visitor: ReturnType<typeof site.visitor>) => {
      const { status, text } = await visitor.get('/account');
      return status === 403 ? text : status;
    };
    assert.equal(await why(site.visitor()), 'Please sign in.');
    const [first, ...others] = [site.visitor(), site.visitor(), site.visitor(), site.visitor()] as const;
    for (const visitor of [first, ...others]) await begin(app, visitor, { userId: 5 });
    assert.equal(await why(first), 'You have signed in on too many devices.');
    assert.notEqual(await why(others[2]), 'You have signed in on too many devices.');

  },

  async devices({ app, site, exported }) {

    const sessions: UserSessions = exported.sessions;
    const signIn = async (agent: string) => {
      const visitor = site.visitor();
      assert.equal((await visitor.post('/sign-in', {}, { 'User-Agent': agent })).text, 'Welcome');
      return visitor;
    };
    assert.equal((await site.visitor().get('/devices')).status, 403);

    const laptop = site.visitor();
    await begin(app, laptop, { cart: ['book'] });
    const planted = site.visitor();
    planted.cookies.set('CB', laptop.cookies.get('CB') ?? '');
    await laptop.post('/sign-in', {}, { 'User-Agent': LAPTOP });
    assert.deepEqual(await peek(app, laptop), { cart: ['book'], userId: 5 });
    assert.deepEqual(await peek(app, planted), {});

    const phone = await signIn(PHONE);
    const listed = async () => JSON.parse((await laptop.get('/devices')).text) as
      Array<{ handle: string; device: string; network: string; isThisOne: boolean }>;
    const list = await listed();
    assert.deepEqual(list.map(({ device, network, isThisOne }) => [device, network, isThisOne]).sort(), [
      ['Firefox on Linux', '127.0.0.*', true], ['Safari on iPhone', '127.0.0.*', false],
    ]);

    const stranger = site.visitor();
    await begin(app, stranger, { userId: 6 });
    const other = list.find(({ isThisOne }) => !isThisOne)?.handle as string;
    assert.equal((await stranger.post(`/devices/${other}/end`)).status, 404, 'it is another\'s');
    assert.equal((await laptop.post(`/devices/${other}/end`)).status, 204);
    assert.deepEqual(await peek(app, phone), {});
    assert.equal((await laptop.post(`/devices/${other}/end`)).status, 404);

    const tablet = await signIn('');
    assert.equal((await laptop.post('/devices/end-others')).status, 204);
    assert.deepEqual(await peek(app, tablet), {});
    assert.equal((await listed()).length, 1);

    const tv = await signIn('');
    const before = laptop.cookies.get('CB');
    const proof = await laptop.post('/prove?returnTo=/devices');
    assert.deepEqual([proof.status, proof.headers.get('Location')], [303, '/devices']);
    assert.equal((await laptop.post('/prove?returnTo=//evil.test')).headers.get('Location'), '/');
    assert.notEqual(laptop.cookies.get('CB'), before);
    assert.equal((await laptop.post('/password')).text, 'Changed');
    assert.deepEqual(await peek(app, tv), {});
    assert.equal((await stranger.post('/password')).status, 200, 'a session that has just become a user\'s is fresh');
    assert.equal((await site.visitor().post('/password')).status, 401);
    const page = await app.subRequest('GET', '/password?a=b', { Accept: 'text/html' });
    assert.deepEqual([page.status, page.headers.get('Location')], [303, '/prove?returnTo=%2Fpassword%3Fa%3Db']);
    await sessions.endAll(5);
    assert.deepEqual(await peek(app, laptop), {});

    const tab = await signIn('');
    const former = site.visitor();
    former.cookies.set('CB', tab.cookies.get('CB') ?? '');
    await tab.post('/prove');
    app.use(ctx => {
      if (ctx.path === '/delete') delete (ctx as { session: SessionValues }).session.userId;
      else (ctx as { session: SessionValues | null }).session = null;
    });
    await former.post('/delete');
    assert.equal((await peek(app, tab)).userId, 5, 'there was nothing to delete');
    await former.post('/null');
    assert.deepEqual(await peek(app, tab), {});

  },

  async reset({ exported }) {

    const folder = mkdtempSync(join(tmpdir(), 'session-reset-'));
    const sqlite = await openStore(`sqlite:${join(folder, 'sessions.db')}`);
    try {
      for (const store of [new MemoryStore(), sqlite]) await resets(store, exported.passwordReset(new UserSessions(store)));
    } finally {
      await sqlite.close();
      rmSync(folder, { recursive: true });
    }

  },

  async 'second-factor'({ app, site, exported }) {

    const visitor = site.visitor();
    const code = async () => {
      assert.equal((await visitor.post('/sign-in')).text, 'Your code, please');
      assert.deepEqual(await peek(app, visitor), { pending: { accountId: 5, passwordStamp: exported.account.passwordStamp } });
    };
    await code();
    exported.account.passwordStamp++;
    assert.equal((await visitor.post('/second-factor')).status, 403);
    assert.deepEqual(await peek(app, visitor), {});
    await code();
    assert.equal((await visitor.post('/second-factor')).text, 'Welcome');
    assert.deepEqual(await peek(app, visitor), { userId: 5 });

  },

  async choose({ app, site, exported }) {

    const signIn = async () => {
      const visitor = site.visitor();
      return { visitor, answer: await visitor.post('/sign-in') };
    };
    await signIn();
    await signIn();
    const { visitor, answer } = await signIn();
    assert.equal(answer.status, 409);
    const handles = (JSON.parse(answer.text) as Array<{ handle: string }>).map(({ handle }) => handle);
    assert.equal(handles.length, 2);
    assert.equal((await peek(app, visitor)).userId, undefined);
    const choose = (who: typeof visitor, handle: string) => who.post(`/sign-in/instead-of/${handle}`);
    assert.equal((await choose(site.visitor(), handles[0])).status, 403, 'a stranger');
    const other = site.visitor();
    await begin(app, other, { userId: 6 });
    assert.equal((await choose(visitor, 'x'.repeat(16))).status, 409, 'no session of the user has ended');
    exported.account.passwordStamp++;
    assert.equal((await choose(visitor, handles[0])).status, 403, 'an old password');
    exported.account.passwordStamp--;
    const shared = await signIn();
    exported.account.id = 7;
    assert.equal((await shared.visitor.post('/sign-in')).status, 200);
    assert.equal((await choose(shared.visitor, handles[0])).status, 403, 'another user in the same browser');
    assert.deepEqual(await peek(app, shared.visitor), { userId: 7 });
    exported.account.id = 5;
    for (const handle of handles.slice(0, 1)) assert.equal((await choose(visitor, handle)).text, 'Welcome');
    assert.deepEqual(await peek(app, visitor), { userId: 5 });
    assert.equal((await peek(app, other)).userId, 6);
    assert.equal((await signIn()).answer.status, 409);

  },

  async 'back-channel'({ exported }) {

    const store = new MemoryStore();
    const exp = Math.floor(Date.now() / 1000) + 600;
    const verify = async (token: unknown) => {
      const [sub, sid] = String(token).split('.');
      return { sub, sid, exp };
    };
    const app = new Application();
    app.use(errorsToStatus(), session({ store, user: 'userId' }), ...exported.singleSignOn(new UserSessions(store), verify));
    const site = await Site.open(app);
    try {

      const visitors = [];
      for (const sid of ['one', 'two', 'three']) {
        const visitor = site.visitor();
        assert.equal((await visitor.post(`/callback?token=ada.${sid}`)).text, 'Welcome');
        visitors.push(visitor);
      }
      const signedIn = async () => {
        const all = await new UserSessions(store).list('ada');
        for (const { absoluteExpiresAt } of all) assert.equal(absoluteExpiresAt, exp);
        return all.map(({ metadata }) => metadata.sid).sort();
      };
      assert.deepEqual(await signedIn(), ['one', 'three', 'two']);
      await site.visitor().post('/back-channel-logout?token=ada.two');
      assert.deepEqual(await signedIn(), ['one', 'three']);
      await site.visitor().post('/back-channel-logout?token=ada');
      assert.deepEqual(await signedIn(), []);

    } finally {
      site.close();
    }

  },

};

/** Resets the password of a user with two sessions, in a browser that has none, a cart, or a session of any user. */
async function resets(store: AtomicSessionStore, reset: Middleware): Promise<void> {

  const app = new Application();
  const endFirst: Middleware = async (ctx, next) => {
    if (ctx.path !== '/end-first') return next();
    await new UserSessions(store).endAll(5);
    (ctx as { session: SessionValues }).session = { userId: 5 };
  };
  app.use(errorsToStatus(), session({ store, user: 'userId' }), endFirst, reset);
  firstCatchesErrors(app);
  const site = await Site.open(app);
  try {

    for (const before of [null, { cart: ['book'] }, { userId: 5 }, { userId: 6 }]) {
      const [visitor, thief, phone] = [site.visitor(), site.visitor(), site.visitor()];
      for (const other of [thief, phone]) await begin(app, other, { userId: 5 });
      if (before) await begin(app, visitor, before);
      const { status, text } = await visitor.post('/reset');
      assert.deepEqual([status, text], [200, 'Welcome back']);
      assert.deepEqual(await peek(app, visitor), { ...before, userId: 5 });
      for (const other of [thief, phone]) assert.deepEqual(await peek(app, other), {});
      assert.equal((await new UserSessions(store).list(5)).length, 1);
    }
    const refused = site.visitor();
    assert.equal((await refused.post('/end-first')).status, 409);
    assert.deepEqual(await peek(app, refused), {});

  } finally {
    site.close();
  }

}
