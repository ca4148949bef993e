import { deepStrictEqual, ok, strictEqual } from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { type LiveSession, MemoryStore } from '../../src/index.js';
import { idOf, setCookies } from '../support/browser.js';
import { type Page, site } from '../support/site.js';
import { forwardedId, forwardId } from '../../src/id/forwarded-id.js';
import { newSessionId } from '../../src/id/session-id.js';

const NOW = 1_800_000_000;

describe('A forwarded id', () => {

  it('is readable with the former id, until its time is over', () => {

    const [former, next] = [newSessionId(), newSessionId()];
    const forward = forwardId(former, next, NOW + 30);
    strictEqual(forwardedId(former, forward, NOW), next);
    strictEqual(forwardedId(former, forward, NOW + 30), null);
    strictEqual(forwardedId(newSessionId(), forward, NOW), null);
    ok(!forward.sealed.includes(next) && !Buffer.from(forward.sealed, 'base64url').includes(next));

  });

  it('is null if any bit of it was changed, and if it is something else', () => {

    const [former, next] = [newSessionId(), newSessionId()];
    const { sealed, until } = forwardId(former, next, NOW + 30);
    const bytes = Buffer.from(sealed, 'base64url');
    fc.assert(fc.property(fc.nat(bytes.length * 8 - 1), bit => {
      const changed = Buffer.from(bytes);
      changed[bit >> 3] = (changed[bit >> 3] as number) ^ (1 << (bit & 7));
      strictEqual(forwardedId(former, { sealed: changed.toString('base64url'), until }, NOW), null);
    }));
    fc.assert(fc.property(fc.anything(), fc.anything(), (anything, time) => {
      strictEqual(forwardedId(former, { sealed: anything as string, until: time as number }, NOW), null);
    }));
    for (let length = 0; length < bytes.length; length++) {
      strictEqual(forwardedId(former, { sealed: bytes.subarray(0, length).toString('base64url'), until }, NOW), null);
    }

  });

});

describe('A session that an id leads to', () => {

  it('is one of the same cookie, whatever is in the store', async () => {

    const store = new MemoryStore();
    const options = { store, user: 'userId', grace: 30 };
    const pages: Record<string, Page> = {
      '/sign-in': ctx => { ctx.session = { userId: 'ada' }; },
      '/who': ctx => ctx.session,
    };
    const shop = site(pages, options);
    const administration = site(pages, { ...options, cookieName: 'ADMIN' });
    await shop.browser.get('/sign-in');
    await administration.browser.get('/sign-in');
    const id = idOf(shop.browser);
    const { info } = store.load(id) as LiveSession;
    const forward = forwardId(id, administration.browser.cookies.get('ADMIN') as string, Date.now() / 1000 + 30);
    const details = JSON.stringify({ ...JSON.parse(info?.details as string), forward });
    const newId = store.newSessionId(id);
    store.move(id, newId, { set: new Map(), unset: [] }, { lifetime: 60, newInfo: { info: { user: 'ada', details } } });
    const response = await shop.browser.get('/who');
    deepStrictEqual(response.body as unknown, {});
    deepStrictEqual(setCookies(response), []);

  });

});
