import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Application } from '@curveball/core';
import cookieSession from 'cookie-session';
import { sealData } from 'iron-session';
import { createClient } from 'redis';
import session from '../../../src/index.js';
import { redisUrl } from '../../support/servers/addresses.js';
import { errorsToStatus, pageOf } from '../../support/site.js';
import { Site } from '../support/browser.js';
import type { Scenarios } from './index.js';

export const movingFromExpressSession: Scenarios = {

  async after({ app, site }) {

    app.use(pageOf({
      '/': ctx => ctx.session,
      '/shop': ctx => { ctx.session.cart = ['apple']; },
    }));
    const visitor = site.visitor();
    await visitor.get('/shop');
    const before = visitor.cookies.get('CB');
    const { setCookies: [cookie], text } = await visitor.post('/sign-in');
    assert.equal(text, 'Welcome');
    assert.match(cookie, /; Max-Age=7260; /);
    assert.notEqual(visitor.cookies.get('CB'), before);
    assert.deepEqual(JSON.parse((await visitor.get('/')).text), { userId: 5 });
    assert.equal((await visitor.post('/sign-out')).text, 'Goodbye');
    assert.equal(visitor.cookies.size, 0);

  },

};

export const movingFromSessionRedis: Scenarios = {

  async 'take-over'({ exported }) {

    const client = createClient({ url: redisUrl() });
    await client.connect();
    const app = new Application();
    const errors: unknown[] = [];
    app.use(errorsToStatus(errors), session({ store: 'memory' }), exported.takeOver(client), pageOf({
      '/': ctx => ctx.session,
      '/nothing': () => 'nothing',
      '/visit': ctx => { ctx.session.visited = true; },
    }));
    const site = await Site.open(app);
    try {

      // As @curveball/session-redis 1.0.0 makes it.
      const stored = async (values: object) => {
        const id = randomBytes(32).toString('base64');
        await client.setEx(`session-${id}`, 3600, JSON.stringify(values));
        return id;
      };
      const carrying = (id: string) => {
        const visitor = site.visitor();
        visitor.cookies.set('CB', encodeURIComponent(id));
        return visitor;
      };
      const read = async (visitor: ReturnType<typeof carrying>) => JSON.parse((await visitor.get('/')).text);

      const id = await stored({ userId: 5 });
      const visitor = carrying(id);
      assert.deepEqual(await read(visitor), { userId: 5 });
      assert.match(visitor.cookies.get('CB') ?? '', /^\w{59}$/);
      await visitor.get('/visit');
      assert.deepEqual(await read(visitor), { userId: 5, visited: true });

      // The old id is worthless, now and when it is forgotten.
      assert.equal((await carrying(id).get('/')).status, 409);
      assert.equal((errors[0] as { code: string }).code, 'ERR_SESSION_ENDED');
      assert.ok(await client.ttl(`session-${id}`) <= 30);
      await client.del(`session-${id}`);
      assert.deepEqual(await read(carrying(id)), {});

      // Of many at once, one gets the session, and no other gets a cookie.
      const shared = await stored({ userId: 6 });
      const answers = await Promise.all(Array.from({ length: 20 }, () => carrying(shared).get('/visit')));
      assert.deepEqual(answers.map(({ status }) => status).sort(), [200, ...Array(19).fill(409)]);
      assert.equal(answers.filter(({ setCookies }) => setCookies.length > 0).length, 1);

      // No other visitor notices.
      assert.deepEqual(await read(carrying(randomBytes(32).toString('base64'))), {});
      const { headers } = await site.visitor().get('/nothing');
      assert.deepEqual([headers.get('Vary'), headers.get('Cache-Control')], [null, null]);

    } finally {
      site.close();
      for (const key of await client.keys('session-*')) await client.del(key);
      client.destroy();
    }

  },

};

/** Runs a visitor with cookies of the old package past the middleware that takes them over. */
async function takenOver(takeOver: unknown, cookies: Record<string, string>) {

  const app = new Application();
  app.use(session({ store: 'memory' }), takeOver as never, pageOf({ '/': ctx => ctx.session }));
  const site = await Site.open(app);
  try {
    const visitor = site.visitor();
    for (const [name, value] of Object.entries(cookies)) visitor.cookies.set(name, value);
    const { text } = await visitor.get('/');
    const names = [...visitor.cookies.keys()];
    const later = await visitor.get('/');
    assert.equal(later.text, text);
    return { values: JSON.parse(text), names };
  } finally {
    site.close();
  }

}

export const movingFromCookieSession: Scenarios = {

  async 'cookie-session'({ exported }) {

    const middleware = cookieSession({ keys: ['key'] });
    const old = createServer((request, response) => middleware(request as never, response as never, () => {
      (request as unknown as { session: object }).session = { userId: 5 };
      response.end();
    }));
    await new Promise<void>(done => old.listen(0, '127.0.0.1', done));
    const { headers } = await fetch(`http://127.0.0.1:${(old.address() as AddressInfo).port}`);
    old.close();
    const cookies = Object.fromEntries(headers.getSetCookie().map(each => each.split(';')[0]?.split(/=(.*)/s) ?? []));
    assert.deepEqual(await takenOver(exported.takeOver(['new', 'key']), cookies), { values: { userId: 5 }, names: ['CB'] });
    assert.deepEqual(await takenOver(exported.takeOver(['other']), cookies), { values: {}, names: [] });

  },

  async 'iron-session'({ exported }) {

    const password = 'a password of at least 32 characters';
    const seal = encodeURIComponent(await sealData({ userId: 5 }, { password }));
    assert.deepEqual(await takenOver(exported.takeOver('iron', password), { iron: seal }), { values: { userId: 5 }, names: ['CB'] });
    assert.deepEqual(await takenOver(exported.takeOver('iron', password), { iron: `${seal.slice(0, -20)}AAAAAAAAAAAAAAAAAAAA` }), { values: {}, names: [] });

  },

};
