import { deepStrictEqual } from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import fc from 'fast-check';
import { anyText } from '../support/any-text.js';
import { INFO, type Damage, DETAILS, NAMES, type Names, TEXTS, TOO_LARGE, VALUE_TEXTS } from '../support/stored-rows/corpus.js';
import { ENGINES } from '../support/stored-rows/engines.js';
import { type Engine, type Rows, withText } from '../support/stored-rows/rows.js';
import { NOTES, Visitors } from '../support/stored-rows/visitors.js';

const strayErrors: unknown[] = [];
process.on('unhandledRejection', error => strayErrors.push(error));
after(() => deepStrictEqual(strayErrors, []));

/** Damages of the values, in the form in which the engine keeps them. */
function damagesOfValues(engine: Engine): Array<Damage & { readonly column: string }> {

  const { format, data } = engine;
  const { keepsValuesApart, write, read } = format;
  const ofOne = VALUE_TEXTS.map(([of, text, note]) => ({
    column: data, of: `one value: ${of}`, note, make: (before: string) => withText(format, before, 'note', text),
    outcome: note !== undefined ? 'served' : keepsValuesApart || isJson(text) ? 'unreadable values' : 'unreadable',
  } as const));
  const ofAll = TEXTS.map(([of, make]) => ({ column: data, of: `all values: ${of}`, make, outcome: 'unreadable' } as const));
  return [
    ...ofOne, ...ofAll,
    {
      column: data, of: 'one value: a number without end', make: before => withText(format, before, 'note', TOO_LARGE),
      outcome: engine.tooLarge ?? 'unreadable values', note: { n: null },
    },
    {
      column: data, of: 'one value: an invalid user', make: before => withText(format, before, 'userId', '{"a":1}'), outcome: 'unreadable values',
    },
    {
      column: data, of: 'keys that must reach no prototype', make: before => write(new Map([...read(before), ...NAMES])), outcome: 'served',
    },
  ];

}

/** If the whole is parsed at once, values that are only too deep are found by the first read: newer versions of Node.js read and write any depth. */
function isJson(text: string): boolean {

  try {
    JSON.stringify(JSON.parse(text));
    return true;
  } catch {
    return false;
  }

}

function damagesOfInfo({ info }: Engine): Array<Damage & { readonly column: string }> {

  if (info === undefined) return [];
  return [
    ...INFO.map(([of, text]) => ({ column: info, of, make: (_: string, { user }: Names) => text.replace('ada', user), outcome: 'unreadable' } as const)),
    ...DETAILS.map(([of, text]) => ({
      column: info, of: `details: ${of}`, make: (_: string, { user }: Names) => JSON.stringify([user, text]).replaceAll(' ', '\\u0020'), outcome: 'unreadable',
    } as const)),
    { column: info, of: 'another user', make: (before, { user, other }) => before.replace(user, other), outcome: 'any' },
  ];

}

function damagesOf(engine: Engine): Array<Damage & { readonly column: string }> {

  const others = Object.entries(engine.columns).flatMap(([column, damages]) => damages.map(damage => ({ column, ...damage })));
  return [...damagesOfValues(engine), ...damagesOfInfo(engine), ...others];

}

for (const make of ENGINES) {

  const engine = make();

  describe(`A damaged row of ${engine.name}`, () => {

    let rows: Rows;
    before(async () => {
      rows = await engine.open();
    });
    after(() => engine.close?.());

    for (const { column, of, make: damaged, outcome, note } of damagesOf(engine)) {

      it(`is ${outcome}: ${column}: ${of}`, async () => {

        const visitors = await Visitors.of(rows.store);
        try {
          const needsBefore = column === engine.data || column === engine.info;
          await rows.write(visitors.id, column, damaged(needsBefore ? await rows.read(visitors.id, column) : '', visitors));
          await visitors.expect(outcome, note ?? NOTES.ada);
        } finally {
          visitors.leave();
        }

      });

    }

    it('harms no other session, and is no mistake of the application, whatever is in the place of its values', async () => {

      const texts = fc.oneof(
        fc.json(), anyText().filter(text => text.isWellFormed() && !text.includes('\0')),
        fc.array(fc.constantFrom('\n', '\t', '"', '\\', '{', '}', '[', ']', ':', ',', '1', 'a', ' ', '\\u', 'note', 'userId')).map(parts => parts.join('')),
      );
      await fc.assert(fc.asyncProperty(texts, fc.boolean(), async (text, inOneValue) => {
        const visitors = await Visitors.of(rows.store);
        try {
          const before = await rows.read(visitors.id, engine.data);
          const isOneLine = !/[\n\t]/.test(text);
          await rows.write(visitors.id, engine.data, inOneValue && isOneLine ? withText(engine.format, before, 'note', text) : text);
          await visitors.expect('any');
        } finally {
          visitors.leave();
        }
      }), { numRuns: 60 });

    });

  });

}
