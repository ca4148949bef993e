import { deepStrictEqual, ok, rejects, strictEqual } from 'node:assert/strict';
import { createCipheriv, createHash, createHmac } from 'node:crypto';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { encrypted, type StoredInfo } from '../../src/index.js';
import { toTexts } from '../../src/values/session-values.js';
import { InfoStore } from '../support/info-store.js';
import { KEYED, live, NEW, setting, unopened } from '../support/sealed.js';

const LONG = 600;
const ADA: StoredInfo = { user: 'ada', details: 'until 2000' };
const VALUES = { admin: false, name: 'Ada', visits: 12 };

/** A session of Ada's, and the stored record, which a test may alter. */
async function scene(info: StoredInfo | undefined = ADA, values: object = VALUES) {

  const inner = new InfoStore();
  const store = encrypted(inner, KEYED);
  const id = await store.newSessionId();
  await store.create(id, toTexts({ ...values }), { lifetime: LONG, newInfo: info && { info } });
  const stored = inner.calls[0]?.[1] as string;
  const texts = () => {
    const found = inner.memory.load(stored);
    ok(found?.status === 'live');
    return found.texts;
  };
  return {
    inner, store, id, stored, texts,
    textOf: (key: string) => texts().get(key) as string,
    /** As an attacker writes who has access to the store. */
    alter: (key: string, text: string) => inner.memory.update(stored, setting({ [key]: text }), { lifetime: LONG }),
  };

}

/** Asserts that no method returns a value of an altered session. */
async function expectUnreadable({ store, id }: Pick<Awaited<ReturnType<typeof scene>>, 'store' | 'id'>, problem?: RegExp) {

  const unreadable = unopened(problem);
  await rejects(async () => store.load(id), unreadable);
  await rejects(async () => store.get(id), unreadable);
  const next = await store.newSessionId(id);
  await rejects(async () => store.move?.(id, next, setting({}), { lifetime: LONG }), unreadable);

}

const FOREIGN = /altered, or sealed for another session, key or user, or with another secret/;

