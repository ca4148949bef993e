import { deepStrictEqual, strictEqual } from 'node:assert/strict';
import { describe, it } from 'node:test';
import { cached } from '../../src/cache/cached-store.js';
import { type AtomicSessionStore, MemoryStore, type SessionOptions, type SessionTexts, wrapStore } from '../../src/index.js';
import { PackedTexts, pack } from '../../src/stores/shared/packed-texts.js';
import { site } from '../support/site.js';

/** A store, the texts that it has returned last, and the texts that the last change named. */
function watched() {

  const seen: { returned?: SessionTexts; named?: SessionTexts | undefined } = {};
  const store = wrapStore(new MemoryStore(), inner => ({
    async load(id, terms) {
      const found = await inner.load(id, terms);
      if (found?.status !== 'live') return found;
      // As stores on a network return them: no one can change them.
      seen.returned = new PackedTexts(pack(found.texts));
      return { ...found, texts: seen.returned };
    },
    async update(id, change, terms) {
      seen.named = terms.loaded;
      return inner.update(id, change, terms);
    },
  }));
  return { store, seen };

}

const schema = { '~standard': { version: 1 as const, vendor: 'test', validate: (value: unknown) => ({ value: { theme: 'light', ...value as object } }) } };

const WAYS: Record<string, (store: AtomicSessionStore) => Omit<SessionOptions, 'store'> & { store: AtomicSessionStore }> = {
  'with nothing in between': store => ({ store }),
  'through a cache': store => ({ store: cached(store) }),
  'through a schema': store => ({ store, schema }),
  'through a cache and a schema': store => ({ store: cached(store), schema }),
};

describe('A change names the very texts that the store returned', () => {

  for (const [way, optionsOf] of Object.entries(WAYS)) {
    it(way, async () => {

      const { store, seen } = watched();
      const { browser } = site({
        '/': ctx => { ctx.session.userId = 5; },
        '/read': ctx => { ctx.response.body = ctx.session.userId; },
        '/change': ctx => { ctx.session.n = 1; },
        '/update': ctx => ctx.updateSession(values => { values.n = 2; }),
      }, optionsOf(store));
      await browser.get('/');
      await browser.get('/read');
      for (const path of ['/change', '/update']) {
        seen.named = undefined;
        await browser.get(path);
        strictEqual(seen.named, seen.returned, path);
        deepStrictEqual(JSON.parse(seen.returned?.get('userId') ?? ''), 5);
      }

    });
  }

});
