import { deepStrictEqual, ok, strictEqual } from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { Redis } from 'ioredis';
import { createClient } from 'redis';
import type { NewInfo, SessionChange } from '../../../src/base/store.js';
import { RedisStore } from '../../../src/stores/redis-store.js';
import { toTexts } from '../../../src/values/session-values.js';
import { often } from '../../support/often.js';
import { CLUSTERED, type OpenClient, SINGLE } from '../../support/redis-clients.js';
import { redisUrl } from '../../support/servers/addresses.js';
import { markOf } from '../../support/mark-of.js';

const NOTHING: SessionChange = { set: new Map(), unset: [] };
const of = (user: string | null, requestAge?: number): NewInfo => ({ info: { user, details: '' }, requestAge });

/** As the middleware passes it: the age of the request is computed when the store reads it. */
const since = (user: string, began: number): NewInfo => ({
  info: { user, details: '' },
  get requestAge() {
    return (performance.now() - began) / 1000;
  },
});

/** Clients with which each race runs most often: one for each kind of server. */
const MOST = ['redis 6, client', 'redis 6, cluster', 'ioredis, cluster'];

let users = 0;
const someone = () => `user ${++users}`;

for (const [kind, open] of Object.entries({ ...SINGLE, ...CLUSTERED })) {

  describe(`RedisStore with ${kind}`, () => {

    const trials = MOST.includes(kind) ? often(200) : 5;
    const prefix = `redis-revocation.test ${kind} [a-z]*?\\ :`;
    const opened: OpenClient[] = [];
    let store: RedisStore;
    let other: RedisStore;

    before(async () => {
      opened.push(await open(), await open());
      [store, other] = opened.map(({ client }) => new RedisStore({ client, prefix })) as [RedisStore, RedisStore];
    });
    after(() => {
      for (const { close } of opened) close();
    });

    async function session(newInfo?: NewInfo, on = store): Promise<string> {
      const id = on.newSessionId();
      strictEqual(await on.create(id, toTexts({ a: 1 }), { lifetime: 60, newInfo }), true);
      return id;
    }

    const isLive = async (id: string) => (await store.load(id))?.status === 'live';
    const handles = async (user: string) => (await other.sessionsOf(user)).map(({ handle }) => handle).sort();
    const sorted = (...ids: readonly string[]) => ids.map(id => store.handleOf(id)).sort();

    it('lists the sessions of a user, also after moves, and of no one else', async () => {

      const [ada, bob] = [someone(), someone()];
      const [first, second, anonymous] = [await session(of(ada)), await session(of(ada)), await session()];
      await session(of(bob));
      const moved = store.newSessionId(first);
      await store.move(first, moved, NOTHING, { lifetime: 60 });
      const signedIn = store.newSessionId(anonymous);
      strictEqual(await store.move(anonymous, signedIn, NOTHING, { lifetime: 60, patience: 5, newInfo: of(ada, 0) }), 'moved');
      deepStrictEqual(await handles(ada), sorted(moved, second, signedIn));
      const became = store.newSessionId(second);
      strictEqual(await store.move(second, became, NOTHING, { lifetime: 60, patience: 5, newInfo: of(bob, 0) }), 'moved');
      deepStrictEqual(await handles(ada), sorted(moved, signedIn));
      strictEqual((await handles(bob)).length, 2);
      deepStrictEqual(await handles('no one'), []);

    });

    it('ends one session of a user, all but one, or all, and no one else\'s', async () => {

      const [ada, bob] = [someone(), someone()];
      const ids = await Promise.all(Array.from({ length: 5 }, () => session(of(ada))));
      const [one, two, three] = ids as [string, string, string];
      const [ofBob, anonymous] = [await session(of(bob)), await session()];

      for (const only of [ofBob, anonymous].map(id => store.handleOf(id)).concat('', '*', 'user:*', 'x'.repeat(16), '../'.repeat(9))) {
        deepStrictEqual(await other.endSessionsOf(ada, { only }), []);
      }
      deepStrictEqual(await other.endSessionsOf(ada, { only: store.handleOf(one) }), sorted(one));
      deepStrictEqual(await other.endSessionsOf(ada, { only: store.handleOf(one) }), []);
      deepStrictEqual(markOf(await store.load(one)), { status: 'retired', moved: false });
      const moved = store.newSessionId(two);
      await store.move(two, moved, NOTHING, { lifetime: 60 });
      deepStrictEqual(await other.endSessionsOf(ada, { only: store.handleOf(two) }), sorted(two));
      strictEqual(await isLive(moved), false);

      deepStrictEqual((await other.endSessionsOf(ada, { except: store.handleOf(three) })).slice().sort(), sorted(...ids.slice(3)));
      deepStrictEqual(await handles(ada), sorted(three));
      deepStrictEqual(await other.endSessionsOf(ada), sorted(three));
      deepStrictEqual(await other.endSessionsOf(ada), []);
      deepStrictEqual(await handles(ada), []);
      for (const id of ids) strictEqual(await isLive(id), false);
      ok(await isLive(ofBob) && await isLive(anonymous));
      deepStrictEqual(await handles(bob), sorted(ofBob));

    });

    it('lets no session survive the end of all sessions of its user', async () => {

      const races: { readonly [what: string]: (user: string, began: number) => Promise<() => Promise<string>> } = {

        'a new session': async (user, began) => async () => {
          const id = store.newSessionId();
          await store.create(id, toTexts({ a: 1 }), { lifetime: 60, newInfo: since(user, began) });
          return id;
        },

        'a session that becomes the user\'s': async (user, began) => {
          const id = await session();
          return async () => {
            const next = store.newSessionId(id);
            await store.move(id, next, NOTHING, { lifetime: 60, patience: 5, newInfo: since(user, began) });
            return next;
          };
        },

        'a session that moves': async user => {
          let id = await session(of(user));
          return async () => {
            for (let move = 0; move < 3; move++) {
              const next = store.newSessionId(id);
              if (await store.move(id, next, NOTHING, { lifetime: 60, patience: 5, newInfo: move === 1 ? of(user) : undefined }) !== 'moved') break;
              id = next;
            }
            return id;
          };
        },

      };
      const outcomes = { before: 0, after: 0 };
      for (const [what, make] of Object.entries(races)) {
        for (let trial = 0; trial < trials; trial++) {
          const user = someone();
          const began = performance.now();
          const go = await make(user, began);
          const [id, ended] = await Promise.all([
            later(trial % 4).then(go),
            later(Math.floor(trial / 4) % 5).then(() => other.endSessionsOf(user)),
          ]);
          strictEqual(await isLive(id), false, `${what} survived in trial ${trial}`);
          deepStrictEqual(await other.sessionsOf(user), []);
          outcomes[ended.length > 0 ? 'before' : 'after']++;
        }
      }
      ok(outcomes.before > 0, JSON.stringify(outcomes));

    });

    it('loses no live session of a user while others end', async () => {

      const live: Array<[user: string, ids: string[]]> = [];
      for (let trial = 0; trial < trials; trial++) {
        const user = someone();
        const [ended, rotated, bound, touched, emptied] = await Promise.all(Array.from({ length: 5 }, () => session(of(user)))) as [string, string, string, string, string];
        const [next, rotatedTo, boundTo] = [ended, rotated, bound].map(id => store.newSessionId(id)) as [string, string, string];
        await Promise.all([
          later(trial % 3).then(() => other.end(ended)),
          later(trial % 4).then(() => store.move(ended, next, NOTHING, { lifetime: 60, patience: 5, newInfo: of(user, 0) })),
          later(trial % 2).then(() => other.move(rotated, rotatedTo, NOTHING, { lifetime: 60 })),
          later(trial % 5).then(() => store.move(bound, boundTo, NOTHING, { lifetime: 60, patience: 5, newInfo: of(user, 0) })),
          later(trial % 4).then(() => other.touch(touched, 60, user)),
          later(trial % 3).then(() => other.update(emptied, { set: new Map(), unset: ['a'] }, { lifetime: 60 })),
          later(trial % 2).then(() => store.touch(emptied, 60, user)),
        ]);
        const ids = [rotatedTo, boundTo, touched, emptied];
        for (const id of ids) ok(await isLive(id));
        for (const id of [ended, next]) ok(!await isLive(id));
        deepStrictEqual(await handles(user), sorted(...ids), `in trial ${trial}`);
        live.push([user, ids]);
      }
      // By now the commands for which no one waited have been executed.
      for (const [user, ids] of live) deepStrictEqual(await handles(user), sorted(...ids));

    });

    it('ends all sessions of all users, and changes nothing else', async () => {

      const [ada, bob] = [someone(), someone()];
      const ids = await Promise.all(Array.from({ length: 300 }, (_, index) => session([undefined, of(ada), of(bob)][index % 3])));
      const [first] = ids as [string];
      const moved = store.newSessionId(first);
      await store.move(first, moved, NOTHING, { lifetime: 60 });
      await store.set('an id of another form', { a: 1 }, Date.now() / 1000 + 60);
      const neighbours = [prefix.slice(0, -1), `${prefix}a:`, prefix.replace('*', 'x'), prefix.replace('\\', ''), prefix.replace('[a-z]', 'b')]
        .map(each => new RedisStore({ client: (opened[0] as OpenClient).client, prefix: each }));
      const theirs = await Promise.all(neighbours.map(each => session(of(ada), each)));

      await other.endAllSessions();
      for (const id of [...ids, moved]) strictEqual(await isLive(id), false);
      deepStrictEqual(markOf(await store.load(moved)), { status: 'retired', moved: false });
      strictEqual(await store.get('an id of another form'), null);
      deepStrictEqual([...await handles(ada), ...await handles(bob)], []);
      for (const [index, each] of neighbours.entries()) strictEqual((await each.load(theirs[index] as string))?.status, 'live');

    });

    it('lets no session survive the end of all sessions', async () => {

      for (let trial = 0; trial < trials / 5; trial++) {
        const began = performance.now();
        const user = someone();
        const [anonymous, planned, rotated] = [await session(), store.newSessionId(), await session(of(user))];
        const [next, rotatedTo] = [store.newSessionId(anonymous), store.newSessionId(rotated)];
        const requestAge = () => since(user, began);
        await Promise.all([
          later(trial % 4).then(() => other.endAllSessions()),
          later(trial % 3).then(() => store.create(planned, toTexts({ a: 1 }), { lifetime: 60, newInfo: requestAge() })),
          later(trial % 5).then(() => store.move(anonymous, next, NOTHING, { lifetime: 60, patience: 5, newInfo: requestAge() })),
          later(trial % 2).then(() => store.move(rotated, rotatedTo, NOTHING, { lifetime: 60 })),
        ]);
        for (const id of [planned, anonymous, next, rotated, rotatedTo]) strictEqual(await isLive(id), false, `in trial ${trial}`);
      }

    });

  });

}

