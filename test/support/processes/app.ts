import { once } from 'node:events';
import { createServer } from 'node:http';
import { Application } from '@curveball/core';
import { type Context, invokeMiddlewares, type Middleware } from '@curveball/kernel';
import { cached } from '../../../src/cache/cached-store.js';
import session, { encrypted, isAtomic, isIndexing, type SessionOptions, UserSessions } from '../../../src/index.js';
import { KEYED } from '../sealed.js';
import { errorsToStatus } from '../site.js';
import { openTestStore } from './open-test-store.js';

/*
 * An application in a process of its own. The path of a request says what it does
 * to its session: /what/it/does?key=value. Its parent gives it the store's
 * address, and it prints its port.
 */

const { STORE = 'memory:', STORE_TIMEOUT = '3', EXPIRY = '3600', TOUCH_INTERVAL, ENCRYPTED, CACHED, CLOCK = '0' } = process.env;

if (CLOCK !== '0') {
  const { now } = Date;
  Date.now = () => now() + Number(CLOCK) * 1000;
}

const ACTIONS: { readonly [name: string]: (ctx: Context, key: string) => unknown } = {
  anonymous: () => {},
  create: ctx => {
    ctx.session = { kept: 'yes', count: 0 };
  },
  read: ctx => {
    ctx.response.body = { ...ctx.session };
  },
  why: ctx => {
    ctx.response.body = String(ctx.sessionEnded);
  },
  set: (ctx, key) => {
    ctx.session[key] = key;
  },
  put: (ctx, key) => {
    ctx.session.latest = Number(key);
  },
  unset: (ctx, key) => {
    delete ctx.session[key];
  },
  count: ctx => ctx.updateSession(values => {
    values.count = (values.count ?? 0) + 1;
  }),
  regenerate: (ctx, key) => {
    ctx.session.user = key;
    ctx.sessionId = null;
  },
  rotate: ctx => {
    ctx.sessionId = null;
  },
  'sign-in': async (ctx, key) => {
    await waitAtGate(ctx);
    ctx.session.owner = key;
  },
  tokens: (ctx, key) => {
    ctx.session.tokens = JSON.parse(key);
  },
  refresh: async (ctx, key) => {
    const { provider, expired, lease = '10' } = ctx.query;
    const began = performance.now();
    let isOurs = false;
    const access = await ctx.exclusive('access token', async signal => {
      const { tokens } = ctx.session;
      if (tokens.access !== expired) return tokens.access;
      isOurs = true;
      const response = await fetch(`http://127.0.0.1:${provider}/${tokens.refresh}`, { method: 'POST' });
      if (!response.ok) throw new Error(`The provider answered with ${response.status}`);
      ctx.session.tokens = await response.json();
      if (key === 'signal') ctx.session.aborted = signal.aborted;
      return ctx.session.tokens.access;
    }, { lease: Number(lease) });
    ctx.response.body = { access, isOurs, took: performance.now() - began };
  },
  arrived: (_, key) => gate(key).arrived,
  release: (_, key) => gate(key).release(),
  list: async (ctx, key) => {
    ctx.response.body = await users?.list(key);
  },
  revoke: (_, key) => users?.endAll(key),
  'revoke-one': (ctx, key) => users?.end(key, ctx.query.handle as string),
  'revoke-others': (ctx, key) => users?.endAll(key, { except: ctx.query.handle as string }),
  'revoke-everything': () => users?.endEverything(),
  leave: (ctx, key) => ctx.flash('notice', key),
  show: async ctx => {
    ctx.response.body = (await ctx.flashes()).map(({ message }) => message);
    await waitAtGate(ctx);
  },
  end: ctx => {
    ctx.session = null;
  },
  'wait-for-end': async ctx => {
    const { sessionSignal } = ctx;
    waiting++;
    if (!sessionSignal.aborted) await once(sessionSignal, 'abort');
    waiting--;
    ctx.response.body = sessionSignal.reason.reason;
  },
  waiting: ctx => {
    ctx.response.body = String(waiting);
  },
  empty: ctx => {
    for (const key of Object.keys(ctx.session)) delete ctx.session[key];
  },
};

let waiting = 0;

const opened = await openTestStore(STORE);
const sealed = ENCRYPTED ? encrypted(opened, KEYED) : opened;
const store = CACHED ? cached(sealed, { maxAge: Number(CACHED) }) : sealed;
const users = isIndexing(store) ? new UserSessions(store) : undefined;

/** Requests that are held in the middle, by their gates: a sign-in before its answer, a page that has its messages. */
const gates = new Map<string, Gate>();

class Gate {

  readonly arrived: Promise<void>;
  readonly released: Promise<void>;
  arrive!: () => void;
  release!: () => void;

  constructor() {
    this.arrived = new Promise(resolve => {
      this.arrive = resolve;
    });
    this.released = new Promise(resolve => {
      this.release = resolve;
    });
  }

}

function gate(name: string): Gate {

  const found = gates.get(name) ?? new Gate();
  gates.set(name, found);
  return found;

}

async function waitAtGate({ query }: Context): Promise<void> {

  if (!query.gate) return;
  const held = gate(query.gate);
  held.arrive();
  await held.released;

}

const options: SessionOptions = {
  store,
  storeTimeout: Number(STORE_TIMEOUT),
  expiry: Number(EXPIRY),
  ...(isAtomic(store) && store.keepsInfo ? { user: 'owner' } : {}),
  ...(TOUCH_INTERVAL === undefined ? {} : { touchInterval: Number(TOUCH_INTERVAL) }),
};
const unlimited = session(options);
/** The query `limit` of a request says how many sessions a user may have, so that one process serves all limits. */
const LIMITED: { readonly [limit: string]: Middleware } = options.user === undefined ? {} : {
  1: session({ ...options, maxUserSessions: 1 }), 2: session({ ...options, maxUserSessions: 2 }),
};

const app = new Application();
app.use(
  errorsToStatus(),
  ctx => invokeMiddlewares(ctx, [LIMITED[ctx.query.limit ?? ''] ?? unlimited, act]),
);

async function act(ctx: Context): Promise<void> {

  const { key = '', pause = '0' } = ctx.query;
  ctx.response.status = 200;
  await turns(Number(pause));
  await ACTIONS[ctx.path.slice(1)]?.(ctx, key);
  await turns(Number(pause));

}

/** Lets others go first. */
async function turns(number: number): Promise<void> {

  for (let turn = 0; turn < number; turn++) await new Promise(resolve => setImmediate(resolve));

}

const server = createServer(app.callback());
// On a busy machine it would close connections at the moment at which they are used again.
server.keepAliveTimeout = 600_000;
server.listen(0, '127.0.0.1', () => {
  console.log(`port ${(server.address() as { port: number }).port}`);
});

// A parent that is gone needs no children.
process.stdin.resume().on('end', () => process.exit());
