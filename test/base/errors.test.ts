import { ok, strictEqual } from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Application } from '@curveball/kernel';
import problem from '@curveball/problem';
import { z } from 'zod';
import session, { encrypted, type EncryptionOptions, type SessionOptions } from '../../src/index.js';
import { Browser, idOf } from '../support/browser.js';
import { MapStore } from '../support/map-store.js';
import { KEYED, OLD } from '../support/sealed.js';
import { type Page, pageOf } from '../support/site.js';

const PAGES: Record<string, Page> = {
  '/begin': ctx => { ctx.session = { sesame: 'a' }; },
  '/read': ctx => ctx.session,
  '/function': ctx => { ctx.session.sesame = [{ door: () => {} }]; },
  '/large': ctx => { ctx.session.sesame = 'x'.repeat(2000); },
  '/user': ctx => { ctx.session.sesame = { name: 'Ali Baba' }; },
};

interface Case {
  readonly path: string;
  readonly status: number;
  readonly log: RegExp;
  readonly options?: Partial<SessionOptions>;
  /** Options of encrypted(): at first, and when the path is requested. */
  readonly sealed?: readonly [EncryptionOptions, EncryptionOptions];
}

const CASES: Readonly<Record<string, Case>> = {
  'a value that can\'t be stored': { path: '/function', status: 500, log: /session\.sesame\[0\]\.door/ },
  'a session that is too large': { path: '/large', status: 500, log: /session\.sesame \(/, options: { maxBytes: 1000 } },
  'a user that is none': { path: '/user', status: 500, log: /The user of the session is/, options: { user: 'sesame' } },
  'a session of another shape': {
    path: '/read', status: 500, log: /session\.sesame/, options: { schema: z.object({ sesame: z.number() }), schemaOptions: { mismatch: 'error' } },
  },
  'a session whose key of the application is missing': { path: '/read', status: 503, log: /"2025"/, sealed: [{ keys: [OLD] }, KEYED] },
};

describe('The answer to an error', () => {

  for (const [what, { path, status, log, options, sealed }] of Object.entries(CASES)) {

    it(`names no key of the session and none of its values, which only the log shows: ${what}`, async t => {

      const { mock } = t.mock.method(console, 'error', () => {});
      const inner = new MapStore();
      const browserOf = (given: Partial<SessionOptions>, keys: EncryptionOptions | undefined) => {
        const app = new Application();
        app.use(problem(), session({ ...given, store: keys ? encrypted(inner, keys) : inner }), pageOf(PAGES));
        return new Browser(app);
      };
      const before = browserOf({}, sealed?.[0]);
      await before.get('/begin');
      const browser = browserOf(options ?? {}, sealed?.[1]);
      browser.cookies.set('CB', idOf(before));
      const response = await browser.get(path);
      strictEqual(response.status, status);
      const body = JSON.stringify(response.body);
      for (const word of ['sesame', 'door', 'Ali', OLD.id]) ok(!body.includes(word), body);
      ok((response.body as unknown as { detail: string }).detail.length > 20, body);
      const error = mock.calls.at(-1)?.arguments[0] as Error;
      ok(log.test(`${error.message} ${String(error.cause)}`), error.message);

    });

  }

});
