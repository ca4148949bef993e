/*
 * What reading a session's values into texts costs, beside `JSON.stringify()` of
 * the same values, in time of the processor.
 *
 *     node bench/parts/values.js
 */
import assert from 'node:assert/strict';
import { toTexts } from '../../dist/values/session-values.js';
import { figure, report, rounded } from '../lib/report.js';
import { cost, inTurns, median, ratios } from '../lib/rounds.js';

const ROUNDS = 9;

const list = (length, make) => Array.from({ length }, (_, index) => make(index));
const nested = (value, levels, wrap) => levels === 0 ? value : nested(wrap(value), levels - 1, wrap);

const VALUES = {
  '200,000 lists, 497 levels deep': nested(list(200_000, () => []), 495, value => [value]),
  '100,000 objects, 497 levels deep': nested(list(100_000, () => ({})), 495, value => ({ a: value })),
  'lists of 200 on each of 490 levels': nested([], 490, value => [list(200, () => [1]), value]),
  '200,000 numbers': list(200_000, index => index),
  '100,000 short texts': list(100_000, index => `text ${index}`),
  'an object of 50,000 keys': Object.fromEntries(list(50_000, index => [`key${index}`, index])),
  '10,000 records': list(10_000, id => ({ id, name: `name ${id}`, tags: ['a', 'b'], in: { stock: true, at: null } })),
  'a text of 1 MB': 'abcd"efg'.repeat(125_000),
};

const figures = [];
for (const [name, value] of Object.entries(VALUES)) {
  assert.equal(toTexts({ value }).get('value'), JSON.stringify(value));
  const { ours, json } = await inTurns({
    json: () => cost(1, () => { JSON.stringify(value); }),
    // A store that keeps a text looks at all of it: only then is it put together.
    ours: () => cost(1, () => { toTexts({ value }).get('value').indexOf('\0'); }),
  }, { rounds: ROUNDS });
  const ratio = rounded(median(ratios(ours.cpu, json.cpu)));
  figures.push(figure(name, 'JSON.stringify', 'µs', json.cpu), figure(name, 'ours', 'µs', ours.cpu, { ratio, to: 'JSON.stringify' }));
}
report('Reading a session\'s values into texts, in time of the processor', figures);
