import assert from 'node:assert/strict';
import { test } from 'node:test';
import { deferred } from '../support/events.js';
import { runDemo, secondTab, signIn, signOut, useChromium, visit } from './running-demo.js';

/*
 * A request that another tab sent before the sign-in is answered after it: the
 * last word on the cookie is its answer's. Whatever it does, it must not be the
 * one that signs the visitor out.
 */

useChromium();

interface Race {
  /** What the other tab asks for. */
  path: string;
  /** Where the request waits: before its session is looked up, or in its handler. */
  held: 'before' | 'within';
  status: number;
  trials: number;
}

const races: Race[] = [
  { path: '/status?by=other-tab', held: 'before', status: 200, trials: 3 },
  { path: '/late-write', held: 'before', status: 409, trials: 20 },
  { path: '/late-write', held: 'within', status: 409, trials: 20 },
];

for (const { path, held, status, trials } of races) {
  test(`a request for ${path}, held ${held} its session during ${trials} sign-ins, signs nobody out`, async t => {

    const hold = new Hold();
    const page = await visit(t, await runDemo(t, {
      async first(ctx, next) {
        if (held === 'before' && ctx.request.requestTarget === path) await hold.here();
        await next();
      },
      async last(ctx) {
        if (ctx.path !== '/late-write') return;
        if (held === 'within') await hold.here();
        // What analytics, a shopping basket or a "last seen" do.
        Object.assign(ctx.session, { lastSeen: 'now' });
        ctx.response.body = 'written';
      },
    }));
    const other = await secondTab(page);
    for (let trial = 0; trial < trials; trial++) {
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

/** Holds back the next request that comes along. */
class Hold {

  #arrived = deferred();
  #released = deferred();
  #waiting = false;

  /** Resolves when the next one has come. */
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
