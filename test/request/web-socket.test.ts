import { deepStrictEqual, ok, strictEqual } from 'node:assert/strict';
import { once } from 'node:events';
import { describe, it } from 'node:test';
import type { WebSocket } from 'ws';
import { SessionCookieError } from '../../src/index.js';
import { deferred, settled } from '../support/events.js';
import { RecordingStore } from '../support/recording-store.js';
import type { Page, PageContext } from '../support/site.js';
import { type SocketSite, socketSite } from '../support/sockets.js';

const PAGES: Record<string, Page> = {
  '/create': ctx => { ctx.session = { userId: 5 }; },
  '/read': ctx => JSON.stringify(ctx.session),
  '/end': ctx => { ctx.session = null; },
};

/** Runs a test on an application with sockets, which is closed afterwards in any case. */
async function withSockets(
  onSocket: (ctx: PageContext, socket: WebSocket) => unknown,
  test: (there: SocketSite & { store: RecordingStore }) => Promise<void>,
  pages = PAGES,
) {

  const store = new RecordingStore();
  const there = await socketSite({ store }, pages, onSocket);
  try {
    await test({ ...there, store });
  } finally {
    await there.close();
  }

}

async function nextMessage(socket: WebSocket): Promise<unknown> {

  const [data] = await once(socket, 'message');
  return JSON.parse(String(data));

}

/** Answers each message with what a function makes of it, until the socket closes. */
function answering(act: (ctx: PageContext, message: string) => unknown, done: () => void = () => {}) {

  return async (ctx: PageContext, socket: WebSocket) => {
    socket.on('message', async data => {
      try {
        socket.send(JSON.stringify(await act(ctx, String(data)) ?? null));
      } catch (error) {
        socket.send(JSON.stringify({ error: (error as Error).name, status: (error as { httpStatus?: number }).httpStatus }));
      }
    });
    await once(socket, 'close');
    done();
  };

}

async function ask(socket: WebSocket, message = ''): Promise<unknown> {

  const answer = nextMessage(socket);
  socket.send(message);
  return answer;

}

/** Silences and counts the warnings about closed sockets. */
async function withWarnings(test: (warnings: Error[]) => Promise<void>) {

  const warnings: Error[] = [];
  const take = (warning: Error) => { warnings.push(warning); };
  process.on('warning', take);
  try {
    await test(warnings);
  } finally {
    process.off('warning', take);
  }

}

