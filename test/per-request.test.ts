import { deepStrictEqual, ok, strictEqual } from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { Application, type Middleware } from '@curveball/kernel';
import session from '../src/index.js';
import { Browser } from './support/browser.js';
import { runProgram } from './support/child-process.js';
import { PAGES } from './support/pages.js';
import { temporaryFolder } from './support/servers/server.js';
import { pageOf, site } from './support/site.js';
import { warningsOf } from './support/warnings.js';

type MiddlewareFunction = Extract<Middleware, (...parameters: never[]) => unknown>;

/** An application whose handler chooses a session middleware for each request. */
function choosing(choose: (path: string) => Middleware): Browser {

  const app = new Application();
  app.use(async (ctx, next) => {
    // As another middleware may wait before it.
    await setImmediate();
    await (choose(ctx.query.customer ?? '') as MiddlewareFunction)(ctx, next);
  }, pageOf(PAGES));
  return new Browser(app);

}

describe('A session middleware that is made while a request is handled', () => {

  it('makes no warning if applications are made before their requests, however many', async () => {

    deepStrictEqual(await warningsOf(async () => {
      for (let times = 0; times < 50; times++) await site(PAGES).browser.get('/read');
    }), []);

  });

  it('makes no warning if it is kept for other requests', async () => {

    const kept = new Map<string, Middleware>();
    const browser = choosing(customer => {
      const middleware = kept.get(customer) ?? session({ store: 'memory' });
      kept.set(customer, middleware);
      return middleware;
    });
    deepStrictEqual(await warningsOf(async () => {
      for (let customer = 0; customer < 50; customer++) {
        for (let times = 0; times < 2; times++) strictEqual((await browser.get(`/read?customer=${customer}`)).status, 200);
      }
    }), []);

  });

  it('makes one warning if each request gets its own', async () => {

    const browser = choosing(() => session({ store: 'memory' }));
    const warnings = await warningsOf(async () => {
      for (let times = 0; times < 50; times++) strictEqual((await browser.get('/visit')).status, 200);
    });
    deepStrictEqual(warnings.map(({ code }) => code), ['SESSION_PER_REQUEST']);
    ok(warnings[0]?.message.startsWith('A session middleware is made for each request'));

  });

});

describe('A memory store in a worker process of a cluster', () => {

  it('makes one warning in each, and none elsewhere', () => {

    const worker = join(temporaryFolder(), 'worker.mjs');
    writeFileSync(worker, `import { MemoryStore } from ${JSON.stringify(new URL('../src/index.js', import.meta.url).href)};
      for (let times = 0; times < 3; times++) new MemoryStore();
      process.disconnect();`);
    const { stderr, status } = runProgram(`
      import cluster from 'node:cluster';
      new lib.MemoryStore();
      cluster.setupPrimary({ exec: ${JSON.stringify(worker)}, execArgv: [] });
      for (let worker = 0; worker < 2; worker++) cluster.fork();
    `);
    strictEqual(status, 0, stderr);
    strictEqual(stderr.match(/SESSION_MEMORY_WORKER/g)?.length, 2, stderr);
    ok(stderr.includes('A memory store is used in a worker process of a cluster: the other workers have none of its sessions'));

  });

});
