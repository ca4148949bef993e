/*
 * What the security features cost beside a plain session, in microseconds of the
 * processor and without a network, with MemoryStore: the option `user` and its
 * index, a deadline, and events with and without a subscriber.
 */
import assert from 'node:assert/strict';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { Application, MemoryRequest } from '@curveball/kernel';
import session, { encrypted, MemoryStore, UserSessions } from '../../dist/index.js';
import { figure, report } from '../lib/report.js';
import { cost, inTurns } from '../lib/rounds.js';

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

const costOf = ({ ask }, path, cookie) => cost(CALLS, () => ask(path, cookie));

const figures = [];

async function compare(group, contestants) {

  const costs = await inTurns(contestants, { rounds: ROUNDS });
  for (const [name, { cpu }] of Object.entries(costs)) figures.push(figure(group, name, 'µs', cpu));

}

for (const path of REQUESTS) {
  const contestants = {};
  for (const [name, options] of Object.entries(KINDS)) {
    const made = application(options);
    const cookie = path === 'anonymous' || path === 'sign-in' ? undefined : cookieOf(await made.ask('/sign-in'));
    if (path === 'read') assert.equal((await made.ask('/read', cookie)).body, '5');
    contestants[name] = () => costOf(made, `/${path}`, cookie);
  }
  await compare(path, contestants);
}

const made = application({ user: 'userId' });
const cookie = cookieOf(await made.ask('/sign-in'));
const listener = () => {};
await compare('change, with events', {
  'no subscriber': () => costOf(made, '/change', cookie),
  'a subscriber to curveball:session:request': async () => {
    subscribe('curveball:session:request', listener);
    const cost = await costOf(made, '/change', cookie);
    unsubscribe('curveball:session:request', listener);
    return cost;
  },
});

const { store, ask } = application({ user: 'userId' });
const users = new UserSessions(store);
for (let device = 0; device < 10; device++) await ask('/sign-in');
assert.equal((await users.list(5)).length, 10);
await compare('list of ten sessions', { 'with user': () => cost(CALLS, () => users.list(5)) });
report('Requests with features that protect sessions, in time of the processor and without a network', figures);
