import { deepStrictEqual, throws } from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { parseJson } from '../../src/values/parse-json.js';

/** Keys that are escaped, or look so. */
const key = fc.constantFrom('', 'a', '\\', '\n', '"', 'a\\', 'a\n', 'a"', '\\n', '":', '__proto__', '\u2028', '😀', ' ');

const { value } = fc.letrec<{ value: unknown }>(tie => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.oneof(key, fc.double({ noNaN: true, noDefaultInfinity: true }).map(number => number + 0), fc.boolean(), fc.constant(null)),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.array(fc.tuple(key, tie('value')), { maxLength: 4 }).map(entries => Object.fromEntries(entries)),
  ),
}));

describe('JSON texts', () => {

  it('are read exactly, also by engines that confuse two escaped keys', () => {

    // Texts that lead them astray.
    JSON.parse('{"a":1,"\\\\":2}');
    deepStrictEqual(Object.keys(parseJson('{"a":1,"\\n":2}') as object), ['a', '\n']);

    fc.assert(fc.property(value, expected => {
      deepStrictEqual(parseJson(JSON.stringify(expected)), expected);
      deepStrictEqual(parseJson(JSON.stringify(expected, null, 2)), expected);
    }), { numRuns: 1000 });

  });

  it('may be as long as they like', () => {

    for (const piece of ['x', '\n', '"', '\\']) {
      const long = { [`${piece}k`]: piece.repeat(1e6), [piece.repeat(1e6)]: '\n' };
      deepStrictEqual(parseJson(JSON.stringify(long)), long);
    }

  });

  it('are refused if they are invalid, whatever their keys', () => {

    for (const text of ['{"\\n":}', '{"\\n":1', '{"\\n" 1}', '{"\\n":1}}', '["\\n":1]', '{"\\n":1,}', '']) {
      throws(() => parseJson(text), SyntaxError, text);
    }

  });

});