describe('A sealed value', () => {

  it('is sealed anew each time, and shows no more than its length', async () => {

    const { store, id, textOf } = await scene(ADA, { a: 'tea', b: 'tea' });
    const first = textOf('a');
    ok(first !== textOf('b'));
    strictEqual(first.length, textOf('b').length);
    await store.update(id, setting({ a: '"tea"' }), { lifetime: LONG });
    ok(textOf('a') !== first);

  });

  it('opens under no other key of its session', async () => {

    const one = await scene();
    const [name, visits] = [one.textOf('name'), one.textOf('visits')];
    one.alter('name', visits);
    await expectUnreadable(one, FOREIGN);
    one.alter('name', name);
    deepStrictEqual(await one.store.get(one.id), VALUES);
    one.alter('more', name);
    await expectUnreadable(one, FOREIGN);

  });

  it('opens in no other session', async () => {

    const one = await scene();
    const other = await scene();
    one.alter('name', other.textOf('name'));
    await expectUnreadable(one, FOREIGN);
    // The whole row of another visitor, who is signed in as well.
    for (const [key, text] of other.texts()) one.alter(key, text);
    await expectUnreadable(one, FOREIGN);

  });

  it('does not open after the session has got a new id, or under the former one', async () => {

    const { inner, store, id, texts } = await scene();
    const before = texts();
    const next = await store.newSessionId(id);
    await store.move?.(id, next, setting({}), { lifetime: LONG });
    const stored = inner.calls.find(([method]) => method === 'move')?.[2] as string;
    inner.memory.update(stored, { set: before, unset: [] }, { lifetime: LONG });
    await expectUnreadable({ store, id: next }, FOREIGN);

  });

  it('does not open in an anonymous session, or with other details', async () => {

    for (const info of [{ ...ADA, user: 'bob' }, { ...ADA, user: null }, { ...ADA, details: 'until 3000' }, { user: 'adauntil 2000', details: '' }, undefined]) {
      const one = await scene();
      if (info) one.inner.infos.set(one.stored, info);
      else one.inner.infos.delete(one.stored);
      await expectUnreadable(one, FOREIGN);
    }
    const nobodys = await scene({ user: null, details: '' });
    nobodys.inner.infos.set(nobodys.stored, { user: '', details: '' });
    await expectUnreadable(nobodys, FOREIGN);

  });

  it('makes nothing readable again if it is changed after the store was altered', async () => {

    const one = await scene(ADA, { only: 1 });
    one.inner.infos.set(one.stored, { ...ADA, user: 'bob' });
    await one.store.update(one.id, setting({ only: '2' }), { lifetime: LONG });
    await expectUnreadable(one, FOREIGN);
    await rejects(async () => one.store.set(one.id, { only: 3 }, 4e9), unopened(FOREIGN));

  });

  it('does not open with a character changed, removed or added, whichever', async () => {

    const one = await scene();
    const text = one.textOf('name');
    const position = fc.nat({ max: text.length - 1 });
    const character = fc.constantFrom(...'AQgwZz09-_"+/= \\');
    const altered = fc.oneof(
      fc.tuple(position, character).map(([at, to]) => text.slice(0, at) + to + text.slice(at + 1)),
      fc.tuple(position, character).map(([at, to]) => text.slice(0, at) + to + text.slice(at)),
      position.map(at => text.slice(0, at) + text.slice(at + 1)),
      position.map(at => text.slice(0, at)),
      position.map(at => `${text.slice(0, at)}"`),
    ).filter(other => other !== text);
    await fc.assert(fc.asyncProperty(altered, async other => {
      one.alter('name', other);
      await rejects(async () => one.store.load(one.id), unopened());
    }), { numRuns: 2000 });

  });

  it('does not open with a bit changed, in any of its bytes', async () => {

    const one = await scene();
    const bytes = Buffer.from(JSON.parse(one.textOf('name')), 'base64url');
    for (const [at, byte] of bytes.entries()) {
      for (let bit = 1; bit < 256; bit *= 2) {
        bytes[at] = byte ^ bit;
        one.alter('name', JSON.stringify(bytes.toString('base64url')));
        await rejects(async () => one.store.load(one.id), unopened(), `byte ${at}, bit ${bit}`);
      }
      bytes[at] = byte;
    }
    one.alter('name', JSON.stringify(bytes.toString('base64url')));
    deepStrictEqual(await one.store.get(one.id), VALUES);

  });

  it('does not open with a shorter tag', async () => {

    const one = await scene();
    const bytes = Buffer.from(JSON.parse(one.textOf('name')), 'base64url');
    for (const length of [0, 4, 8, 12, 13, 14, 15]) {
      one.alter('name', JSON.stringify(bytes.subarray(0, bytes.length - 16 + length).toString('base64url')));
      await expectUnreadable(one);
    }

  });

  it('does not open from anything else: plain text, another version, another key, another form', async () => {

    const one = await scene();
    const bytes = Buffer.from(JSON.parse(one.textOf('name')), 'base64url');
    const version = Buffer.from(bytes);
    version[0] = 2;
    const key = Buffer.from(bytes);
    key.write('2027', 2);
    const odd = Buffer.from(bytes);
    odd.write('\n"2', 2);
    const text = (sealed: Buffer) => JSON.stringify(sealed.toString('base64url'));
    for (const [stored, problem] of [
      ['"Ada"', /it is not sealed/], ['true', /it is not sealed/], ['', /it is not sealed/], ['""', /it is not sealed/], ['{"a":1}', /it is not sealed/],
      [`"${bytes.toString('base64url')}="`, /it is not sealed/], [` ${one.textOf('name')}`, /it is not sealed/], [`"${'x'.repeat(5_000_000)}"`, /not sealed/],
      [text(version), /it is not sealed, or by another version of this package/],
      [text(key), /its key "2027" is not among the keys$/], [text(odd), /the name of its key is invalid$/],
      [text(bytes.subarray(0, 20)), /too short/], [text(Buffer.from([1])), /too short/], [text(Buffer.from([1, 255])), /too short/],
    ] as const) {
      one.alter('name', stored);
      await expectUnreadable(one, problem);
    }

  });

  it('shows neither its value nor ids or secrets if it can\'t be opened', async () => {

    const one = await scene(ADA, { ['k'.repeat(5000)]: 'a value', b: 'b' });
    one.alter('k'.repeat(5000), one.textOf('b'));
    await rejects(async () => one.store.load(one.id), (error: Error) => {
      const shown = `${error.stack} ${JSON.stringify(error)} ${String(error.cause)}`;
      for (const secret of [one.id, one.id.slice(16), one.stored, 'a value', 'kkk', NEW.secret, one.textOf('b').slice(1, 40)]) ok(!shown.includes(secret), secret);
      return true;
    });

  });

  it('can be put back as it was, as long as the session has its id: that is the limit', async () => {

    const one = await scene();
    const before = one.textOf('visits');
    await one.store.update(one.id, setting({ visits: '13' }), { lifetime: LONG });
    one.alter('visits', before);
    strictEqual((await live(one.store, one.id)).values.visits, 12);
    // And removed.
    one.inner.memory.update(one.stored, { set: new Map(), unset: ['admin'] }, { lifetime: LONG });
    deepStrictEqual(Object.keys((await live(one.store, one.id)).values).sort(), ['name', 'visits']);

  });

  it('has the form that is documented', async () => {

    // Written anew from the documentation, as another program would read it.
    const one = await scene(ADA, { a: 1 });
    const hmac = (key: string | Buffer, text: string) => createHmac('sha256', key).update(text).digest();
    const place = hmac(hmac('@curveball/session without an application key', one.id), '@curveball/session storage\u0001').toString('base64url');
    strictEqual(one.stored, one.id.slice(0, 16) + place.replaceAll('-', 'x').replaceAll('_', 'y'));

    const key = hmac(hmac(NEW.secret, one.id), '@curveball/session values\u0001');
    const head = Buffer.from(`\u0001\u0004${NEW.id}`);
    const lengths = (...parts: Buffer[]) => Buffer.concat(parts.flatMap(part => [Buffer.from([0, 0, 0, part.length]), part]));
    const wide = (text: string) => Buffer.from(text, 'utf16le');
    const nonce = Buffer.alloc(12, 5);
    const sealed = (text: string, name: string, info: Buffer) => {
      const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(lengths(head, wide(name), info));
      const bytes = Buffer.concat([head, nonce, cipher.update(text), cipher.final(), cipher.getAuthTag()]);
      return JSON.stringify(bytes.toString('base64url'));
    };
    one.alter('a', sealed('[1,2]', 'a', Buffer.alloc(0)));
    const bob = createHash('sha256').update(lengths(wide(''), wide('bob'))).digest();
    one.alter('@curveball/session seal', sealed('', '@curveball/session seal', bob));
    one.inner.infos.set(one.stored, { user: 'bob', details: '|' });
    const { values, info } = await live(one.store, one.id);
    deepStrictEqual([values, info], [{ a: [1, 2] }, { user: 'bob', details: '' }]);

  });

});
