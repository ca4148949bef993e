import { deepStrictEqual, notStrictEqual, ok, strictEqual } from 'node:assert/strict';
import { once } from 'node:events';
import { PassThrough } from 'node:stream';
import { after, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { MemoryStore, type SessionStore, UserSessions } from '../../src/index.js';
import { migrating } from '../../src/migration/migrating-store.js';
import { openStore } from '../../src/open/open-store.js';
import { AppProcess } from '../support/processes/app-process.js';
import { postgresUrl, redisUrl } from '../support/servers/addresses.js';
import { type Page, site } from '../support/site.js';
import { socketSite } from '../support/sockets.js';
import { until } from '../support/until.js';

/** Seconds within which an end is noticed, as docs/moving-stores.md promises. */
const AT_ONCE = 1;
const LOOKED_FOR = 3;

/** Seconds that a busy machine may take for more. */
const SLACK = 1;

/** The table or prefix is of this file alone. */
const NAME = `live_moving_${process.pid}`;

/** Sends a request with the cookie of a session, and returns the id that it has afterwards. */
type Send = (path: string, id: string) => Promise<string>;

interface Way {
  readonly from: SessionStore;
  readonly to: SessionStore;
  /** To an application that moves sessions. */
  readonly send: Send;
}

const opened: Array<{ close(): unknown }> = [];
after(() => Promise.all(opened.map(each => each.close())));

const WAYS: { readonly [way: string]: { readonly within: number; readonly open: () => Promise<Way> } } = {
  'in one process': { within: AT_ONCE, open: inMemory },
  'in two processes, from Redis to PostgreSQL': { within: LOOKED_FOR, open: () => onServers(`${redisUrl()}?prefix=${NAME}:`, `${postgresUrl()}?table=${NAME}`) },
  'in two processes, from Redis to Redis': { within: AT_ONCE, open: () => onServers(`${redisUrl()}?prefix=${NAME}_4:`, `${redisUrl()}?prefix=${NAME}_5:`) },
  'in two processes, from PostgreSQL to PostgreSQL': { within: AT_ONCE, open: () => onServers(`${postgresUrl()}?table=${NAME}_2`, `${postgresUrl()}?table=${NAME}_3`) },
};

async function inMemory(): Promise<Way> {

  const [from, to] = [new MemoryStore(), new MemoryStore()];
  const store = migrating({ from, to });
  const { browser } = site({
    '/read': ctx => JSON.stringify(ctx.session),
    '/rotate': ctx => { ctx.sessionId = null; },
    '/end': ctx => { ctx.session = null; },
    '/revoke': ctx => new UserSessions(store).endAll(ctx.query.key as string),
  }, { store, user: 'owner' } as object);
  return {
    from, to, async send(path, id) {
      browser.cookies.set('CB', id);
      strictEqual((await browser.get(path)).status, 200);
      return browser.cookies.get('CB') ?? id;
    },
  };

}

async function onServers(fromUrl: string, toUrl: string): Promise<Way> {

  const [from, to] = [await openStore(fromUrl), await openStore(toUrl)];
  const other = await AppProcess.start({ store: `${fromUrl} ${toUrl}` });
  opened.push(from, to, { close: () => other.kill() });
  return {
    from, to, async send(path, id) {
      const { status, cookie } = await other.send(path, id);
      strictEqual(status, 200);
      return cookie ?? id;
    },
  };

}

/** What ends the session after it was moved. */
const ENDS: { readonly [end: string]: { readonly reason: string; readonly end: (send: Send, id: string, user: string) => Promise<unknown> } } = {
  'its visitor signs out': { reason: 'signed-out', end: (send, id) => send('/end', id) },
  'its visitor signs out with a new id': { reason: 'signed-out', end: async (send, id) => {
    const newId = await send('/rotate', id);
    notStrictEqual(newId, id);
    await send('/end', newId);
  } },
  'its user\'s sessions are revoked': { reason: 'revoked', end: (send, id, user) => send(`/revoke?key=${user}`, id) },
};

describe('A stream and a socket of a session that another application moves to the other store', { concurrency: true, timeout: 120_000 }, () => {

  for (const [name, { within, open }] of Object.entries(WAYS)) describe(name, { concurrency: 1 }, () => {

    let way: Promise<Way> | undefined;

    for (const [cause, { reason, end }] of Object.entries(ENDS)) it(`stay open, and end within ${within} s when ${cause} there`, async t => {

      const { from, to, send } = await (way ??= open());
      const user = `ada ${cause.length}`;
      let streams = 0;
      const pages: Record<string, Page> = {
        '/sign-in': ctx => { ctx.session = { owner: user }; },
        '/events': ({ sessionSignal }) => {
          const events = new PassThrough();
          sessionSignal.addEventListener('abort', () => events.end(`event: ended\ndata: ${sessionSignal.reason.reason}\n\n`));
          streams++;
          return events;
        },
      };
      const store = migrating({ from, to, phase: 'prepare' });
      const here = await socketSite({ store, user: 'owner', closeSockets: true }, pages, () => {});
      t.after(() => here.close());
      await here.get('/sign-in');
      const id = here.cookie().slice('CB='.length);

      const ends: Array<readonly [what: unknown, at: number]> = [];
      const note = (what: unknown) => ends.push([what, performance.now()]);
      const socket = await here.open();
      const closed = once(socket, 'close').then(([code, text]) => note([code, String(text)]));
      const streamed = here.get('/events').then(note);
      await until('the stream is open', () => streams === 1);

      deepStrictEqual([await from.get(id), await to.get(id)], [{ owner: user }, null]);
      await send('/read', id);
      deepStrictEqual([await from.get(id), await to.get(id)], [null, { owner: user }]);
      // A look, which would find an end.
      await sleep((LOOKED_FOR + SLACK / 2) * 1000);
      strictEqual(ends.length, 0);

      const began = performance.now();
      await end(send, id, encodeURIComponent(user));
      await Promise.all([closed, streamed]);
      deepStrictEqual(new Set(ends.map(([what]) => what)), new Set([[4001, reason], `event: ended\ndata: ${reason}\n\n`]));
      for (const [, at] of ends) ok(at - began < (within + SLACK) * 1000, `after ${at - began} ms`);
      t.diagnostic(`${name}, ${cause}: after ${ends.map(([, at]) => Math.round(at - began)).join(' and ')} ms`);

    });

  });

});
