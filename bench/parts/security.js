/*
 * What the security features cost beside a plain session, in microseconds of one
 * process without a network, with MemoryStore: the option `user` and its index,
 * a deadline, and events with and without a subscriber. Each number is the median
 * of rounds that take turns.
 */
import assert from 'node:assert/strict';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { Application, MemoryRequest } from '@curveball/kernel';
import session, { encrypted, MemoryStore, UserSessions } from '../../dist/index.js';

const ROUNDS = 15;
const CALLS = 1000;

const KINDS = {
  plain: {},
  'with user': { user: 'userId' },
  'with user, absoluteExpiry and renewal': { user: 'userId', absoluteExpiry: 86_400, renewal: 3600 },
  encrypted: { wrap: store => encrypted(store) },
};

const REQUESTS = ['anonymous', 'read', 'change', 'sign-in'];

/** An application, and a way to ask it for a page with a cookie. */
function application({ wrap = store => store, ...options }) {

  const store = wrap(new MemoryStore());
  const app = new Application();
  let calls = 0;
  app.use(session({ store, ...options }), ctx => {
    ctx.response.status = 200;
    switch (ctx.path) {
      case '/read':
        ctx.response.body = String(ctx.session.userId);
        break;
      case '/change':
        ctx.session.count = calls++;
        break;
      case '/sign-in':
        ctx.session = { userId: 5, name: 'Ada' };
        if (!options.user) ctx.sessionId = null;
        break;
    }
  });
  const ask = (path, cookie) => app.subRequest(new MemoryRequest('GET', path, 'http://localhost', cookie ? { Cookie: cookie } : {}));
  return { ask, store };

}

const cookieOf = response => response.headers.getMany('Set-Cookie')[0]?.split(';')[0];

async function timeOf({ ask }, path, cookie) {

  const start = performance.now();
  for (let call = 0; call < CALLS; call++) await ask(path, cookie);
  return (performance.now() - start) * 1000 / CALLS;

}

const median = numbers => numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)];

async function compare(title, contestants) {

  const times = {};
  for (let round = -3; round < ROUNDS; round++) {
    for (const [name, call] of Object.entries(contestants)) {
      const time = await call();
      if (round >= 0) (times[name] ??= []).push(time);
    }
  }
  console.log(`\n${title}`);
  for (const [name, each] of Object.entries(times)) console.log(`  ${name.padEnd(40)} ${median(each).toFixed(1)} µs`);

}

for (const path of REQUESTS) {
  const contestants = {};
  for (const [name, options] of Object.entries(KINDS)) {
    const made = application(options);
    const cookie = path === 'anonymous' || path === 'sign-in' ? undefined : cookieOf(await made.ask('/sign-in'));
    if (path === 'read') assert.equal((await made.ask('/read', cookie)).body, '5');
    contestants[name] = () => timeOf(made, `/${path}`, cookie);
  }
  await compare(`A request: ${path}`, contestants);
}

const made = application({ user: 'userId' });
const cookie = cookieOf(await made.ask('/sign-in'));
const listener = () => {};
await compare('A change, with events', {
  'no subscriber': () => timeOf(made, '/change', cookie),
  'a subscriber to curveball:session:request': async () => {
    subscribe('curveball:session:request', listener);
    const time = await timeOf(made, '/change', cookie);
    unsubscribe('curveball:session:request', listener);
    return time;
  },
});

const { store, ask } = application({ user: 'userId' });
const users = new UserSessions(store);
for (let device = 0; device < 10; device++) await ask('/sign-in');
assert.equal((await users.list(5)).length, 10);
await compare('A user with ten sessions', {
  list: async () => {
    const start = performance.now();
    for (let call = 0; call < CALLS; call++) await users.list(5);
    return (performance.now() - start) * 1000 / CALLS;
  },
});
