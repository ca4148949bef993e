import { deepStrictEqual, match, ok, rejects, strictEqual } from 'node:assert/strict';
import { describe, it } from 'node:test';
import { MemoryStore, SessionCookieError } from '../../src/index.js';
import type { PageContext } from '../support/site.js';
import { socketSite } from '../support/sockets.js';
import { warningsOf } from '../support/warnings.js';

/** A page whose body goes on after its headers have left. */
function streamed(then: (ctx: PageContext) => unknown) {

  return (ctx: PageContext) => {
    ctx.response.body = async (response: NodeJS.WritableStream) => {
      response.write('begun, ');
      try {
        response.end(String(await then(ctx)));
      } catch (error) {
        response.end(`failed with ${error}`);
      }
    };
  };

}

describe('A response that is streamed', () => {

  it('may use and save the session after its headers have left', async t => {

    const store = new MemoryStore();
    const { get, close } = await socketSite({ store }, {
      '/sign-in': ctx => {
        ctx.session = { userId: 5 };
        ctx.response.body = 'signed in';
      },
      '/stream': streamed(async ctx => {
        ctx.session.seen = true;
        await ctx.saveSession();
        await ctx.updateSession(values => { values.visits = 1; });
        return `${ctx.session.userId} with ${(await ctx.getCsrf()).length}`;
      }),
    }, () => {});
    t.after(close);
    await get('/sign-in');
    strictEqual(await get('/stream'), 'begun, 5 with 43');
    const [id] = store.store.keys();
    deepStrictEqual(await store.get(id), { userId: 5, seen: true, visits: 1 });

  });

  it('may end the session, whose cookie stays then', async t => {

    const store = new MemoryStore();
    const { get, cookie, close } = await socketSite({ store }, {
      '/sign-in': ctx => {
        ctx.session = { userId: 5 };
        ctx.response.body = 'signed in';
      },
      '/stream': streamed(async ctx => {
        ctx.session = null;
        await ctx.saveSession();
        return 'ended';
      }),
    }, () => {});
    t.after(close);
    await get('/sign-in');
    const before = cookie();
    strictEqual(await get('/stream'), 'begun, ended');
    strictEqual(cookie(), before);
    strictEqual(store.store.size, 0);

  });

  it('can neither create a session nor move one: its cookie could not be sent', async () => {

    const store = new MemoryStore();
    let errors = 0;
    const refused = async (call: Promise<unknown>) => {
      await rejects(call, SessionCookieError);
      errors++;
    };
    const { get, close } = await socketSite({ store }, {
      '/sign-in': ctx => {
        ctx.session = { userId: 5 };
        ctx.response.body = 'signed in';
      },
      '/new': streamed(async ctx => {
        ctx.session.userId = 6;
        await refused(ctx.saveSession());
        await refused(ctx.updateSession(values => { values.n = 1; }));
        await refused(ctx.getCsrf());
      }),
      '/move': streamed(async ctx => {
        ctx.sessionId = null;
        await refused(ctx.saveSession());
      }),
    }, () => {});
    const [warning] = await warningsOf(async () => {
      await get('/new');
      strictEqual(store.store.size, 0);
      await get('/sign-in');
      const [id] = store.store.keys();
      await get('/move');
      ok(store.store.has(id));
      await close();
    });
    strictEqual(errors, 4);
    strictEqual(warning.code, 'SESSION_CHANGED_LATE');
    match(warning.message, /or while the body was streamed\. .*ctx\.saveSession\(\) was not called after it, or failed/);

  });

  it('may show a form that works: with the visitor\'s session, or with the cookie of a form', async t => {

    const pages = {
      '/sign-in': (ctx: PageContext) => {
        ctx.session = { userId: 5 };
        ctx.response.body = 'signed in';
      },
      '/form': (ctx: PageContext) => ctx.getCsrf(),
      '/stream': streamed(ctx => ctx.getCsrf()),
      '/submit': (ctx: PageContext) => {
        ctx.validateCsrf(ctx.query.token);
        ctx.response.body = 'right';
      },
    };
    for (const first of ['/sign-in', '/form']) {
      for (const options of [{}, { user: 'userId' }]) {
        const { get, close } = await socketSite({ store: new MemoryStore(), ...options }, pages, () => {});
        t.after(close);
        await get(first);
        const token = (await get('/stream')).replace('begun, ', '');
        strictEqual(await get(`/submit?token=${token}`), 'right', first);
      }
    }

  });

});
