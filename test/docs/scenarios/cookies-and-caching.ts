import assert from 'node:assert/strict';
import { begin } from '../support/steps.js';
import type { Scenarios } from './index.js';

export const cookiesAndCaching: Scenarios = {

  async 'host-prefix'({ app, site }) {

    app.use(ctx => {
      ctx.session.seen = true;
    });
    const { setCookies } = await site.visitor().get('/');
    assert.match(setCookies.join(), /^__Host-CB=\w+; Path=\/; HttpOnly; Secure; SameSite=Lax$/);

  },

  async 'cookie-path'({ app, site }) {

    app.use(ctx => {
      ctx.session.seen = ((ctx.session.seen as number | undefined) ?? 0) + 1;
      ctx.response.body = String(ctx.session.seen);
    });
    const visitor = site.visitor();
    const inside = await visitor.get('/admin/users');
    assert.match(inside.setCookies.join(), /; Path=\/admin; /);
    const outside = await visitor.get('/administrator');
    assert.deepEqual(outside.setCookies, []);

  },

  async 'two-paths'({ site }) {

    const visitor = site.visitor();
    assert.equal((await visitor.get('/cart')).text, 'In your cart');
    for (const path of ['/admin/users', '/Admin/users']) assert.equal((await visitor.get(path)).text, 'Please sign in');

  },

  async 'clear-site-data'({ app, site }) {

    const visitor = site.visitor();
    await begin(app, visitor, { userId: 5 });
    const bye = await visitor.post('/sign-out');
    assert.equal(bye.text, 'Bye');
    assert.equal(bye.headers.get('Clear-Site-Data'), '"cache", "storage"');

  },

  async 'cache-control'({ app, site }) {

    const visitor = site.visitor();
    const anonymous = await visitor.get('/news');
    assert.equal(anonymous.text, 'News');
    assert.equal(anonymous.headers.get('Vary'), 'Cookie');
    assert.equal(anonymous.headers.get('Cache-Control'), 'public, max-age=60');
    await begin(app, visitor, { language: 'nl' });
    const dutch = await visitor.get('/news');
    assert.equal(dutch.text, 'Nieuws');
    assert.equal(dutch.headers.get('Cache-Control'), 'public, max-age=60');

  },

};
