import { deepStrictEqual, ok, strictEqual } from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { fromJson, toJson, toPatch } from '../../../src/stores/sql/json-texts.js';
import { parseJson } from '../../../src/values/parse-json.js';
import { merge } from '../../../src/values/texts-change.js';
import { anyText } from '../../support/any-text.js';

describe('Texts as JSON', () => {

  const key = fc.oneof(
    fc.constantFrom('', 'a', '__proto__', 'constructor', '\t', '\n', '\\', '"', '\\n', '\ud800', '\udc00', '😀', '\u2028', '\0', '$', 'a.b', '1', 'null'),
    anyText({ maxLength: 8 }),
  );
  const texts = fc.array(fc.tuple(key, fc.jsonValue().map(value => JSON.stringify(value))), { maxLength: 8 }).map(entries => new Map(entries));
  const sorted = (map: ReadonlyMap<string, string>) => [...map].sort(([one], [other]) => (one < other ? -1 : 1));

  it('come back exactly', () => {

    fc.assert(fc.property(texts, record => {
      deepStrictEqual(sorted(fromJson(toJson(record)) as Map<string, string>), sorted(record));
    }), { numRuns: 1000 });

  });

  it('hold no character that an engine refuses or changes', () => {

    fc.assert(fc.property(texts, record => {
      const json = toJson(record);
      // An engine may decode the JSON once, and write it in another form.
      for (const [name, text] of [[json, json], ...Object.entries(parseJson(json) as object)]) {
        for (const each of [name, text]) ok(!/[^\0-\x7e]/.test(each) && !each.includes('\0'), each);
      }
    }), { numRuns: 1000 });

  });

  it('of earlier versions can be read, also after a change', () => {

    const former = { '\u0416': '"\u0122\u{1f600}"', 'caf\u00e9': '"\\u0000\u20ac"', '\\n': '1', 'a': '"\\\\u0416"' };
    const texts = new Map([['\u0416', '"\u0122\u{1f600}"'], ['caf\u00e9', '"\\u0000\u20ac"'], ['\n', '1'], ['a', '"\\\\u0416"']]);
    deepStrictEqual(fromJson(JSON.stringify(former)), texts);
    const set = new Map([['\u0416', '"\u015c"']]);
    for (const both of [{ ...former, ...JSON.parse(toJson(set)) }, { ...JSON.parse(toJson(set)), ...former }]) {
      strictEqual(fromJson(JSON.stringify(both))?.get('\u0416'), '"\u015c"');
    }
    deepStrictEqual(JSON.parse(toPatch({ set: new Map(), unset: ['\u0416', 'a'] }, true)), { '\\u0416': null, a: null, '\u0416': null });
    deepStrictEqual(JSON.parse(toPatch({ set: new Map([['b', '1']]), unset: ['\u0416'] }, false)), { b: '1', '\\u0416': null });

  });

  it('take a change as a merge patch', () => {

    fc.assert(fc.property(texts, texts, fc.array(key, { maxLength: 8 }), (record, set, gone) => {
      const change = { set, unset: [...new Set(gone)].filter(name => !set.has(name)) };
      const merged: Record<string, unknown> = Object.assign(Object.create(null), parseJson(toJson(record)) as object);
      const patch: Array<[string, unknown]> = Object.entries(parseJson(toPatch(change, true)) as object);
      for (const [name, text] of patch) {
        if (text === null) delete merged[name];
        else Object.defineProperty(merged, name, { value: text, enumerable: true, configurable: true, writable: true });
      }
      deepStrictEqual(sorted(fromJson(JSON.stringify(merged)) as Map<string, string>), sorted(merge(record, change)));
    }), { numRuns: 1000 });

  });

  it('are null if anything else is stored', () => {

    for (const json of ['', 'null', '1', '"a"', '{"a":1}', '{"a":null}', '{"a":{}}', '{"\\\\":"1"}', '{"\\\\x":"1"}', '{', '["1",2]']) {
      strictEqual(fromJson(json), null, json);
    }

  });

});
