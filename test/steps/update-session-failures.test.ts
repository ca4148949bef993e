import { deepStrictEqual, ok, strictEqual } from 'node:assert/strict';
import { describe, it } from 'node:test';
import { MemoryStore, SessionEndedError, SessionStoreError } from '../../src/index.js';
import { setCookies } from '../support/browser.js';
import { count, withPage } from '../support/counter.js';
import { deferred, never, settled } from '../support/events.js';
import { inFakeTime } from '../support/fake-time.js';
import { MapStore } from '../support/map-store.js';
import { RecordingStore } from '../support/recording-store.js';

describe('ctx.updateSession() on a session that changes hands', () => {

  it('is refused with 409 when the session has ended or moved', async () => {

    for (const store of [() => new MemoryStore(), () => new RecordingStore(), () => new MapStore()]) {
      for (const other of ['/end', '/new-id']) {
        const { visit, browser, errors } = await withPage(async ctx => {
          await browser.clone().get(other);
          await ctx.updateSession(count);
        }, store());
        const response = await visit();
        strictEqual(response.status, 409);
        ok(errors[0] instanceof SessionEndedError);
        deepStrictEqual(setCookies(response), []);
      }
    }

  });

  it('is refused with 409 when it ends between two tries', async () => {

    let tries = 0;
    const { visit, browser } = await withPage(ctx => ctx.updateSession(async values => {
      if (++tries === 1) {
        await browser.clone().get('/count');
        await browser.clone().get('/end');
      }
      count(values);
    }), new RecordingStore());
    strictEqual((await visit()).status, 409);
    strictEqual(tries, 1);

  });

});

describe('ctx.updateSession() on a store that does not answer', () => {

  it('is answered with 503 and not tried again, since the change may have been stored', () => inFakeTime(async () => {

    const store = new RecordingStore();
    const { visit, stored, errors } = await withPage(ctx => ctx.updateSession(count), store);
    const answer = deferred();
    store.after = method => method === 'update' ? answer.promise : undefined;
    store.takeCalls();
    const response = await visit();
    strictEqual(response.status, 503);
    ok(errors[0] instanceof SessionStoreError);
    deepStrictEqual(setCookies(response), []);
    answer.resolve();
    await settled();
    // The client has just waited for the store: no other call is made.
    deepStrictEqual(store.takeCalls(), ['load', 'update']);
    store.after = () => {};
    deepStrictEqual(await stored(), { userId: 5, n: 1 });

  }));

  it('stores nothing of the request at its end, either, if the page lets the error pass', () => inFakeTime(async () => {

    const store = new RecordingStore();
    const { visit } = await withPage(ctx => {
      ctx.session.before = 1;
      return ctx.updateSession(count);
    }, store);
    store.before = method => method === 'update' ? never() : undefined;
    store.takeCalls();
    strictEqual((await visit()).status, 503);
    deepStrictEqual(store.takeCalls(), ['load', 'update']);

  }));

});
