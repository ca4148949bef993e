import { deepStrictEqual, ok, strictEqual } from 'node:assert/strict';
import { EventEmitter, once } from 'node:events';
import { get as httpGet, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { PassThrough } from 'node:stream';
import { afterEach, describe, it } from 'node:test';
import { Application } from '@curveball/core';
import { type Context, Context as KernelContext, MemoryRequest, MemoryResponse } from '@curveball/kernel';
import type { WebSocket } from 'ws';
import session, { MemoryStore, type SessionOptions, UserSessions } from '../../src/index.js';
import { settled } from '../support/events.js';
import { endOf, openSessions } from '../support/open-sessions.js';
import { type SocketSite, socketSite } from '../support/sockets.js';

const PAGES = {
  '/sign-in': (ctx: { session: unknown }) => { ctx.session = { userId: 'ada' }; },
  '/sign-out': (ctx: { session: unknown }) => { ctx.session = null; },
  '/new-id': (ctx: { sessionId: string | null }) => { ctx.sessionId = null; },
};

/** Waits for what follows from the end of a connection. */
async function until(isTrue: () => boolean): Promise<void> {

  while (!isTrue()) await settled();

}

describe('A stream of events', () => {

  let server: Server | undefined;
  afterEach(() => {
    server?.closeAllConnections();
    server?.close();
  });

  async function eventSite(store: MemoryStore) {

    const signals: AbortSignal[] = [];
    const app = new Application();
    app.use(session({ store, user: 'userId' }), (ctx: Context) => {
      ctx.response.status = 200;
      if (ctx.path === '/sign-in') ctx.session = { userId: 'ada' };
      if (ctx.path === '/sign-out') ctx.session = null;
      if (ctx.path !== '/events') return;
      const { sessionSignal } = ctx;
      signals.push(sessionSignal);
      if (sessionSignal.aborted) {
        ctx.response.status = 204;
        return;
      }
      const body = new PassThrough();
      body.write('data: hello\n\n');
      sessionSignal.addEventListener('abort', () => body.end(`event: end\ndata: ${sessionSignal.reason.reason}\n\n`));
      ctx.response.headers.set('Content-Type', 'text/event-stream');
      ctx.response.body = body;
    });
    server = app.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const cookie = (await fetch(`${address}/sign-in`)).headers.getSetCookie()[0].split(';')[0];
    const send = (path: string) => fetch(address + path, { headers: { Cookie: cookie } });
    const reconnect = async () => (await send('/events')).status;
    const listen = async (): Promise<IncomingMessage> => {
      const [response] = await once(httpGet(`${address}/events`, { headers: { Cookie: cookie }, agent: false }), 'response');
      await once(response, 'data');
      return response;
    };
    return { signals, send, listen, reconnect };

  }

  async function textOf(response: IncomingMessage): Promise<string> {

    let text = '';
    for await (const chunk of response) text += chunk;
    return text;

  }

  it('ends at once when its visitor signs out in another tab', async () => {

    const { send, listen } = await eventSite(new MemoryStore());
    const [one, other] = [textOf(await listen()), textOf(await listen())];
    await send('/sign-out');
    deepStrictEqual([await one, await other], ['event: end\ndata: signed-out\n\n', 'event: end\ndata: signed-out\n\n']);

  });

  it('ends at once when the session is revoked', async () => {

    const store = new MemoryStore();
    const { listen } = await eventSite(store);
    const text = textOf(await listen());
    await new UserSessions(store).endAll('ada');
    strictEqual(await text, 'event: end\ndata: revoked\n\n');

  });

  it('is not opened again after the session has been revoked', async () => {

    const store = new MemoryStore();
    const { listen, reconnect } = await eventSite(store);
    const text = textOf(await listen());
    await new UserSessions(store).endAll('ada');
    await text;
    strictEqual(await reconnect(), 204);
    strictEqual(openSessions(store), 0);

  });

  it('is forgotten when its visitor leaves', async () => {

    const store = new MemoryStore();
    const { signals, listen } = await eventSite(store);
    const response = await listen();
    strictEqual(openSessions(store), 1);
    response.destroy();
    await until(() => openSessions(store) === 0);
    strictEqual(signals[0].aborted, false);

  });

});

describe('An open response', () => {

  const store = new MemoryStore();
  const handle = session({ store }) as (ctx: Context, next: () => Promise<void>) => Promise<void>;
  const ORIGIN = 'http://localhost';

  /** Sends a request whose response is a stream that the test closes. */
  async function open(cookie: string, page: (ctx: Context) => unknown = ctx => ctx.sessionSignal) {

    const inner = Object.assign(new EventEmitter(), { closed: false, headersSent: false });
    const response = Object.assign(new MemoryResponse(ORIGIN), { inner });
    const ctx = new KernelContext(new MemoryRequest('GET', '/', ORIGIN, cookie === '' ? {} : { Cookie: cookie }), response);
    let answer: unknown;
    await handle(ctx, async () => { answer = page(ctx); });
    return { inner, response, answer };

  }

  async function begin(): Promise<string> {

    const { response } = await open('', ctx => { ctx.session = { kept: true }; });
    return (response.headers.getMany('Set-Cookie')[0]).split(';')[0];

  }

  it('is forgotten when it has been sent, and 10,000 are', async () => {

    const cookies = [];
    for (let index = 0; index < 10_000; index++) cookies.push(await begin());
    const responses = [];
    for (const cookie of cookies) responses.push(await open(cookie));
    strictEqual(openSessions(store), 10_000);
    for (const { inner } of responses) inner.emit('close');
    strictEqual(openSessions(store), 0);
    ok(responses.every(({ answer }) => !(answer as AbortSignal).aborted));

  });

  it('is not waited for if it has been closed already', async () => {

    const cookie = await begin();
    const { answer } = await open(cookie, ctx => {
      Object.assign((ctx.response as unknown as { inner: object }).inner, { closed: true });
      return ctx.sessionSignal;
    });
    ok(answer instanceof AbortSignal);
    strictEqual(openSessions(store), 0);

  });

  it('of a session that others wait for, too, is forgotten alone', async () => {

    const cookie = await begin();
    const [one, other] = [await open(cookie), await open(cookie)];
    one.inner.emit('close');
    strictEqual(openSessions(store), 1);
    await open(cookie, ctx => { ctx.session = null; });
    deepStrictEqual([one, other].map(({ answer }) => endOf(answer as AbortSignal)), [null, 'signed-out']);

  });

});

describe('A WebSocket', () => {

  let there: SocketSite | undefined;
  afterEach(() => there?.close());

  async function sockets(options: Partial<SessionOptions> = {}, onSocket: (ctx: Context, socket: WebSocket) => unknown = () => {}) {

    const store = new MemoryStore();
    there = await socketSite({ store, user: 'userId', ...options }, PAGES, (ctx, socket) => onSocket(ctx as unknown as Context, socket));
    await there.get('/sign-in');
    return { store, site: there };

  }

  async function closeOf(socket: WebSocket): Promise<[code: number, reason: string]> {

    const [code, reason] = await once(socket, 'close');
    return [code, String(reason)];

  }

  it('is closed with the option closeSockets when its session ends, though its handler has not asked', async () => {

    const { store, site } = await sockets({ closeSockets: true });
    const socket = await site.open();
    await until(() => openSessions(store) === 1);
    const closed = closeOf(socket);
    await site.get('/sign-out');
    deepStrictEqual(await closed, [4001, 'signed-out']);

  });

  it('is closed with closeSockets when its session was revoked', async () => {

    const { store, site } = await sockets({ closeSockets: true });
    const [one, other] = [await site.open(), await site.open()];
    await until(() => openSessions(store) === 1);
    const closed = [closeOf(one), closeOf(other)];
    await new UserSessions(store).endAll('ada');
    deepStrictEqual(await Promise.all(closed), [[4001, 'revoked'], [4001, 'revoked']]);

  });

  it('is closed at once with closeSockets when its session had ended before, and its handler does not run', async () => {

    let handled = 0;
    const { store, site } = await sockets({ closeSockets: true }, () => { handled++; });
    await new UserSessions(store).endAll('ada');
    deepStrictEqual(await closeOf(await site.open()), [4001, 'revoked']);
    deepStrictEqual([handled, openSessions(store)], [0, 0]);

  });

  it('stays open without the option when its session had ended before, and its signal has fired', async () => {

    const { store, site } = await sockets({}, (ctx, socket) => {
      const { sessionSignal } = ctx;
      socket.on('message', () => socket.send(String(endOf(sessionSignal))));
    });
    await new UserSessions(store).endAll('ada');
    const socket = await site.open();
    socket.send('?');
    strictEqual(String((await once(socket, 'message'))[0]), 'revoked');

  });

  it('stays open with closeSockets when it comes with a former id of a live session', async () => {

    const { site } = await sockets({ closeSockets: true }, (_, socket) => { socket.on('message', () => socket.send('here')); });
    const former = site.cookie();
    await site.get('/new-id');
    ok(site.cookie() !== former);
    const socket = await site.open('/', former);
    socket.send('?');
    strictEqual(String((await once(socket, 'message'))[0]), 'here');

  });

  it('stays open without the option, and nothing waits for its session', async () => {

    const { store, site } = await sockets({}, (_, socket) => { socket.on('message', () => socket.send('here')); });
    const socket = await site.open();
    await site.get('/sign-out');
    socket.send('?');
    strictEqual(String((await once(socket, 'message'))[0]), 'here');
    strictEqual(openSessions(store), 0);

  });

  it('stays open with the option if it has no session', async () => {

    const { store, site } = await sockets({ closeSockets: true }, (_, socket) => { socket.on('message', () => socket.send('here')); });
    await site.get('/sign-out');
    const socket = await site.open();
    socket.send('?');
    strictEqual(String((await once(socket, 'message'))[0]), 'here');
    strictEqual(openSessions(store), 0);

  });

  it('is forgotten when it is closed', async () => {

    const { store, site } = await sockets({ closeSockets: true }, ctx => ctx.sessionSignal);
    const socket = await site.open();
    await until(() => openSessions(store) === 1);
    socket.terminate();
    await until(() => openSessions(store) === 0);

  });

  it('is closed quietly if its handler fails because of the signal', async () => {

    const warnings: Error[] = [];
    const take = (warning: Error) => { warnings.push(warning); };
    process.on('warning', take);
    try {
      const { site, store } = await sockets({}, async (ctx, socket) => {
        await once(socket, 'message', { signal: ctx.sessionSignal });
      });
      const socket = await site.open();
      await until(() => openSessions(store) === 1);
      const closed = closeOf(socket);
      await site.get('/sign-out');
      deepStrictEqual(await closed, [4001, 'signed-out']);
      await settled();
      deepStrictEqual(warnings, []);
    } finally {
      process.off('warning', take);
    }

  });

});
