import assert from 'node:assert/strict';
import { begin, peek } from '../support/steps.js';
import type { Scenarios } from './index.js';

export const readme: Scenarios = {

  async adding({ site }) {

    const visitor = site.visitor();
    assert.equal((await visitor.get('/')).text, 'Visit number 1');
    assert.equal((await visitor.get('/')).text, 'Visit number 2');
    assert.equal((await site.visitor().get('/')).text, 'Visit number 1');

  },

  async 'more-options'({ app, site }) {

    app.use(ctx => {
      ctx.session.seen = true;
      ctx.response.body = 'seen';
    });
    const { setCookies } = await site.visitor().get('/');
    assert.equal(setCookies.length, 1);
    assert.match(setCookies[0], /^MY_SESSION=[A-Za-z0-9]{59}; Path=\/; HttpOnly; Secure; SameSite=Strict$/);

  },

  async using({ app, site }) {

    const visitor = site.visitor();
    const first = await visitor.get('/');
    assert.equal(first.text, 'Hello world');
    assert.equal(first.setCookies.length, 1);
    assert.deepEqual(await peek(app, visitor), { language: 'nl' });
    assert.deepEqual((await visitor.get('/')).setCookies, [], 'an unchanged id is not sent again');

  },

  async deleting({ app, site }) {

    const visitor = site.visitor();
    await begin(app, visitor, { userId: 5 });
    const thief = site.visitor();
    thief.cookies.set('CB', visitor.cookies.get('CB') ?? '');
    const { setCookies } = await visitor.get('/');
    assert.match(setCookies.join(), /^CB=; Max-Age=0;/);
    assert.equal(visitor.cookies.size, 0);
    assert.deepEqual(await peek(app, thief), {});

  },

  async regenerating({ app, site }) {

    const visitor = site.visitor();
    await begin(app, visitor, { userId: 5 });
    const thief = site.visitor();
    thief.cookies.set('CB', visitor.cookies.get('CB') ?? '');
    await visitor.get('/');
    assert.notEqual(visitor.cookies.get('CB'), thief.cookies.get('CB'));
    assert.deepEqual(await peek(app, visitor), { userId: 5 });
    assert.deepEqual(await peek(app, thief), {});

  },

  async 'sign-in'({ app, site }) {

    const visitor = site.visitor();
    await begin(app, visitor, { language: 'nl' });
    const planted = visitor.cookies.get('CB') ?? '';
    assert.equal((await visitor.post('/sign-in')).text, 'Welcome');
    assert.deepEqual(await peek(app, visitor), { language: 'nl', userId: 5 });
    const attacker = site.visitor();
    attacker.cookies.set('CB', planted);
    assert.deepEqual(await peek(app, attacker), {});

  },

  async users({ app, site }) {

    const signIn = async () => {
      const visitor = site.visitor();
      await begin(app, visitor, { cart: 1 });
      const before = visitor.cookies.get('CB');
      assert.equal((await visitor.post('/sign-in')).text, 'Welcome');
      assert.notEqual(visitor.cookies.get('CB'), before);
      return visitor;
    };
    const [one, other] = [await signIn(), await signIn()];
    assert.equal((await one.post('/sign-out-elsewhere')).status, 204);
    assert.deepEqual(await peek(app, other), {});
    assert.deepEqual(await peek(app, one), { cart: 1, userId: 5 });

  },

  async updating({ app, site }) {

    const visitor = site.visitor();
    await begin(app, visitor, { visits: 0 });
    const answers = await Promise.all(Array.from({ length: 20 }, () => visitor.get('/')));
    assert.equal(new Set(answers.map(answer => answer.text)).size, 20);
    assert.deepEqual(await peek(app, visitor), { visits: 20 });

  },

  async csrf({ site }) {

    const visitor = site.visitor();
    const token = /value="([\w-]+)"/.exec((await visitor.get('/form')).text)?.[1] ?? '';
    const right = await visitor.post('/form-submit', { 'csrf-token': token });
    assert.deepEqual([right.status, right.text], [200, 'Thank you']);
    const header = await visitor.post('/form-submit', {}, { 'X-CSRF-Token': token });
    assert.equal(header.status, 200);
    assert.equal((await visitor.post('/form-submit')).status, 403);
    assert.equal((await visitor.post('/form-submit', { 'csrf-token': token.slice(1) })).status, 403);
    assert.equal((await site.visitor().post('/form-submit', { 'csrf-token': token })).status, 403);

  },

};
