import { deepStrictEqual, match, ok, strictEqual, throws } from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { checkedAuthentication } from '../../src/info/authentication.js';
import { SessionStoreError } from '../../src/base/errors.js';
import { fromStored, type Info, toStored } from '../../src/info/session-details.js';
import { type InfoChange, infoAfter } from '../../src/steps/new-info.js';
import { anyText } from '../support/any-text.js';

const NOW = 1_800_000_000;
const text = anyText();
const metadata = fc.dictionary(fc.stringMatching(/^[\w-]{1,32}$/), text, { maxKeys: 5 });

describe('The stored details of a session', () => {

  it('come back as they were, in printable ASCII that every store keeps', () => {

    fc.assert(fc.property(text, metadata, fc.boolean(), (user, given, persistent) => {
      const authentication = checkedAuthentication({ persistent, expiry: 60, metadata: given });
      const info = infoAfter(undefined, { user, given: authentication, absoluteExpiry: 3600 }, NOW);
      const stored = toStored(info);
      match(stored.details, /^[\x20-\x7e]*$/);
      ok(stored.details.length <= 4096, `${stored.details.length} characters`);
      deepStrictEqual(fromStored(stored), JSON.parse(JSON.stringify(info)));
    }));

  });

  it('are at most 4,096 characters long, however long the given texts are', () => {

    const given = checkedAuthentication({
      persistent: true, expiry: 1, absoluteExpiry: 1, endsAt: NOW,
      metadata: Object.fromEntries(Array.from({ length: 5 }, (_, index) => [`${index}`.repeat(32), '\ud83d'.repeat(10_000)])),
    });
    ok(toStored(infoAfter(undefined, { user: 'a', given, absoluteExpiry: 1, origin: 'x'.repeat(22), cookie: 'y'.repeat(256) }, NOW)).details.length <= 4096 - 300, 'with room for a forwarded id');

  });

  it('are an error if another program wrote them: a session must not lose its deadline', () => {

    const info: Info = { user: 'ada', details: { created: NOW, renewed: NOW, endsAt: NOW + 60 } };
    const { details } = toStored(info);
    for (const odd of [
      '', '{}', 'null', '1', '[]', '"x"', details.slice(0, -1), details.replace(String(NOW + 60), '"never"'),
      details.replace(String(NOW + 60), 'null'), details.replace(String(NOW), '-1'), '{"__proto__":{"created":1,"renewed":1}}',
    ]) {
      throws(() => fromStored({ user: 'ada', details: odd }), SessionStoreError, odd);
    }
    throws(() => fromStored({ user: 5 as never, details }), SessionStoreError);
    strictEqual(fromStored(undefined), undefined);

  });

  it('may be null in a store that has none', () => {

    strictEqual(fromStored(null as unknown as undefined), undefined);

  });

  it('keep the beginning, the deadline and the given details through a plain regeneration', () => {

    const first = infoAfter(undefined, { user: 'ada', given: { persistent: true, expiry: 60, metadata: { device: 'a' } }, absoluteExpiry: 3600 }, NOW);
    const next = infoAfter(first, { user: 'ada', absoluteExpiry: 3600 }, NOW + 100);
    deepStrictEqual(next.details, { ...first.details, renewed: NOW + 100 });

  });

  it('keep nothing of the anonymous session after a sign-in, nor of one user for another', () => {

    const first = infoAfter(undefined, { user: null, given: { expiry: 60, metadata: { device: 'a' } }, absoluteExpiry: 3600 }, NOW);
    const { details } = infoAfter(first, { user: 'ada', absoluteExpiry: 3600 }, NOW + 100);
    deepStrictEqual(JSON.parse(JSON.stringify(details)), { created: NOW + 100, renewed: NOW + 100, authenticated: NOW + 100, endsAt: NOW + 3700 });

  });

  it('end at the earlier of two deadlines', () => {

    const endsAt = (given: InfoChange['given'], absoluteExpiry?: number) => infoAfter(undefined, { user: 'a', given, absoluteExpiry }, NOW).details.endsAt;
    strictEqual(endsAt({ endsAt: NOW + 10 }, 20), NOW + 10);
    strictEqual(endsAt({ endsAt: NOW + 30 }, 20), NOW + 20);
    strictEqual(endsAt({ absoluteExpiry: 30 }, 20), NOW + 30, 'what is said of this session counts');
    strictEqual(endsAt(undefined, 20), NOW + 20);
    strictEqual(endsAt({}, undefined), undefined);

  });

});

describe('ctx.authenticated()', () => {

  it('refuses wrong arguments, and says what is allowed', () => {

    const wrong: Array<[given: unknown, message: RegExp]> = [
      [{ remember: true }, /has no member remember: it must be one of persistent, expiry, absoluteExpiry, endsAt, metadata/],
      [{ persistent: 1 }, /persistent: 1: it must be true or false/],
      [{ expiry: 0 }, /expiry: 0: it must be a number of seconds from 1 to/],
      [{ expiry: Number.NaN }, /expiry/], [{ expiry: '60' }, /expiry: "60"/], [{ absoluteExpiry: Infinity }, /absoluteExpiry/],
      [{ endsAt: NOW * 1000 }, /endsAt: \d+: it must be a Unix timestamp in seconds/], [{ endsAt: 3600 }, /endsAt: 3600: it must be a Unix timestamp/], [{ endsAt: new Date() }, /endsAt: a Date/],
      [{ metadata: null }, /metadata: null|metadata: a/], [{ metadata: { device: 5 } }, /metadata\.device: 5/],
      [{ expiry: Infinity }, /expiry: Infinity: it must/], [{ absoluteExpiry: 10n }, /absoluteExpiry: 10n: it must/], [{ persistent: Symbol('x') }, /persistent: Symbol\(x\): it must/],
      [null, /was given null: it must be an object/], ['metadata', /was given "metadata": it must be an object/], [[], /was given an Array: it must be an object/],
      [{ metadata: ['a'] }, /metadata: an Array: it must be an object of at most 5 texts/], [{ metadata: Object.create(null, { a: { value: Object.create(null), enumerable: true } }) }, /metadata\.a: an object/],
      [{ metadata: { 'a b': 'c' } }, /metadata\.a b/], [{ metadata: { a: '', b: '', c: '', d: '', e: '', f: '' } }, /6 texts/],
    ];
    for (const [given, message] of wrong) throws(() => checkedAuthentication(given as never), { name: 'TypeError', message });

  });

  it('cuts texts to 100 characters, and keeps their content as text', () => {

    const { metadata: kept } = checkedAuthentication({ metadata: { a: 'x'.repeat(10_000), b: '<b>\r\n\u001b[31m', ['__proto__']: 'c' } });
    deepStrictEqual(Object.entries(kept as object), [['a', 'x'.repeat(100)], ['b', '<b>\r\n\u001b[31m'], ['__proto__', 'c']]);
    strictEqual(({} as { a?: string }).a, undefined);
    // No half of a character is left at the end.
    const { metadata: cut } = checkedAuthentication({ metadata: { a: `${'x'.repeat(99)}😀`, b: '😀'.repeat(100) } });
    deepStrictEqual(cut, { a: 'x'.repeat(99), b: '😀'.repeat(50) });

  });

});
