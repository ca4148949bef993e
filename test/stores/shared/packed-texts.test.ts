import { deepStrictEqual, strictEqual } from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { pack, repack, unpack } from '../../../src/stores/shared/packed-texts.js';
import { merge } from '../../../src/values/texts-change.js';
import { anyText } from '../../support/any-text.js';

const key = fc.oneof(
  fc.constantFrom('', 'a', 'b', 'aa', '__proto__', '\t', '\n', '\\', '"', '\\t', '\ud800', '\udc00', '😀', '\u2028', '\0', '\x7f'),
  anyText({ maxLength: 8 }),
);

describe('Packed texts', () => {

  it('can be changed like a map, with the same order', () => {

    const record = fc.array(fc.tuple(key, fc.jsonValue().map(value => JSON.stringify(value))), { maxLength: 12 }).map(entries => new Map(entries));
    fc.assert(fc.property(record, record, fc.array(key, { maxLength: 12 }), (texts, set, gone) => {
      const change = { set, unset: [...new Set(gone)].filter(name => !set.has(name)) };
      strictEqual(repack(pack(texts), change), pack(merge(texts, change)));
    }), { numRuns: 1000 });

  });

  it('come back exactly, in their order', () => {

    const texts = fc.array(fc.tuple(key, fc.jsonValue().map(value => JSON.stringify(value))), { maxLength: 8 }).map(entries => new Map(entries));
    fc.assert(fc.property(texts, record => {
      deepStrictEqual([...unpack(pack(record))], [...record]);
    }), { numRuns: 1000 });

  });

  it('differ for records that differ', () => {

    const texts = fc.array(fc.tuple(key, fc.constantFrom('1', '"a"', '""', '"\\t"', '"\\n"')), { maxLength: 4 }).map(entries => new Map(entries));
    fc.assert(fc.property(texts, texts, (one, other) => {
      strictEqual(pack(one) === pack(other), JSON.stringify([...one]) === JSON.stringify([...other]));
    }), { numRuns: 1000 });

  });

});
