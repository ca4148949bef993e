import { deepStrictEqual, ok, rejects, strictEqual, throws } from 'node:assert/strict';
import { describe, it } from 'node:test';
import { inspect } from 'node:util';
import { encrypted, type EncryptionOptions, MemoryStore } from '../../src/index.js';
import { toTexts } from '../../src/values/session-values.js';
import { MapStore } from '../support/map-store.js';
import { KEYED, live, NEW, OLD, setting, unopened } from '../support/sealed.js';

const LONG = 600;

const SEAL = '@curveball/session seal';

/** Which key each text of the only session was sealed with. */
function keyNames(inner: MapStore): Record<string, string> {

  const [record] = inner.records.values();
  return Object.fromEntries(Object.entries(record ?? {}).map(([key, text]) => {
    const bytes = Buffer.from(text, 'base64url');
    return [key, bytes.toString('latin1', 2, 2 + (bytes[1] ?? 0))];
  }));

}

async function session(inner: MapStore, options: EncryptionOptions) {

  const store = encrypted(inner, options);
  const id = await store.newSessionId();
  await store.create(id, toTexts({ a: 1, b: 2 }), { lifetime: LONG });
  return id;

}

describe('The keys of an application', () => {

  it('open what the older ones sealed, and seal with the newest, which is the first', async () => {

    const inner = new MapStore();
    const id = await session(inner, { keys: [OLD] });
    const store = encrypted(inner, { keys: [NEW, OLD] });
    deepStrictEqual((await live(store, id)).values, { a: 1, b: 2 });
    deepStrictEqual(keyNames(inner), { a: '2025', b: '2025', [SEAL]: '2025' });
    await store.update(id, setting({ a: '3', c: '4' }), { lifetime: LONG });
    deepStrictEqual(keyNames(inner), { a: '2026', b: '2025', c: '2026', [SEAL]: '2026' });
    const next = await store.newSessionId(id);
    await store.move?.(id, next, setting({}), { lifetime: LONG });
    deepStrictEqual(keyNames(inner), { a: '2026', b: '2026', c: '2026', [SEAL]: '2026' });
    deepStrictEqual((await live(encrypted(inner, KEYED), next)).values, { a: 3, b: 2, c: 4 });

  });

  it('no longer need the older one once each value has changed', async () => {

    const inner = new MapStore();
    const id = await session(inner, { keys: [OLD] });
    const store = encrypted(inner, { keys: [NEW, OLD] });
    for (const key of ['a', 'b']) {
      await store.load(id);
      await store.update(id, setting({ [key]: '3' }), { lifetime: LONG });
    }
    deepStrictEqual((await live(encrypted(inner, KEYED), id)).values, { a: 3, b: 3 });

  });

  it('are distinguished by their names: one that is missing, or has another secret, opens nothing', async () => {

    const inner = new MapStore();
    const id = await session(inner, { keys: [OLD] });
    await rejects(async () => encrypted(inner, KEYED).load(id), unopened(/its key "2025" is not among the keys$/));
    await rejects(async () => encrypted(inner, { keys: [{ ...NEW, id: '2025' }] }).load(id), unopened(/another secret$/));
    await rejects(async () => encrypted(inner, { keys: [{ ...OLD, id: '2026' }] }).load(id), unopened(/"2025" is not among the keys$/));

  });

  it('are needed beside the id, if there are any', async () => {

    const inner = new MapStore();
    const id = await session(inner, KEYED);
    await rejects(async () => encrypted(inner).load(id), unopened(/its key "2026" is not among the keys$/));

  });

  it('are copied: the bytes that were given can be wiped', async () => {

    const secret = new Uint8Array(32).fill(7);
    const inner = new MapStore();
    const store = encrypted(inner, { keys: [{ id: '2025', secret }] });
    secret.fill(0);
    const id = await store.newSessionId();
    await store.create(id, toTexts({ a: 1 }), { lifetime: LONG });
    deepStrictEqual((await live(encrypted(inner, { keys: [OLD] }), id)).values, { a: 1 });

  });

  it('are hidden from logs', () => {

    const store = encrypted(new MemoryStore(), KEYED);
    ok(!inspect(store, { depth: 20, showHidden: true }).includes('secret of this year'));
    ok(!JSON.stringify(store).includes('secret'));

  });

  it('are checked, by errors that show no secret', () => {

    const secret = 'x'.repeat(32);
    const wrong: ReadonlyArray<readonly [unknown, RegExp]> = [
      [{ keys: [] }, /^keys is an empty array: it must be an array of at least one \{ id, secret \}, the newest first; leave it out to have none$/],
      [{ keys: secret }, /^keys is a text of 32 characters: it must be an array/],
      [{ keys: { id: 'a', secret } }, /^keys is an Object: it must be an array/],
      [{ keys: null }, /^keys is null: it must be an array/],
      [{ keys: undefined }, /^keys is undefined: leave it out to have none$/],
      [{ keys: [secret] }, /^keys\[0\]\.id is undefined: it must be 1 to 32 letters, digits, _ and -$/],
      [{ keys: [{ id: `${secret}=`, secret: 'a' }] }, /^keys\[0\]\.id is a text of 33 characters: it must be/],
      [{ keys: [null] }, /^keys\[0\]\.id is undefined: it must be/],
      ...['', 'a b', 'é', 'x'.repeat(33), 5, 'a\n'].map(id => [{ keys: [{ id, secret }] }, /^keys\[0\]\.id is (5|a text of \d+ characters): it must be/] as const),
      [{ keys: [{ id: 'a', secret }, { id: 'a', secret: 'y'.repeat(32) }] }, /^keys\[1\]\.id is "a", like that of another key: each must differ$/],
      [{ keys: [{ id: 'a', secret: 'hidden' }] }, /^The secret of the key "a" has 6 bytes: it must have at least 32$/],
      [{ keys: [{ id: 'a', secret: new Uint8Array(31) }] }, /^The secret of the key "a" has 31 bytes/],
      [{ keys: [{ id: 'a', secret: undefined }] }, /^The secret of the key "a" is undefined: it must be a text or a Uint8Array$/],
      [{ keys: [{ id: 'a', secret: 5 }] }, / is 5: it must be a text or a Uint8Array$/],
      [{ keys: [{ id: 'a', secret: [1, 2] }] }, / is an Array: it must be a text or a Uint8Array$/],
      [{ acceptUnkeyedUntil: new Date() }, /^acceptUnkeyedUntil needs keys$/],
      [{ ...KEYED, acceptUnkeyedUntil: new Date('never') }, /^acceptUnkeyedUntil is a Date: it must be a valid Date$/],
      [{ ...KEYED, acceptUnkeyedUntil: '2030-01-01' }, /^acceptUnkeyedUntil is "2030-01-01": it must be a valid Date$/],
      [{ unreadable: 'ignore' }, /^unreadable is "ignore": it must be 'fail' or 'end'$/],
      [{ secret: 'hidden' }, /^option secret is unknown: it must be one of keys, acceptUnkeyedUntil, unreadable$/],
    ];
    for (const [options, message] of wrong) {
      throws(() => encrypted(new MapStore(), options as EncryptionOptions), (error: Error) => {
        ok(error instanceof TypeError);
        ok(message.test(error.message), error.message);
        ok(!error.message.includes('hidden') && !error.message.includes(secret));
        return true;
      });
    }

  });

});