describe('A WebSocket', () => {

  it('has the session of its visitor', async () => {

    await withSockets(answering(ctx => [ctx.session, typeof ctx.sessionId]), async ({ get, open }) => {
      await get('/create');
      deepStrictEqual(await ask(await open()), [{ userId: 5 }, 'string']);
    });

  });

  it('can store its session while it is open, for other requests to see', async () => {

    await withSockets(answering(async (ctx, message) => {
      ctx.session.last = message;
      await ctx.saveSession();
    }), async ({ get, open }) => {
      await get('/create');
      const socket = await open();
      await ask(socket, 'one');
      strictEqual(await get('/read'), '{"userId":5,"last":"one"}');
      await ask(socket, 'two');
      strictEqual(await get('/read'), '{"userId":5,"last":"two"}');
    });

  });

  it('can read messages of ctx.flash(), which the next page then does not show, but leaves none', async () => {

    const pages: Record<string, Page> = { ...PAGES, '/leave': ctx => ctx.flash('notice', 'Saved'), '/show': async ctx => JSON.stringify(await ctx.flashes()) };
    await withSockets(answering((ctx, message) => message === 'leave' ? ctx.flash('notice', 'late') : ctx.flashes()), async ({ get, open }) => {
      await get('/create');
      await get('/leave');
      const socket = await open();
      deepStrictEqual(await ask(socket, 'leave'), { error: 'SessionCookieError', status: 500 });
      deepStrictEqual(await ask(socket), [{ kind: 'notice', message: 'Saved' }]);
      strictEqual(await get('/show'), '[]');
    }, pages);

  });

  it('can change it atomically', async () => {

    await withSockets(answering(ctx => ctx.updateSession(values => { values.n = (values.n ?? 0) + 1; })), async ({ get, open }) => {
      await get('/create');
      const sockets = await Promise.all([open(), open()]);
      for (let i = 0; i < 5; i++) await Promise.all(sockets.map(socket => ask(socket)));
      strictEqual(await get('/read'), '{"userId":5,"n":10}');
    });

  });

  it('stores at its end what it has not stored yet, and nothing twice', async () => {

    const closed = deferred();
    await withSockets(answering(async (ctx, message) => {
      ctx.session.last = message;
      if (message === 'save') await ctx.saveSession();
    }, closed.resolve), async ({ get, open, store }) => {
      await get('/create');
      const socket = await open();
      await ask(socket, 'save');
      store.takeCalls();
      socket.close();
      await closed.promise;
      await settled();
      deepStrictEqual(store.takeCalls(), []);
      strictEqual(await get('/read'), '{"userId":5,"last":"save"}');
    });

    const closedToo = deferred();
    await withSockets(answering((ctx, message) => { ctx.session.last = message; }, closedToo.resolve), async ({ get, open, store }) => {
      await get('/create');
      const socket = await open();
      await ask(socket, 'at the end');
      const updated = deferred();
      store.after = method => {
        if (method === 'update') updated.resolve();
      };
      socket.close();
      await updated.promise;
      strictEqual(await get('/read'), '{"userId":5,"last":"at the end"}');
    });

  });

  it('overwrites no key that others changed while it was open', async () => {

    await withSockets(answering(async ctx => {
      ctx.session.mine = 1;
      await ctx.saveSession();
    }), async ({ get, open, store, cookie }) => {
      await get('/create');
      const socket = await open();
      const id = cookie().slice('CB='.length);
      await store.update(id, { set: new Map([['userId', '6']]), unset: [] }, { lifetime: 60 });
      await ask(socket);
      strictEqual(await get('/read'), '{"userId":6,"mine":1}');
    });

  });

  it('can\'t be given a session or a new id: no cookie can be sent', async () => {

    const create = answering(async ctx => {
      ctx.session.n = 1;
      try {
        await ctx.saveSession();
      } catch (error) {
        ok(error instanceof SessionCookieError);
        // Else the same error closes the socket at its end.
        ctx.session = null;
        throw error;
      }
    });
    await withSockets(create, async ({ open, store }) => {
      deepStrictEqual(await ask(await open()), { error: 'SessionCookieError', status: 500 });
      strictEqual(store.memory.store.size, 0);
    });

    await withSockets(answering(async ctx => {
      ctx.sessionId = null;
      await ctx.saveSession();
    }), async ({ get, open, store, cookie }) => {
      await get('/create');
      const before = cookie();
      await withWarnings(async () => {
        deepStrictEqual(await ask(await open()), { error: 'SessionCookieError', status: 500 });
      });
      deepStrictEqual([...store.memory.store.keys()], [before.slice('CB='.length)]);
      strictEqual(await get('/read'), '{"userId":5}');
    });

    await withSockets(answering(ctx => ctx.getCsrf()), async ({ open, get }) => {
      deepStrictEqual(await ask(await open()), { error: 'SessionCookieError', status: 500 });
      await get('/create');
      strictEqual(typeof await ask(await open()), 'string');
    });

  });

  it('gets a 409 if its session has ended', async () => {

    await withSockets(answering(async ctx => {
      ctx.session.n = 1;
      await ctx.saveSession();
    }), async ({ get, open }) => {
      await get('/create');
      const socket = await open();
      await get('/end');
      await withWarnings(async () => {
        deepStrictEqual(await ask(socket), { error: 'SessionEndedError', status: 409 });
        // It still can't be stored when the socket closes, which does no harm.
        socket.close();
        await once(socket, 'close');
        await settled();
      });
    });

  });

  it('is closed with "try again later" when the store fails, and the process lives on', async () => {

    let handled = 0;
    await withSockets(() => { handled++; }, async ({ get, open, store }) => {
      await get('/create');
      await withWarnings(async warnings => {
        store.before = () => { throw new Error('connection lost'); };
        const socket = await open();
        const [code, reason] = await once(socket, 'close');
        strictEqual(code, 1013);
        strictEqual(String(reason), 'Session store unavailable');
        strictEqual(handled, 0);
        await settled();
        strictEqual(warnings.length, 1);
        strictEqual((warnings[0] as Error & { code?: string }).code, 'ERR_SESSION_STORE');
      });
      store.before = () => {};
      strictEqual(await get('/read'), '{"userId":5}');
    });

  });

  it('is closed with "internal error" when its session can\'t be stored at the end of its handler', async () => {

    await withSockets(ctx => { ctx.session.n = 1n; }, async ({ get, open }) => {
      await get('/create');
      await withWarnings(async warnings => {
        const [code] = await once(await open(), 'close');
        strictEqual(code, 1011);
        await settled();
        strictEqual((warnings[0] as Error & { code?: string }).code, 'ERR_SESSION_VALUE');
      });
      strictEqual(await get('/read'), '{"userId":5}');
    });

  });

  it('is closed with the error that its handler throws, whichever code made it, after changes are stored; the process lives on', async () => {

    const problem = (httpStatus: number) => Object.assign(new Error('a problem'), { httpStatus });
    const thrown: Array<[error: unknown, closeCode: number, message?: string]> = [
      [new TypeError('a bug'), 1011, 'a bug'], [problem(404), 1008], [problem(503), 1013, 'a problem'], [problem(500), 1011, 'a problem'],
      ['a text', 1011, 'string'], [null, 1011, 'object'], [undefined, 1011, 'undefined'],
    ];
    for (const [index, [error, closeCode, message]] of thrown.entries()) {
      await withSockets(ctx => {
        ctx.session.index = index;
        throw error;
      }, async ({ get, open }) => {
        await get('/create');
        await withWarnings(async warnings => {
          const [code] = await once(await open(), 'close');
          strictEqual(code, closeCode);
          await settled();
          deepStrictEqual(warnings.map(each => each.message), message === undefined ? [] : [`A WebSocket was closed: ${message}`]);
          for (const warning of warnings as Array<Error & { code?: string; detail?: string }>) {
            strictEqual(warning.code, 'SESSION_SOCKET');
            if (error instanceof Error) strictEqual(warning.detail, error.stack);
          }
        });
        strictEqual(await get('/read'), `{"userId":5,"index":${index}}`);
      });
    }

  });

});
