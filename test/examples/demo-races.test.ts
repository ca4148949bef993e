import assert from 'node:assert/strict';
import { MemoryStore, UserSessions } from '@curveball/session';
import { inHeadlessShell } from '../support/browsers/in-browsers.js';
import { type Deferred, deferred } from '../support/events.js';
import { runDemo, secondTab, signIn, signOut, visit } from './running-demo.js';

/*
 * A request that another tab sent before the sign-in is answered after it: its
 * answer has the last word on the cookie. Whatever the request does, it must not
 * sign the visitor out.
 */

const test = inHeadlessShell();

interface Race {
  /** What the other tab asks for. */
  path: string;
  /** Where the request waits: before its session is looked up, or in its handler. */
  held: 'before' | 'within';
  status: number;
  trials: number;
}

const races: Race[] = [
  { path: '/read', held: 'before', status: 200, trials: 3 },
  { path: '/late-write', held: 'before', status: 409, trials: 6 },
  { path: '/late-write', held: 'within', status: 409, trials: 3 },
  { path: '/late-object', held: 'before', status: 409, trials: 3 },
  { path: '/late-object', held: 'within', status: 409, trials: 3 },
];

for (const { path, held, status, trials } of races) {
  test(`a request for ${path}, held ${held} its session during ${trials} sign-ins, signs no visitor out`, async t => {

    const hold = new Hold();
    let writes = 0;
    const page = await visit(t, await runDemo(t, {
      async first(ctx, next) {
        if (held === 'before' && ctx.request.requestTarget === path) await hold.here();
        await next();
      },
      pages: {
        '/read'(ctx) {
          ctx.response.body = ctx.session.name ?? 'no one';
        },
        async '/late-write'(ctx) {
          if (held === 'within') await hold.here();
          // As analytics, a shopping basket or a "last seen" write.
          Object.assign(ctx.session, { lastSeen: ++writes });
          ctx.response.body = 'written';
        },
        async '/late-object'(ctx) {
          if (held === 'within') await hold.here();
          ctx.session = Object.assign({ ...ctx.session }, { lastSeen: ++writes });
          ctx.response.body = 'written';
        },
      },
    }));
    const other = await secondTab(page);
    for (let trial = 0; trial < trials; trial++) {
      // A visitor with a session: an id that does not exist can't be remembered.
      await other.evaluate(async () => fetch('/late-write'));
      await page.reload();
      const arrived = hold.next();
      const answer = other.evaluate(async url => (await fetch(url)).status, path);
      await arrived;
      await signIn(page);
      const cookies = await page.context().cookies();

      hold.release();
      assert.equal(await answer, status);
      assert.deepEqual(await page.context().cookies(), cookies);
      await page.reload();
      await page.getByRole('heading', { name: 'Hello, Ada' }).waitFor();
      await signOut(page);
    }

  });
}

test('a sign-in that is clicked twice leaves one session and a signed-in visitor: one click after the other, and both at once', async t => {

  const store = new MemoryStore();
  const { create } = store;
  const sessions = new UserSessions(store);
  let clicks: Click[] = [];
  let requests = 0;
  // Held in the store, after the body was read: the browser abandons the first request.
  Object.assign(store, {
    async create(...session: Parameters<typeof create>) {
      const click = clicks.find(({ hasArrived }) => !hasArrived);
      if (click) {
        click.hasArrived = true;
        click.arrived.resolve();
        await click.released.promise;
      }
      return create.apply(store, session);
    },
  });
  const page = await visit(t, await runDemo(t, {
    store,
    // The clicks are held for as long as a slow machine takes.
    storeTimeout: 600,
    async first(ctx, next) {
      if (ctx.path !== '/sign-in') return next();
      const { answered } = clicks[requests++ % 2];
      await next().finally(answered.resolve);
    },
  }));
  for (let trial = 0; trial < 10; trial++) {
    const [one, other] = clicks = [newClick(), newClick()];
    await page.getByLabel('Your name').fill('Ada');
    // Waits until the button stays in its place. A click() would wait for the answer as well.
    await page.getByRole('button', { name: 'Sign in' }).hover();
    for (const { arrived } of clicks) {
      await page.mouse.down();
      await page.mouse.up();
      await arrived.promise;
    }

    one.released.resolve();
    if (trial % 2) await one.answered.promise;
    other.released.resolve();
    await Promise.all([one.answered.promise, other.answered.promise]);
    await page.getByRole('heading', { name: 'Hello, Ada' }).waitFor();
    await page.reload();
    await page.getByRole('heading', { name: 'Hello, Ada' }).waitFor();
    assert.equal((await sessions.list('Ada')).length, 1);
    await signOut(page);
  }

});

interface Click {
  hasArrived: boolean;
  arrived: Deferred<void>;
  released: Deferred<void>;
  answered: Deferred<void>;
}

function newClick(): Click {

  return { hasArrived: false, arrived: deferred(), released: deferred(), answered: deferred() };

}

/** Holds back the next request that arrives. */
class Hold {

  #arrived = deferred();
  #released = deferred();
  #waiting = false;

  /** Resolves when the next one has arrived. */
  next(): Promise<void> {

    this.#arrived = deferred();
    this.#released = deferred();
    this.#waiting = true;
    return this.#arrived.promise;

  }

  async here(): Promise<void> {

    if (!this.#waiting) return;
    this.#waiting = false;
    this.#arrived.resolve();
    await this.#released.promise;

  }

  release(): void {

    this.#released.resolve();

  }

}
