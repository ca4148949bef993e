/*
 * What a session costs a request: the time with the middleware less the time of
 * the same application without, beside 1.0.1, in one process. Each number is the
 * median of rounds that take turns, so that what else the machine does falls on all.
 */
import assert from 'node:assert/strict';
import * as kernel1 from '@curveball/kernel';
import session1, { MemoryStore as MemoryStore1 } from 'session-1';
import session2, { MemoryStore as MemoryStore2 } from '../dist/index.js';
// Each has a kernel of its own: what one does to a Context is nothing to the other.
import * as kernel2 from '../node_modules/@curveball/kernel/dist/index.js';

const ROUNDS = 15;
const ORIGIN = 'http://localhost';

/** The same application on each of the three; `ctx.session` is undefined without a middleware. */
function application({ Application }, middleware) {

  const app = new Application();
  if (middleware) app.use(middleware);
  app.use(ctx => {
    switch (ctx.path) {
      case '/sign-in': if (middleware) ctx.session = { userId: 5, name: 'Ada' }; break;
      case '/read': ctx.response.body = String(ctx.session?.userId); break;
      case '/change': if (middleware) ctx.session.count = (ctx.session.count ?? 0) + 1; break;
      case '/new': if (middleware) ctx.session.userId = 5; break;
    }
    ctx.status = 200;
  });
  return app;

}

async function request({ app, kernel }, path, cookie) {

  const { Context, MemoryRequest, MemoryResponse } = kernel;
  const ctx = new Context(
    // A text made anew, as a server makes it of what came in.
    new MemoryRequest('GET', path, ORIGIN, cookie ? { Cookie: cookie.latin1Slice(0, cookie.length) } : {}),
    new MemoryResponse(ORIGIN),
  );
  await app.handle(ctx);
  return ctx.response;

}

async function contestant(kernel, store, middleware) {

  const one = { kernel, app: application(kernel, middleware?.({ store })), times: [] };
  if (middleware) {
    store.close();
    const signedIn = await request(one, '/sign-in');
    one.cookie = Buffer.from(signedIn.headers.get('Set-Cookie').split(';')[0]);
    assert.equal((await request(one, '/read', one.cookie)).body, '5');
  }
  return one;

}

const bare = await contestant(kernel1);
const old = await contestant(kernel1, new MemoryStore1(), session1);
const own = await contestant(kernel2, new MemoryStore2(), session2);
bare.cookie = old.cookie;
const unknown = Buffer.from(`CB=${'x'.repeat(43)}`);

const kinds = [
  ['anonymous', '/', () => undefined, 20_000],
  ['read', '/read', ({ cookie }) => cookie, 20_000],
  ['change', '/change', ({ cookie }) => cookie, 20_000],
  ['unknown id', '/', () => unknown, 20_000],
  ['new session', '/new', () => undefined, 3_000],
];

console.log('µs a request, less the bare application\n');
console.log('              bare    1.0.1        2    ratio');
for (const [kind, path, cookieOf, count] of kinds) {
  const contestants = [bare, old, own];
  for (const each of contestants) each.times = [];
  for (let round = 0; round < ROUNDS; round++) {
    for (const each of contestants) {
      const cookie = cookieOf(each);
      const start = process.hrtime.bigint();
      for (let i = 0; i < count; i++) await request(each, path, cookie);
      each.times.push(Number(process.hrtime.bigint() - start) / 1000 / count);
    }
  }
  const base = median(bare.times);
  const [before, now] = [median(old.times) - base, median(own.times) - base];
  console.log([
    kind.padEnd(11), base.toFixed(2).padStart(6), before.toFixed(2).padStart(8),
    now.toFixed(2).padStart(8), (now / before).toFixed(2).padStart(8),
  ].join(' '));
}

function median(numbers) {
  return numbers.toSorted((a, b) => a - b)[numbers.length >> 1];
}
