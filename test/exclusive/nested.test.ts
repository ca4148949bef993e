import { deepStrictEqual, strictEqual } from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Application } from '@curveball/kernel';
import session from '../../src/index.js';
import { Browser } from '../support/browser.js';
import { deferred } from '../support/events.js';
import { RecordingStore } from '../support/recording-store.js';
import { errorsToStatus, type PageContext, pageOf, site } from '../support/site.js';

describe('ctx.exclusive() of two keys or two middlewares', () => {

  it('answers both requests that nest two keys in opposite order: the one whose wait is over first gets 503', async () => {

    const [first, second] = [deferred(), deferred()];
    const nested = (ctx: PageContext, keys: readonly [string, string], own: { resolve(): void }, other: { promise: Promise<unknown> }, wait: number) => (
      ctx.exclusive(keys[0], async () => {
        own.resolve();
        await other.promise;
        await ctx.exclusive(keys[1], () => { ctx.session[keys.join('')] = true; }, { wait });
      }));
    const { browser } = site({
      '/create': ctx => { ctx.session = { n: 1 }; },
      '/read': ctx => ({ ...ctx.session }),
      '/ab': ctx => nested(ctx, ['a', 'b'], first, second, 0),
      '/ba': ctx => nested(ctx, ['b', 'a'], second, first, 15),
    });
    await browser.get('/create');
    const answers = await Promise.all(['/ab', '/ba'].map(path => browser.clone().get(path)));
    deepStrictEqual(answers.map(({ status }) => status), [503, 200]);
    deepStrictEqual((await browser.get('/read')).body, { n: 1, ba: true });

  });

  it('is about the session of the innermost middleware, and leaves the other alone', async () => {

    const [outer, inner] = [new RecordingStore(), new RecordingStore()];
    const app = new Application();
    app.use(errorsToStatus(), session({ store: outer, cookieName: 'OUTER' }), async (ctx, next) => {
      if (ctx.path === '/create') ctx.session = { outer: 1 };
      await next();
    }, session({ store: inner, cookieName: 'INNER' }), pageOf({
      '/create': ctx => { ctx.session = { inner: 1 }; },
      '/page': ctx => {
        outer.takeCalls();
        inner.takeCalls();
        return ctx.exclusive('key', () => { ctx.session.inner += 1; });
      },
      '/read': ctx => ({ ...ctx.session }),
    }));
    const browser = new Browser(app);
    await browser.get('/create');
    strictEqual((await browser.get('/page')).status, 200);
    deepStrictEqual([outer.takeCalls(), inner.takeCalls()], [[], ['load', 'update']]);
    deepStrictEqual((await browser.get('/read')).body, { inner: 2 });

  });

});
