import assert from 'node:assert/strict';
import type { AtomicSessionStore } from '../../../src/base/store.js';
import { toTexts } from '../../../src/values/session-values.js';

type Store = AtomicSessionStore & Required<Pick<AtomicSessionStore, 'move' | 'sessionsOf' | 'endSessionsOf'>>;

/** Letters that have a byte which is a quote, a backslash or a bracket in some character set. */
const LETTERS = '\u0122\u015c\u017b\u017d\u012c\u013a\u0127\u0160\u0157\u0141\u20ac\u{1f600}\u8868\u30bd\u529f\u8a31\u84cb\u00bf\u0416\u00e9\u00df\u00a0\u2028\ufffd';

const HOSTILE = [
  LETTERS, ...LETTERS, `x\u0122,\u0122isAdmin\u0122:\u0122true`, `\u015c\u0122`, '"', '\'', '\\', '\\"', '\\u0122', '\\\\u0122', '`', '$1', '?', ':id', '%', '\0', '\n', '\x1a',
  '\ud800', '\udc00\ud800', '\x7f', '\u0080', '~|{}[]^@`#', '--', '/*', 'caf\u00e9', 'cafe\u0301',
];

/**
 * Expects that hostile texts never end their quotes, and come back exactly: as values, as keys and as users.
 *
 * @param other a store on the same table, over a connection with default settings
 */
export async function hostileTexts(store: Store, other: Store): Promise<void> {

  const values = Object.fromEntries(HOSTILE.map((text, index) => [`key ${index}`, text]));
  const keys = Object.fromEntries(HOSTILE.map((text, index) => [text, index]));
  for (const all of [values, keys, { nested: [values, keys] }]) {
    const id = await store.newSessionId();
    assert.equal(await store.create(id, toTexts({ first: 1 }), { lifetime: 60 }), true);
    assert.equal(await store.update(id, { set: toTexts(all), unset: ['first'] }, { lifetime: 60 }), 'updated');
    assert.deepEqual(await store.get(id), all);
    assert.deepEqual(await other.get(id), all);
    const texts = toTexts(all);
    const found = await store.load(id);
    assert.ok(found?.status === 'live');
    // The same texts: otherwise each request would find a change in the values that it has read.
    for (const [key, text] of texts) assert.equal(found.texts.get(key), text);
    const unset = [...texts.keys()].slice(0, -1);
    assert.equal(await store.update(id, { set: new Map(), unset }, { lifetime: 60 }), 'updated');
    assert.deepEqual(Object.keys(await other.get(id) as object), [...texts.keys()].slice(-1));
    const next = await store.newSessionId(id);
    assert.equal(await store.move(id, next, { set: toTexts(all), unset: [] }, { lifetime: 60 }), 'moved');
    assert.deepEqual(await other.get(next), all);
  }
  for (const user of HOSTILE) {
    const id = await store.newSessionId();
    const info = { user, details: '{"device":"\\"~|\\\\"}' };
    assert.equal(await store.create(id, toTexts({ a: 1 }), { lifetime: 60, newInfo: { info } }), true);
    for (const each of [store, other]) {
      assert.deepEqual((await each.load(id) as { info?: unknown }).info, info);
      assert.deepEqual((await each.sessionsOf(user)).map(({ handle, details }) => [handle, details]), [[store.handleOf?.(id), info.details]]);
    }
    assert.deepEqual(await store.endSessionsOf(user), [store.handleOf?.(id)]);
  }

}
