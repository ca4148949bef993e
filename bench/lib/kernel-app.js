/*
 * A Curveball application in a process of its own, with sessions or without,
 * that is called without a network. What a session costs is the difference.
 */
import { Application, Context, MemoryRequest, MemoryResponse } from '@curveball/kernel';
import { cost } from './rounds.js';
import { serve } from './worker.js';

const ORIGIN = 'http://localhost';
const UNKNOWN = `CB=${'x'.repeat(43)}`;

const MIDDLEWARES = {
  bare: async () => undefined,
  floor: async () => (await import('../floor.js')).floor(Context),
  '1.0.1': async () => {
    const { default: session, MemoryStore } = await import('session-1');
    return session({ store: new MemoryStore() });
  },
  ours: async () => {
    const { default: session, MemoryStore } = await import('../../dist/index.js');
    return session({ store: new MemoryStore() });
  },
};

const [name] = process.argv.slice(2);
const app = await application(await MIDDLEWARES[name]());
const own = Buffer.from(cookieOf(await request('/sign-in')) ?? UNKNOWN);
const unknown = Buffer.from(UNKNOWN);

/** What is asked for, and with which cookie. */
const KINDS = {
  anonymous: ['/', undefined],
  read: ['/read', own],
  change: ['/change', own],
  'unknown id': ['/', unknown],
  'new session': ['/new', undefined],
};

serve({
  /** Returns what an observer sees of a request. */
  async seen(kind) {
    const { status, body, headers } = await request(...KINDS[kind]);
    return { status, body, headers: { ...headers.getAll(), 'set-cookie': headers.get('set-cookie')?.replace(/(?<==)\w[\w-]+(?=;)/, '(id)') } };
  },
  round(kind, count) {
    return cost(count, () => request(...KINDS[kind]));
  },
});

/** Without a middleware, `ctx.session` is undefined. */
function application(middleware) {

  const app = new Application();
  if (middleware) app.use(middleware);
  app.use(ctx => {
    switch (ctx.path) {
      case '/sign-in': if (middleware) ctx.session = { userId: 5, name: 'Ada' }; break;
      case '/read': ctx.response.body = String(ctx.session?.userId); break;
      case '/change': if (middleware) ctx.response.body = String(ctx.session.count = (ctx.session.count ?? 0) + 1); break;
      case '/new': if (middleware) ctx.session.userId = 5; break;
    }
    ctx.status = 200;
  });
  return app;

}

async function request(path, cookie) {

  const ctx = new Context(
    // A text made anew, as a server makes it of what came in.
    new MemoryRequest('GET', path, ORIGIN, cookie ? { Cookie: cookie.latin1Slice(0, cookie.length) } : {}),
    new MemoryResponse(ORIGIN),
  );
  await app.handle(ctx);
  return ctx.response;

}

function cookieOf(response) {

  return response.headers.get('Set-Cookie')?.split(';')[0];

}
