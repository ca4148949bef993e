import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { peek } from '../support/steps.js';
import type { Scenarios } from './index.js';

export const csrf: Scenarios = {

  async middleware({ app, site }) {

    app.use(ctx => {
      ctx.response.body = JSON.stringify(ctx.session);
    });
    const visitor = site.visitor();
    const save = async (headers: Record<string, string>) => {
      const { status } = await visitor.post('/address', { street: 'Main St' }, headers);
      return status;
    };
    assert.equal(await save({ 'Sec-Fetch-Site': 'same-origin' }), 200);
    assert.equal((await visitor.get('/')).text, '{"street":"Main St"}');
    assert.equal(await save({ 'Sec-Fetch-Site': 'cross-site', Origin: 'https://attacker.example' }), 403);
    assert.equal(await save({ 'Sec-Fetch-Site': 'same-site' }), 403);
    assert.equal(await save({ Origin: 'https://attacker.example' }), 403);
    assert.equal(await save({ Origin: app.origin }), 200);
    const visited = `http://localhost:${site.port}`;
    assert.equal(await save({ Origin: visited }), 403, 'the port that listen() was given is not looked at');
    app.origin = visited;
    assert.equal(await save({ Origin: visited }), 200);
    assert.equal(await save({}), 403, 'a cookie of ours, and neither header');
    visitor.cookies.clear();
    assert.equal(await save({}), 200, 'no cookie');

  },

  async options({ site }) {

    const send = async (method: string, path: string, headers: Record<string, string>, body?: URLSearchParams) => (
      await site.visitor().request(method, path, headers, body)
    ).status;
    const foreign = { 'Sec-Fetch-Site': 'cross-site' };
    assert.equal(await send('POST', '/', { ...foreign, Origin: 'https://admin.example.com' }), 404, 'no page, but let through');
    assert.equal(await send('POST', '/', { ...foreign, Origin: 'http://admin.example.com' }), 403);
    const signature = createHmac('sha256', 'the secret of the hook').update('paid=yes').digest('hex');
    const paid = new URLSearchParams({ paid: 'yes' });
    assert.equal(await send('POST', '/hooks/payment', { ...foreign, 'X-Signature': signature }, paid), 204);
    assert.equal(await send('POST', '/hooks/payment', { ...foreign, 'X-Signature': 'x' }, paid), 403);
    assert.equal(await send('GET', '/sign-out', foreign), 403);
    assert.equal(await send('GET', '/sign-out', { 'Sec-Fetch-Site': 'none' }), 404);
    assert.equal(await send('GET', '/photo', { ...foreign, 'Sec-Fetch-Dest': 'image' }), 403);
    assert.equal(await send('GET', '/photo', foreign), 404);

  },

  async report({ site }) {

    const { mock } = console.warn as unknown as { mock: { calls: Array<{ arguments: unknown[] }> } };
    const { status } = await site.visitor().post('/', {}, { 'Sec-Fetch-Site': 'cross-site', Origin: 'https://attacker.example' });
    assert.equal(status, 404, 'let through');
    assert.equal(mock.calls.at(-1)?.arguments[0], 'CSRF: cross-site: POST / from https://attacker.example (cross-site)');

  },

  async provider({ app, site }) {

    app.use(ctx => {
      ctx.response.body = JSON.stringify(ctx.session);
    });
    const form = { 'Sec-Fetch-Site': 'cross-site', 'Sec-Fetch-Mode': 'navigate', 'Sec-Fetch-Dest': 'document' };
    const visitor = site.visitor();
    const complete = async () => visitor.post('/second-factor', {}, { 'Sec-Fetch-Site': 'same-origin' });
    assert.equal((await complete()).status, 403);
    assert.equal((await visitor.post('/callback', {}, form)).text, 'Your code, please');
    assert.equal((await visitor.get('/')).text, '{"pending":{"accountId":5}}');
    assert.equal((await complete()).text, 'Welcome');
    assert.equal((await visitor.get('/')).text, '{"userId":5}');

  },

  async form({ app, site }) {

    const visitor = site.visitor();
    const token = /value="([\w-]+)"/.exec((await visitor.get('/address')).text)?.[1] ?? '';
    assert.equal((await visitor.post('/address', { street: 'Main St' })).status, 403);
    assert.equal((await visitor.post('/address', { street: 'Main St', 'csrf-token': 'x' }, { 'X-CSRF-Token': token })).status, 403,
      'a right header does not make up for a wrong field');
    assert.equal((await visitor.post('/address', { street: 'Main St', 'csrf-token': token })).text, 'Saved');
    assert.deepEqual(await peek(app, visitor), { street: 'Main St' });

  },

  async header({ app, site }) {

    const visitor = site.visitor();
    const { token } = JSON.parse((await visitor.get('/token')).text);
    assert.equal((await visitor.post('/like')).status, 403);
    assert.equal((await visitor.post('/like', {}, { 'X-CSRF-Token': token })).text, 'Liked');
    assert.equal((await peek(app, visitor)).liked, true);

  },

};