/** Waits for some turns of the event loop. */
async function later(turns: number): Promise<void> {

  for (let turn = 0; turn < turns; turn++) await new Promise(resolve => setImmediate(resolve));

}

describe('RedisStore, when all sessions are ended', () => {

  it('leaves alone anything under the key of a session that is not one', async () => {

    const client = await createClient({ url: redisUrl() }).connect();
    try {
      const prefix = `redis-revocation.test others ${process.pid}:`;
      const values = ['', 'text', 'some words '.repeat(40), `${'1'.repeat(13)} ${'2'.repeat(13)} x y z\n`];
      for (const [index, value] of values.entries()) await client.set(`${prefix}other-text-000${index}_`, value);
      await client.lPush(`${prefix}other-list-00000`, 'a');
      await new RedisStore({ client, prefix }).endAllSessions();
      for (const [index, value] of values.entries()) strictEqual(await client.get(`${prefix}other-text-000${index}_`), value);
      strictEqual(await client.lLen(`${prefix}other-list-00000`), 1);
    } finally {
      client.destroy();
    }

  });

  it('finds them if the client adds a prefix to each key', async () => {

    const client = new Redis(redisUrl(), { keyPrefix: 'tenant*:' });
    try {
      const store = new RedisStore({ client, prefix: 'redis-revocation.test:' });
      const id = store.newSessionId();
      await store.create(id, toTexts({ a: 1 }), { lifetime: 60, newInfo: of('Ada') });
      await store.endAllSessions();
      deepStrictEqual(markOf(await store.load(id)), { status: 'retired', moved: false });
    } finally {
      client.disconnect();
    }

  });

});
