import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { pageOf } from '../../support/site.js';
import type { Answer, Visitor } from '../support/browser.js';
import { peek } from '../support/steps.js';
import type { Scenarios } from './index.js';

async function signIn(visitor: Visitor, form: Record<string, string>): Promise<number> {

  return (await visitor.post('/sign-in', form)).status;

}

/** Sends a visitor to the provider and back. The example's provider has a name that leads nowhere, so another answers in its place. */
export async function oauthSignIn(visitor: Visitor): Promise<Answer> {

  const provider = createServer((request, response) => {
    let body = '';
    request.on('data', data => { body += data; });
    request.on('end', () => {
      assert.equal(new URLSearchParams(body).get('code_verifier')?.length, 43);
      response.end(JSON.stringify({ access_token: 'a', refresh_token: 'r', expires_in: 60, sub: 'ada' }));
    });
  });
  await new Promise<void>(done => provider.listen(0, '127.0.0.1', done));
  const { port } = provider.address() as AddressInfo;
  const real = globalThis.fetch;
  globalThis.fetch = (input, init) => real(String(input).replace('https://provider.example', `http://127.0.0.1:${port}`), init);
  try {
    const sent = await visitor.get('/sign-in');
    const state = new URL(sent.headers.get('Location') ?? '').searchParams.get('state');
    return await visitor.get(`/callback?code=c&state=${state}`);
  } finally {
    globalThis.fetch = real;
    provider.closeAllConnections();
    provider.close();
  }

}

export const recipes: Scenarios = {

  async passwords({ app, site }) {

    const visitor = site.visitor();
    assert.equal(await signIn(visitor, { name: 'ada', password: 'wrong' }), 422);
    assert.equal(await signIn(visitor, { name: 'bob', password: 'engine' }), 422);
    assert.equal(await signIn(visitor, {}), 422);
    assert.equal(visitor.cookies.size, 0);
    assert.equal(await signIn(visitor, { name: 'ada', password: 'engine' }), 303);
    assert.deepEqual(await peek(app, visitor), { userId: 5 });

  },

  async oauth({ app, site }) {

    const visitor = site.visitor();
    assert.equal((await oauthSignIn(visitor)).status, 303);
    const { userId, tokens, flow } = await peek(app, visitor);
    assert.deepEqual([userId, tokens.access, tokens.refresh, flow], ['ada', 'a', 'r', undefined]);
    const state = new URL((await visitor.get('/sign-in')).headers.get('Location') ?? '').searchParams.get('state');
    assert.equal((await site.visitor().get(`/callback?code=c&state=${state}`)).status, 400);
    assert.equal((await visitor.get('/callback?code=c&state=other')).status, 400);
    assert.equal((await visitor.get(`/callback?code=c&state=${state}`)).status, 400, 'the flow was used');

  },

  async downloads({ app, site }) {

    const visitor = site.visitor();
    const { headers, status } = await visitor.get('/report');
    assert.equal(status, 200);
    assert.match(headers.get('Content-Disposition') ?? '', /^attachment/);
    assert.deepEqual(await peek(app, visitor), { downloads: 1 });

  },

  async health({ site }) {

    for (const path of ['/live', '/ready']) {
      const { text, setCookies } = await site.visitor().get(path);
      assert.equal(text, 'ok');
      assert.deepEqual(setCookies, []);
    }

  },

  async passport({ app, site }) {

    const visitor = site.visitor();
    assert.equal(await signIn(visitor, { username: 'ada', password: 'wrong' }), 401);
    assert.equal(await signIn(visitor, {}), 401);
    assert.equal(await signIn(visitor, { username: 'ada', password: 'secret' }), 303);
    assert.deepEqual(await peek(app, visitor), { userId: 5 });

  },

  async proxy({ app, site }) {

    app.use(pageOf({ '/': ctx => { ctx.session.seen = true; } }));
    assert.match((await site.visitor().get('/')).setCookies.join(), /; Secure;/);

  },

};