describe('An application that gets its first key', () => {

  it('reads sessions that were sealed without one only if it says until when', async t => {

    const inner = new MapStore();
    const id = await session(inner, {});
    const problem = unopened(/it was sealed without a key of the application, which is not accepted$/);
    await rejects(async () => encrypted(inner, KEYED).load(id), problem);
    const until = new Date(Date.now() + 60_000);
    const store = encrypted(inner, { ...KEYED, acceptUnkeyedUntil: until });
    deepStrictEqual((await live(store, id)).values, { a: 1, b: 2 });
    await store.update(id, setting({ b: '3' }), { lifetime: LONG });
    deepStrictEqual(keyNames(inner), { a: '', b: '2026', [SEAL]: '2026' });
    t.mock.timers.enable({ apis: ['Date'], now: until });
    await rejects(async () => store.load(id), problem);

  });

});

describe('A session that can\'t be opened', () => {

  it('is kept by default, and readable when the key is back', async () => {

    const inner = new MapStore();
    const id = await session(inner, { keys: [OLD] });
    const store = encrypted(inner, KEYED);
    await rejects(async () => store.load(id));
    await rejects(async () => store.move?.(id, await store.newSessionId(id), setting({}), { lifetime: LONG }));
    deepStrictEqual((await live(encrypted(inner, { keys: [NEW, OLD] }), id)).values, { a: 1, b: 2 });

  });

  it('ends if the application says so', async () => {

    const inner = new MapStore();
    const id = await session(inner, { keys: [OLD] });
    const store = encrypted(inner, { ...KEYED, unreadable: 'end' });
    strictEqual(await store.load(id), null);
    strictEqual(inner.records.size, 0);
    const other = await session(inner, { keys: [OLD] });
    strictEqual(await store.get(other), null);
    const third = await session(inner, { keys: [OLD] });
    strictEqual(await store.move?.(third, await store.newSessionId(third), setting({}), { lifetime: LONG }), 'gone');
    strictEqual(inner.records.size, 0);

  });

});
