import { deepEqual, equal, match, ok, rejects } from 'node:assert/strict';
import { Readable } from 'node:stream';
import { describe, it } from 'node:test';
import bodyParser from '@curveball/bodyparser';
import { Application, type Context } from '@curveball/core';
import session, { csrf, MemoryStore } from '../../../src/index.js';
import { visit } from '../../../src/testing/index.js';

/** An application that answers with the request's own headers and body. */
function echo(): Application {

  const app = new Application();
  app.use(async ctx => {
    const body = await ctx.request.rawBody('utf-8');
    ctx.response.body = { method: ctx.method, target: ctx.request.requestTarget, headers: ctx.request.headers.getAll(), body };
  });
  return app;

}

function answering(handler: (ctx: Context) => void): Application {

  const app = new Application();
  app.use(handler);
  return app;

}

const read = async (response: Response) => await response.json() as { method: string; target: string; headers: Record<string, string>; body: string };

describe('A visitor', () => {

  it('sends what a page of the application would', async () => {

    const visitor = visit(echo());
    const get = await read(await visitor.get('/account?page=2'));
    deepEqual(get, {
      method: 'GET', target: '/account?page=2', headers: { host: 'localhost', 'sec-fetch-site': 'same-origin' }, body: '',
    });
    const { headers } = await read(await visitor.post('/account'));
    deepEqual(headers, { host: 'localhost', origin: 'http://localhost', 'sec-fetch-site': 'same-origin' });
    for (const method of ['put', 'patch', 'delete'] as const) equal((await read(await visitor[method]('/'))).method, method.toUpperCase());

  });

  it('sends bodies of each kind', async () => {

    const visitor = visit(echo());
    const sent = async (body: string | object) => {
      const { headers, body: text } = await read(await visitor.post('/', body));
      return [headers['content-type']?.replace(/boundary=.*/, 'boundary=…'), text.length === Number(headers['content-length']), text.slice(0, 20)];
    };
    deepEqual(await sent({ name: 'Ada' }), ['application/json', true, '{"name":"Ada"}']);
    deepEqual(await sent([1]), ['application/json', true, '[1]']);
    deepEqual(await sent('Ada'), ['text/plain;charset=UTF-8', true, 'Ada']);
    deepEqual(await sent(new URLSearchParams({ name: 'Ada L.' })), ['application/x-www-form-urlencoded;charset=UTF-8', true, 'name=Ada+L.']);
    deepEqual(await sent(new TextEncoder().encode('Ada')), [undefined, true, 'Ada']);
    const form = new FormData();
    form.set('name', 'Ada');
    deepEqual((await sent(form)).slice(0, 2), ['multipart/form-data; boundary=…', true]);

  });

  it('lets a test replace headers, and leave them out', async () => {

    const { headers } = await read(await visit(echo()).post('/', undefined, {
      headers: { origin: 'https://attacker.example', 'Sec-Fetch-Site': null, Accept: 'text/html' },
    }));
    deepEqual(headers, { accept: 'text/html', host: 'localhost', origin: 'https://attacker.example' });

  });

  it('gets each kind of response, with all its headers', async () => {

    const answer = (handler: (ctx: Context) => void) => visit(answering(handler)).get('/x');
    const json = await answer(ctx => {
      ctx.status = 201;
      ctx.response.headers.set('Set-Cookie', ['a=1', 'b=2; Path=/']);
      ctx.response.body = { a: 1 };
    });
    equal(json.status, 201);
    equal(json.url, 'http://localhost/x');
    deepEqual(json.headers.getSetCookie(), ['a=1', 'b=2; Path=/']);
    deepEqual(await json.json(), { a: 1 });
    equal(await (await answer(ctx => { ctx.response.body = 'text'; })).text(), 'text');
    equal(await (await answer(ctx => { ctx.response.body = Buffer.from('bytes'); })).text(), 'bytes');
    equal(await (await answer(ctx => { ctx.response.body = Readable.from(['str', 'eam']); })).text(), 'stream');
    equal(await (await answer(ctx => { ctx.response.body = (out: NodeJS.WritableStream) => { out.end('called'); }; })).text(), 'called');
    for (const status of [204, 304]) equal((await answer(ctx => { ctx.status = status; ctx.response.body = ''; })).status, status);
    equal(await (await visit(answering(ctx => { ctx.response.body = 'x'; })).request('head', '/')).text(), '');

  });

  it('follows redirects as browsers do, if it is asked to', async () => {

    const seen: string[] = [];
    const visitor = visit(answering(ctx => {
      seen.push(`${ctx.method} ${ctx.request.requestTarget} ${ctx.request.headers.get('content-type') ?? '-'} ${ctx.request.headers.get('cookie') ?? '-'}`);
      const [, status] = /^\/(\d+)$/.exec(ctx.path) ?? [];
      ctx.response.headers.set('Set-Cookie', 'a=1; Path=/');
      if (ctx.path === '/out') ctx.redirect(302, 'https://elsewhere.example/');
      else if (ctx.path === '/loop') ctx.redirect(302, '/loop');
      else if (status) ctx.redirect(Number(status), 'done?x=1');
      else ctx.response.body = 'done';
    }));
    equal((await visitor.post('/303', { a: 1 })).status, 303);
    for (const status of [301, 302, 303, 307, 308]) {
      seen.length = 0;
      const response = await visitor.post(`/${status}`, { a: 1 }, { follow: true });
      deepEqual([response.status, response.url], [200, 'http://localhost/done?x=1']);
      deepEqual(seen[1], `${status < 304 ? 'GET /done?x=1 -' : 'POST /done?x=1 application/json'} a=1`);
    }
    equal((await visitor.get('/out', { follow: true })).status, 302);
    await rejects(visitor.get('/loop', { follow: true }), /GET \/loop was redirected more than 20 times, at last to \/loop/);

  });

  it('refuses wrong arguments', async () => {

    const visitor = visit(echo());
    await rejects(visitor.get('account'), /^TypeError: path is "account": it must be a path/);
    await rejects(visitor.get('https://site.example/'), TypeError);
    await rejects(visitor.get('//site.example/'), TypeError);
    await rejects(visitor.get('/', { header: {} } as never), /^TypeError: option header is unknown/);
    await rejects(visitor.run(() => 1), /^TypeError: The application has no session middleware in app\.middlewares/);
    await rejects(visitor.csrfToken(), TypeError);

  });

  it('has cookies of its own, and a copy has the same', async () => {

    const app = new Application();
    app.use(session({ store: new MemoryStore() }), ctx => {
      if (ctx.path === '/count') ctx.session.count = (ctx.session.count ?? 0) + 1;
      if (ctx.path === '/end') ctx.session = null;
      ctx.response.body = { ...ctx.session };
    });
    const [one, other] = [visit(app), visit(app)];
    await one.get('/count');
    const thief = one.copy();
    deepEqual(await (await thief.get('/')).json(), { count: 1 });
    deepEqual(await (await other.get('/')).json(), {});
    deepEqual(one.cookies.names, ['CB']);
    await one.get('/end');
    deepEqual(one.cookies.names, []);
    deepEqual(await (await thief.get('/')).json(), {});
    await other.run(ctx => { ctx.session.count = 5; });
    deepEqual(await other.run(ctx => ctx.session.count), 5);
    await rejects(other.run(ctx => { ctx.session.other = 1; throw new Error('mine'); }), { message: 'mine' });
    deepEqual(await (await other.get('/')).json(), { count: 5, other: 1 });

  });

  it('passes the checks of forms: the headers, and the token where it is required', async t => {

    t.mock.method(console, 'error', () => {});
    for (const requireToken of [false, true]) {
      const app = new Application();
      app.use(csrf({ requireToken }), bodyParser(), session({ store: new MemoryStore() }), ctx => {
        if (ctx.path === '/validated') ctx.validateCsrf();
        ctx.session.posted = true;
        ctx.status = 200;
      });
      const visitor = visit(app);
      equal((await visitor.post('/')).status, requireToken ? 403 : 200);
      const token = await visitor.csrfToken();
      for (const path of ['/', '/validated']) {
        equal((await visitor.post(path, new URLSearchParams({ 'csrf-token': token }))).status, 200);
        equal((await visitor.post(path, {}, { headers: { 'X-CSRF-Token': await visitor.csrfToken() } })).status, 200);
      }
      equal((await visitor.post('/validated', {})).status, 403);
      const foreign = { 'Sec-Fetch-Site': 'cross-site', Origin: 'https://attacker.example' };
      equal((await visitor.post('/', { 'csrf-token': token }, { headers: foreign })).status, 403);
    }

  });

  it('says why a browser would not keep a cookie', async () => {

    const app = new Application();
    app.use(session({ store: new MemoryStore(), cookieOptions: { domain: 'site.example' } }), ctx => {
      ctx.session.a = 1;
      ctx.status = 200;
    });
    await rejects(visit(app).get('/'), /^Error: A browser would not keep the cookie CB: its Domain is site\.example, and the application's host is localhost/);
    app.origin = 'https://www.site.example';
    const visitor = visit(app);
    const response = await visitor.get('/');
    match(response.headers.getSetCookie().join(), /; Secure/);
    ok(visitor.cookies.get('CB'));

  });

});

