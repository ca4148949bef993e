import { deepStrictEqual, match, strictEqual } from 'node:assert/strict';
import { once } from 'node:events';
import { describe, it } from 'node:test';
import { Application as CoreApplication } from '@curveball/core';
import { Application, type Context } from '@curveball/kernel';
import session, { MemoryStore } from '../../src/index.js';
import { runProgram } from '../support/child-process.js';
import { inFakeTime } from '../support/fake-time.js';
import type { PageContext } from '../support/site.js';
import { warningsOf } from '../support/warnings.js';

/** A middleware around the session's, and what it does after that. */
function around(app: Application, store: MemoryStore, late: (ctx: PageContext) => unknown, handler: (ctx: PageContext) => unknown = () => {}): Application {

  app.use(async (ctx, next) => {
    try {
      await next();
    } catch {
      ctx.response.status = 500;
    }
    await late(ctx as PageContext);
  }, session({ store }), (ctx: Context) => {
    ctx.response.status = 200;
    return handler(ctx as PageContext) as void;
  });
  return app;

}

const LATE_CHANGE = (ctx: PageContext) => { ctx.session.error = 'shown'; };

describe('A change of ctx.session by a middleware around the session\'s', () => {

  it('makes no warning if it is stored, if it changes nothing, and if the session failed before', async () => {

    const store = new MemoryStore();
    const failing = new MemoryStore();
    failing.create = () => { throw new Error('down'); };
    const warnings = await inFakeTime(() => warningsOf(async () => {
      for (const app of [
        around(new Application(), store, async ctx => {
          LATE_CHANGE(ctx);
          await ctx.saveSession();
        }),
        around(new Application(), store, ctx => ctx.updateSession((values: { error?: string }) => { values.error = 'shown'; })),
        around(new Application(), store, ctx => ctx.session.error, LATE_CHANGE),
        around(new Application(), failing, ctx => ctx.session.error, LATE_CHANGE),
        around(new Application(), store, () => {}, LATE_CHANGE),
      ]) await app.subRequest('GET', '/');
      // Without a server, a timer looks for changes.
      await new Promise(resolve => setTimeout(resolve, 100));
    }));
    deepStrictEqual(warnings, []);
    strictEqual(store.store.size, 4);

  });

  it('makes one warning, when the response is over', async () => {

    const app = around(new CoreApplication(), new MemoryStore(), LATE_CHANGE, () => { throw new Error('of the application'); }) as CoreApplication;
    const server = app.listen(0);
    const closed: Array<Promise<unknown>> = [];
    server.on('request', (_, response) => closed.push(once(response, 'close')));
    try {
      const { port } = server.address() as { port: number };
      const warnings = await warningsOf(async () => {
        for (let times = 0; times < 3; times++) await (await fetch(`http://localhost:${port}/`)).text();
        await Promise.all(closed);
      });
      deepStrictEqual(warnings.map(({ code }) => code), ['SESSION_CHANGED_LATE']);
      match(warnings[0].message, /ctx\.saveSession\(\)/);
    } finally {
      server.close();
      server.closeAllConnections();
    }

  });

  for (const change of ['ctx.session = { late: true }', 'ctx.sessionId = null', 'ctx.authenticated()']) {

    it(`makes a warning if no server reports the end of a response: ${change}`, () => {

      const { stderr, stdout } = runProgram(`
        const { Application } = await import(${JSON.stringify(import.meta.resolve('@curveball/kernel'))});
        const app = new Application();
        app.use(async (ctx, next) => {
          await next();
          ${change};
        }, lib.default({ store: 'memory' }), ctx => {
          ctx.session.kept = true;
          ctx.status = 200;
        });
        for (let times = 0; times < 3; times++) console.log((await app.subRequest('GET', '/')).status);
      `);
      strictEqual(stdout, '200\n200\n200\n');
      strictEqual(stderr.match(/SESSION_CHANGED_LATE/g)?.length, 1, stderr);

    });

  }

});
