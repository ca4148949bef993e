import { deepStrictEqual, ok, strictEqual, throws } from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { SessionValueError } from '../../src/index.js';
import { fromText, fromTexts, isPlainObject, toTexts } from '../../src/values/session-values.js';
import { setOwn } from '../../src/values/set-own.js';
import type { SessionValues } from '../../src/base/store.js';
import { anyText } from '../support/any-text.js';

/** A key that some code somewhere treats specially. */
const oddKey = fc.oneof(
  fc.constantFrom(
    '__proto__', 'constructor', 'toString', 'toJSON', 'then', '', '.', '$', 'a.b', '"', '\\', '\t', '\n', '\0',
    '\u2028', '\ud800', '\udc00x', '0', '-1', 'length', 'é', 'e\u0301', '😀', ' ',
  ),
  anyText(),
);

const number = fc.oneof(
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.constantFrom(-0, 0, 1e308, -1e308, 5e-324, 2 ** 53, -(2 ** 53), 1e21, 1e-7, 0.1),
);

const { value: anyValue } = fc.letrec<{ value: unknown }>(tie => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.oneof(number, anyText(), oddKey, fc.boolean(), fc.constant(null), fc.jsonValue()),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.array(fc.tuple(oddKey, tie('value')), { maxLength: 4 }).map(record),
  ),
}));

const anySession = fc.array(fc.tuple(oddKey, anyValue), { maxLength: 6 }).map(record);

function record(entries: Array<[string, unknown]>): SessionValues {

  const values: SessionValues = {};
  for (const [key, value] of entries) {
    Object.defineProperty(values, key, { value, writable: true, enumerable: true, configurable: true });
  }
  return values;

}

describe('Session values as texts', () => {

  it('come back exactly as they were, whatever their keys', () => {

    fc.assert(fc.property(anySession, values => {
      const texts = toTexts(values);
      const back = fromTexts(texts);
      deepStrictEqual(back, values);
      deepStrictEqual(Object.keys(back), Object.keys(values));
      deepStrictEqual(toTexts(back), texts);
    }), { numRuns: 1000 });

  });

  it('are JSON texts, each of one line', () => {

    fc.assert(fc.property(anySession, values => {
      for (const [key, text] of toTexts(values)) {
        JSON.parse(text);
        deepStrictEqual(fromText(text), (values as Record<string, unknown>)[key]);
        ok(!/[\t\n\r]/.test(text));
      }
    }));

  });

  it('do not depend on how a text is spelled', () => {

    for (const text of ['"\\u0041"', '"a\\"b"', '-0', '-1.5e3', '1E5', '[1]', '{"a":1}', 'true', 'null', '""', '0']) {
      deepStrictEqual(fromText(text), JSON.parse(text));
    }

  });

  it('own a key __proto__ and leave the prototype of all objects alone', () => {

    const values = JSON.parse('{"__proto__":{"admin":true},"constructor":{"prototype":{"admin":true}},"a":{"__proto__":1}}');
    const back = fromTexts(toTexts(values));
    deepStrictEqual(Object.keys(back), ['__proto__', 'constructor', 'a']);
    deepStrictEqual(Object.keys(back.a), ['__proto__']);
    strictEqual(back.admin, undefined);
    strictEqual(Object.getPrototypeOf(back), Object.prototype);
    strictEqual(({} as { admin?: unknown }).admin, undefined);

    const target: SessionValues = {};
    setOwn(target, '__proto__', { admin: true });
    strictEqual(target.admin, undefined);

  });

  it('leave out members that are undefined', () => {

    deepStrictEqual([...toTexts({ a: undefined, b: { c: undefined, d: 1, e: undefined } })], [['b', '{"d":1}']]);

  });

  it('have a date as its ISO text', () => {

    const date = new Date(Date.UTC(2026, 0, 2, 3, 4, 5, 6));
    deepStrictEqual([...toTexts({ at: date, in: [date] })], [
      ['at', '"2026-01-02T03:04:05.006Z"'], ['in', '["2026-01-02T03:04:05.006Z"]'],
    ]);

  });

  it('have a date as its ISO text even if its class writes dates differently', () => {

    class Lying extends Date {
      override toISOString() { return 'a"\nadmin\ttrue'; }
      override toJSON() { return 'never'; }
    }
    deepStrictEqual([...toTexts({ at: new Lying(0) })], [['at', '"1970-01-01T00:00:00.000Z"']]);

  });

  it('keep a value that appears twice, twice', () => {

    const shared = { n: 1 };
    deepStrictEqual([...toTexts({ a: [shared, shared], b: shared })], [['a', '[{"n":1},{"n":1}]'], ['b', '{"n":1}']]);

  });

  it('are the very texts from which they were made while nothing differs', () => {

    const before = toTexts({ a: 1, b: { c: [1, 2] } });
    const values = fromTexts(before);
    strictEqual(toTexts(values, before), before);
    values.b.c[1] = 3;
    deepStrictEqual([...toTexts(values, before)], [['a', '1'], ['b', '{"c":[1,3]}']]);
    deepStrictEqual([...toTexts({ a: 1 }, before)], [['a', '1']]);
    deepStrictEqual([...toTexts({ a: 1, c: 1 }, before)], [['a', '1'], ['c', '1']]);
    deepStrictEqual([...toTexts({ a: 1, b: undefined }, before)], [['a', '1']]);
    deepStrictEqual([...toTexts({ a: 1, c: undefined }, before)], [['a', '1']]);
    deepStrictEqual([...toTexts({ b: 1, a: 1 }, before)], [['b', '1'], ['a', '1']]);

  });

  it('hold 10,000 keys', () => {

    const values = record(Array.from({ length: 10_000 }, (_, i) => [`key ${i}`, i]));
    deepStrictEqual(fromTexts(toTexts(values)), values);

  });

  it('read every value exactly once, so that the checked value is the stored one', () => {

    const reads: string[] = [];
    const watched = <T extends object>(name: string, target: T): T => new Proxy(target, {
      get(object, key, receiver) {
        if (key !== 'length') reads.push(`${name}.${String(key)}`);
        return Reflect.get(object, key, receiver);
      },
    });
    toTexts(watched('top', { a: 1, b: watched('b', { c: 2 }), d: watched('d', [3, 4]), e: undefined }));
    deepStrictEqual(reads, ['top.a', 'top.b', 'b.c', 'top.d', 'd.0', 'd.1', 'top.e']);

    reads.length = 0;
    toTexts({ long: watched('long', Array.from({ length: 50 }, () => 1)) });
    deepStrictEqual(reads, Array.from({ length: 50 }, (_, index) => `long.${index}`));

  });

});

