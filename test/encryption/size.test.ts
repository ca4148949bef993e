import { deepStrictEqual, ok, strictEqual } from 'node:assert/strict';
import { describe, it } from 'node:test';
import { encrypted, MemoryStore } from '../../src/index.js';
import type { FoundSession, SessionChange, UpdateTerms } from '../../src/base/store.js';
import { toTexts } from '../../src/values/session-values.js';
import { sizeOf } from '../../src/values/session-size.js';
import { Browser } from '../support/browser.js';
import { KEYED, live, setting } from '../support/sealed.js';
import { site } from '../support/site.js';

const LONG = 600;

/** Records the calls. */
class NotingStore extends MemoryStore {

  readonly calls: string[] = [];
  /** Runs once, after the next load. */
  between: () => unknown = () => {};

  override load(id: string): FoundSession | null {

    const found = super.load(id);
    this.calls.push('load');
    const { between } = this;
    this.between = () => {};
    between();
    return found;

  }

  override update(id: string, change: SessionChange, terms: UpdateTerms): ReturnType<MemoryStore['update']> {

    this.calls.push('update');
    return super.update(id, change, terms);

  }

}

async function scene(values: object = { a: 'x'.repeat(100) }) {

  const inner = new NotingStore();
  inner.close();
  const store = encrypted(inner, KEYED);
  const id = await store.newSessionId();
  await store.create(id, toTexts({ ...values }), { lifetime: LONG });
  return { inner, store, id };

}

const text = (length: number) => JSON.stringify('x'.repeat(length - 2));

describe('The size of an encrypted session', () => {

  it('is that of the values that the application put into it, to the byte', async () => {

    const { store, id } = await scene();
    const maxBytes = 1000;
    const room = maxBytes - sizeOf(toTexts({ a: 'x'.repeat(100) })) - 1;
    strictEqual(await store.update(id, setting({ b: text(room + 1) }), { lifetime: LONG, maxBytes }), 'too-large');
    deepStrictEqual(Object.keys((await live(store, id)).values), ['a']);
    strictEqual(await store.update(id, setting({ b: text(room) }), { lifetime: LONG, maxBytes }), 'updated');
    strictEqual(sizeOf((await live(store, id)).texts), maxBytes);
    strictEqual(await store.update(id, setting({ c: '1' }), { lifetime: LONG, maxBytes }), 'too-large');
    strictEqual(await store.update(id, setting({ b: text(room - 1) }), { lifetime: LONG, maxBytes }), 'updated');

  });

  it('is not counted if the store finds it small enough as it is sealed', async () => {

    const { inner, store, id } = await scene();
    strictEqual(await store.update(id, setting({ b: text(100) }), { lifetime: LONG, maxBytes: 1000 }), 'updated');
    deepStrictEqual(inner.calls, ['update']);

  });

  it('may become smaller if it is too large, and larger only up to the limit', async () => {

    const { store, id } = await scene({ a: 'x'.repeat(2000) });
    strictEqual(await store.update(id, setting({ a: text(1500) }), { lifetime: LONG, maxBytes: 1000 }), 'updated');
    strictEqual(await store.update(id, setting({ a: text(1501) }), { lifetime: LONG, maxBytes: 1000 }), 'too-large');

  });

  it('is counted anew if another change came in between, and a conflict if a version was given', async () => {

    const { inner, store, id } = await scene();
    inner.between = () => store.update(id, setting({ c: '1' }), { lifetime: LONG });
    strictEqual(await store.update(id, setting({ b: text(700) }), { lifetime: LONG, maxBytes: 1000 }), 'updated');
    deepStrictEqual(inner.calls, ['update', 'load', 'update', 'update', 'load', 'update']);
    inner.between = () => store.update(id, setting({ c: text(150) }), { lifetime: LONG });
    strictEqual(await store.update(id, setting({ b: text(790) }), { lifetime: LONG, maxBytes: 1000 }), 'too-large');
    const { version } = await live(store, id);
    await store.update(id, setting({ c: '1' }), { lifetime: LONG });
    strictEqual(await store.update(id, setting({ d: text(50) }), { lifetime: LONG, maxBytes: 1000, version }), 'conflict');

  });

  it('is checked by a move', async () => {

    const { store, id } = await scene();
    const next = await store.newSessionId(id);
    strictEqual(await store.move?.(id, next, setting({ b: text(1000) }), { lifetime: LONG, maxBytes: 1000 }), 'too-large');
    deepStrictEqual(Object.keys((await live(store, id)).values), ['a']);
    strictEqual(await store.move?.(id, next, setting({ b: text(800) }), { lifetime: LONG, maxBytes: 1000 }), 'moved');

  });

  it('holds for requests at once that change different keys', async () => {

    const { store } = await scene();
    const pages = Object.fromEntries(Array.from({ length: 30 }, (_, index) => [`/put/${index}`, (ctx: { session: Record<string, unknown> }) => {
      ctx.session[`key${index}`] = 'x'.repeat(100);
    }]));
    const { app, browser, errors } = site({ ...pages, '/begin': ctx => { ctx.session.a = 1; } }, { store, maxBytes: 1500 });
    await browser.get('/begin');
    const id = browser.cookies.get('CB') as string;
    const answers = await Promise.all(Object.keys(pages).map(path => {
      const each = new Browser(app);
      each.cookies.set('CB', id);
      return each.get(path);
    }));
    const { texts } = await live(store, id);
    ok(sizeOf(texts) <= 1500 && sizeOf(texts) > 1300, String(sizeOf(texts)));
    strictEqual(answers.filter(({ status }) => status === 200).length, texts.size - 1);
    ok(errors.every(error => (error as { code?: string }).code === 'ERR_SESSION_SIZE'), String(errors[0]));

  });

});
