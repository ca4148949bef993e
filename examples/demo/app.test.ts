import { deepEqual, equal, match, ok } from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { MemoryStore, UserSessions } from '@curveball/session';
import { signIn, type TestClock, testClock, visit } from '@curveball/session/testing';
import { createApp } from './app.js';

const html = { headers: { Accept: 'text/html' } };

describe('The demo', () => {

  it('shows visitors a form, and signs them in', async () => {

    const visitor = visit(createApp());
    const page = await (await visitor.get('/', html)).text();
    const [, token] = /name="csrf-token" value="([^"]+)"/.exec(page) ?? [];
    ok(token);

    const form = new URLSearchParams({ name: 'Ada', 'csrf-token': token });
    const response = await visitor.post('/sign-in', form, { ...html, follow: true });
    equal(response.url, 'http://localhost/');
    match(await response.text(), /Hello, Ada/);

  });

  it('counts clicks that come at once', async () => {

    const visitor = await signIn(createApp(), { name: 'Ada' });
    const clicks = await Promise.all(Array.from({ length: 20 }, () => visitor.post('/clicks')));
    equal(clicks.filter(({ status }) => status === 303).length, 20);
    equal(await visitor.run(ctx => ctx.session.clicks), 20);

  });

  it('refuses forms of other sites', async () => {

    const visitor = await signIn(createApp(), { name: 'Ada' });
    const foreign = { 'Sec-Fetch-Site': 'cross-site', Origin: 'https://attacker.example' };
    const response = await visitor.post('/note', new URLSearchParams({ note: 'x' }), { headers: foreign });
    equal(response.status, 403);
    equal(await visitor.run(ctx => ctx.session.note), undefined);

  });

  it('signs a device out from another one', async () => {

    const app = createApp();
    const [phone, laptop] = [await signIn(app, { name: 'Ada' }), await signIn(app, { name: 'Ada' })];
    const handle = await phone.run(ctx => ctx.sessionInfo?.handle) ?? '';
    await laptop.post('/devices/end', new URLSearchParams({ handle }));
    equal((await phone.post('/clicks')).status, 403);
    equal(await laptop.run(ctx => ctx.session.name), 'Ada');

  });

  it('finds out when an administrator has ended the session', async () => {

    const store = new MemoryStore();
    const visitor = await signIn(createApp({ store }), { name: 'Ada' });
    await new UserSessions(store).endAll('Ada');
    equal(await visitor.run(ctx => ctx.session.name), undefined);

  });

  it('makes a stolen cookie worthless by signing out', async () => {

    const visitor = await signIn(createApp(), { name: 'Ada' });
    const thief = visitor.copy();
    await visitor.post('/sign-out');
    ok(!visitor.cookies.names.includes('CB'));
    equal(await thief.run(ctx => ctx.session.name), undefined);

  });

  describe('after some time', () => {

    let clock: TestClock;
    beforeEach(() => { clock = testClock(); });
    afterEach(() => clock.restore());

    it('signs visitors out who do nothing', async () => {

      const app = createApp();
      const [busy, idle] = [await signIn(app, { name: 'Ada' }), await signIn(app, { name: 'Bob' })];
      clock.advance(50 * 60);
      await busy.get('/');
      clock.advance(50 * 60);
      match(await (await busy.get('/', html)).text(), /Hello, Ada/);
      match(await (await idle.get('/', html)).text(), /Sign in/);

    });

    it('remembers devices for 30 days', async () => {

      const visitor = visit(createApp());
      await visitor.post('/sign-in', new URLSearchParams({ name: 'Ada', remember: 'yes' }));
      clock.advance(29 * 86_400);
      equal(await visitor.run(ctx => ctx.session.name), 'Ada');
      clock.advance(31 * 86_400);
      deepEqual(visitor.cookies.names, []);

    });

  });

});