describe('A value that JSON can\'t hold faithfully', () => {

  class User { name = 'x'; }
  const cycle: SessionValues = {};
  cycle.self = { again: [cycle.self] };
  cycle.self.again[0] = cycle.self;
  const nested = (depth: number) => {
    let value: unknown = 1;
    for (let i = 0; i < depth; i++) value = i % 2 ? [value] : { a: value };
    return value;
  };

  const refused: Array<[name: string, values: SessionValues, path: string, problem: RegExp]> = [
    ['a function', { a: () => 1 }, 'session.a', /function/],
    ['a BigInt', { a: { b: [0, 1n] } }, 'session.a.b[1]', /bigint/],
    ['a symbol', { a: Symbol('x') }, 'session.a', /symbol/],
    ['NaN', { a: [NaN] }, 'session.a[0]', /NaN/],
    ['Infinity', { 'a b': { '': -Infinity } }, 'session["a b"][""]', /-Infinity/],
    ['an invalid Date', { at: new Date(NaN) }, 'session.at', /invalid Date/],
    ['a cycle', cycle, 'session.self.again[0]', /contains itself/],
    ['a Map', { a: new Map() }, 'session.a', /Map/],
    ['a Set', { a: new Set() }, 'session.a', /Set/],
    ['a class instance', { list: [{ user: new User() }] }, 'session.list[0].user', /User/],
    ['a RegExp', { a: /x/ }, 'session.a', /RegExp/],
    ['an Error', { a: new Error('x') }, 'session.a', /Error/],
    ['a Buffer', { a: Buffer.from('x') }, 'session.a', /Buffer/],
    ['a promise', { a: Promise.resolve(1) }, 'session.a', /Promise/],
    ['a boxed number', { a: Object(1) }, 'session.a', /Number/],
    ['a hole in an array', { a: Object.assign([1], { 2: 3 }) }, 'session.a[1]', /undefined/],
    ['undefined in an array', { a: { b: [undefined] } }, 'session.a.b[0]', /undefined/],
    ['what a regular expression matched', { a: 'abc'.match(/(?<x>b)/) }, 'session.a', /beside its indexes/],
    ['a list of a class', { a: new (class List extends Array {})() }, 'session.a', /List/],
    ['a symbol for a key', { a: { [Symbol('x')]: 1 } }, 'session.a', /symbol/],
    ['a symbol for a top-level key', { [Symbol('x')]: 1 }, 'session', /symbol/],
    ['a method toJSON', { a: { toJSON: () => 'lie' } }, 'session.a.toJSON', /function/],
    ['nesting without end', { a: nested(100_000) }, 'session.a', /500 levels/],
    ['an odd path', { __proto__: null, '': { '"': { $ok: { 'é': 1n } } } }, 'session[""]["\\""].$ok["é"]', /bigint/],
  ];

  for (const [name, values, path, problem] of refused) {
    it(`is refused with its path: ${name}`, () => {

      throws(() => toTexts(values), (error: unknown) => {
        ok(error instanceof SessionValueError, String(error));
        strictEqual(error.path, path);
        ok(error.message.startsWith(`${path} `), error.message);
        ok(problem.test(error.message), error.message);
        strictEqual(error.httpStatus, 500);
        return true;
      });

    });
  }

  it('is refused where it first contains itself, wherever its way round begins and however long it is', () => {

    for (const before of [0, 1, 2, 3, 7, 8, 100, 255, 256, 300]) {
      for (const round of [1, 2, 3, 8, 63, 64, 100, 190]) {
        const begin: SessionValues = { list: [{}, [1]] };
        let last: SessionValues = begin;
        for (let i = 1; i < round; i++) last = last.on = { list: [[]] };
        last.back = begin;
        let values: SessionValues = begin;
        for (let i = 0; i < before; i++) values = { list: [[]], on: values };
        throws(() => toTexts({ values }), (error: unknown) => {
          ok(error instanceof SessionValueError && error.message.includes('contains itself'), `${before} ${round}: ${error}`);
          strictEqual(error.path, `session.values${'.on'.repeat(before + round - 1)}.back`);
          return true;
        });
      }
    }

  });

  it('is not the same list many times, beside itself and on each level', () => {

    const shared = [[1], [1]];
    const values = { a: [shared, shared, [shared, [shared, shared]]] };
    deepStrictEqual(fromTexts(toTexts(values)), values);

  });

  it('is found with its path in a list of any length', () => {

    const long: unknown[] = Array.from({ length: 100 }, () => ({ a: [1] }));
    throws(() => toTexts({ long: Object.assign([...long], { extra: 1 }) }), { path: 'session.long' });
    throws(() => toTexts({ long: Object.assign([...long], { 77: { b: [1, 1n] } }) }), { path: 'session.long[77].b[1]' });
    throws(() => toTexts({ long: Object.assign([...long], { 100: undefined }) }), { path: 'session.long[100]' });

  });

  it('is not a deep value that a parser still accepts', () => {

    const values = { a: nested(500) };
    deepStrictEqual(fromTexts(toTexts(values)), values);

  });

  it('is refused with its own error if reading it throws', () => {

    const problem = new Error('no looking');
    throws(() => toTexts({ a: { get b() { throw problem; } } }), problem);
    throws(() => toTexts(new Proxy({}, { ownKeys() { throw problem; } })), problem);
    throws(() => toTexts({ a: new Proxy({}, { getPrototypeOf() { throw problem; } }) }), problem);
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    throws(() => toTexts({ a: proxy }), TypeError);

  });

  it('is never half taken: any value is stored exactly or refused', () => {

    fc.assert(fc.property(fc.anything({
      withBigInt: true, withDate: true, withMap: true, withSet: true, withSparseArray: true, withTypedArray: true,
      withNullPrototype: true, withObjectString: true, withBoxedValues: true,
    }), value => {
      let texts: ReturnType<typeof toTexts>;
      try {
        texts = toTexts({ value });
      } catch (error) {
        ok(error instanceof SessionValueError, String(error));
        return;
      }
      const text = texts.get('value');
      strictEqual(text === undefined ? undefined : JSON.stringify(JSON.parse(text)), JSON.stringify(value));
    }), { numRuns: 1000 });

  });

});

describe('isPlainObject', () => {

  it('accepts objects of any realm and without a prototype, and no instances', () => {

    ok(isPlainObject({}));
    ok(isPlainObject(Object.create(null)));
    for (const other of [null, undefined, [], 1, 'x', () => {}, new Map(), new Date(), new (class A {})(), Object.create({})]) {
      ok(!isPlainObject(other), String(other));
    }

  });

});
