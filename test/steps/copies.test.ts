import { deepStrictEqual } from 'node:assert/strict';
import { describe, it } from 'node:test';
import { encrypted, type LoadTerms, MemoryStore, wrapStore } from '../../src/index.js';
import { KEYED } from '../support/sealed.js';
import { type Page, site } from '../support/site.js';
import { socketSite } from '../support/sockets.js';

/** A store, and whether each load so far was allowed to return a copy. */
function watched() {

  const loads: Array<boolean | undefined> = [];
  const store = wrapStore(new MemoryStore(), inner => ({
    load(id: string, terms?: LoadTerms) {
      loads.push(terms?.mayBeCached);
      return inner.load(id, terms);
    },
  }));
  return { store, taken: () => loads.splice(0) };

}

const PAGES: Record<string, Page> = {
  '/': ctx => { ctx.session.userId ??= 5; },
  '/count': ctx => ctx.updateSession(values => { values.n = (values.n ?? 0) + 1; }),
  '/look': ctx => ctx.updateSession(() => {}),
  '/change': ctx => { ctx.session.changed = true; },
};

describe('A copy of a session', () => {

  for (const method of ['GET', 'HEAD', 'OPTIONS']) {
    it(`may be used by a request with ${method}`, async () => {

      const { store, taken } = watched();
      const { browser } = site(PAGES, { store });
      await browser.get('/');
      await browser.request(method, '/');
      deepStrictEqual(taken(), [true]);

    });
  }

  for (const method of ['POST', 'PUT', 'PATCH', 'DELETE', 'QUERY', 'get']) {
    it(`is not used by a request with ${method}`, async () => {

      const { store, taken } = watched();
      const { browser } = site(PAGES, { store });
      await browser.get('/');
      await browser.request(method, '/');
      deepStrictEqual(taken(), [undefined]);

    });
  }

  it('is not used by a WebSocket', async () => {

    const { store, taken } = watched();
    const there = await socketSite({ store }, PAGES, () => {});
    await there.get('/');
    await there.open();
    await there.close();
    deepStrictEqual(taken(), [undefined]);

  });

  it('is not used after a conflict', async () => {

    const { store, taken } = watched();
    const { browser } = site({ ...PAGES, '/': async ctx => {
      if (ctx.session.userId === undefined) ctx.session.userId = 5;
      else await browser.clone().get('/change');
      await ctx.updateSession(values => { values.n = (values.n ?? 0) + 1; });
    } }, { store });
    await browser.get('/');
    taken();
    await browser.get('/');
    deepStrictEqual(taken(), [true, true, undefined]);

  });

  it('is not used to find out that an update which changes nothing is up to date', async () => {

    const { store, taken } = watched();
    const { browser } = site(PAGES, { store });
    await browser.get('/');
    await browser.get('/look');
    deepStrictEqual(taken(), [true, undefined]);

  });

  it('may be used below encryption and a schema', async () => {

    const { store, taken } = watched();
    const schema = { '~standard': { version: 1 as const, vendor: 'test', validate: (value: unknown) => ({ value }) } };
    const { browser } = site(PAGES, { store: encrypted(store, KEYED), schema });
    await browser.get('/');
    await browser.get('/');
    deepStrictEqual(taken(), [true]);

  });

});
