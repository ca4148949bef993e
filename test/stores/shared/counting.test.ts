import { deepStrictEqual, ok, strictEqual } from 'node:assert/strict';
import { describe, it } from 'node:test';
import { randomLetters } from '../../../src/id/session-id.js';
import { COUNT_STEP, counted } from '../../../src/stores/shared/counting.js';

interface Row {
  readonly handle: string;
  readonly ofUser: boolean;
}

/** A table with so many sessions, of which a third are anonymous. */
function table(count: number): Row[] {

  const rows = Array.from({ length: count }, (_, index) => ({ handle: randomLetters(16), ofUser: index % 3 !== 0 }));
  return rows.sort((one, other) => one.handle < other.handle ? -1 : 1);

}

/** How many handles are not after this one. */
function placeIn(rows: readonly Row[], after: string): number {

  let [low, high] = [0, rows.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (rows[middle].handle > after) high = middle;
    else low = middle + 1;
  }
  return low;

}

/** Counts as an engine does. @returns the answer, and how many rows were looked at */
async function countOf(rows: readonly Row[], isExact: boolean) {

  let looked = 0;
  const answer = await counted(after => {
    const first = placeIn(rows, after);
    const found = rows.slice(first, first + COUNT_STEP);
    looked += found.length;
    const ofUsers = found.filter(({ ofUser }) => ofUser).length;
    return { rows: found.length, last: found.at(-1)?.handle ?? '', live: found.length, ofUsers, expired: 0 };
  }, isExact);
  return { answer, looked };

}

/** A letter more or less is a part of 62. */
const near = (number: number, expected: number, all = expected) => ok(Math.abs(number - expected) < all / 40, `${number} of ${expected}`);

describe('A count of a table', () => {

  it('is exact if there are few rows, or if it is asked for', async () => {

    for (const [size, isExact] of [[0, false], [1, false], [499, false], [500, false], [2000, false], [20_000, false], [40_000, true]] as const) {
      const rows = table(size);
      const { answer, looked } = await countOf(rows, isExact);
      deepStrictEqual(answer, { live: size, ofUsers: rows.filter(({ ofUser }) => ofUser).length, expired: 0, isExact: true });
      strictEqual(looked, size);
    }

  });

  it('is an estimate otherwise, from some rows of each letter', async () => {

    const { answer, looked } = await countOf(table(200_000), false);
    strictEqual(answer.isExact, false);
    near(answer.live, 200_000);
    near(answer.ofUsers, 133_333);
    ok(looked <= 62 * COUNT_STEP, `${looked}`);

  });

  it('is near while sessions are copied in the order of their handles', async () => {

    const all = table(100_000);
    for (const copied of [0.1, 0.3, 0.5, 0.77, 0.95]) {
      const cut = Math.floor(all.length * copied);
      near((await countOf(all.slice(cut), false)).answer.live, all.length - cut, all.length);
      near((await countOf(all.slice(0, cut), false)).answer.live, cut, all.length);
    }

  });

  it('ends with handles that are no letters, of another program', async () => {

    const rows = ['', '-', '_a', 'a b', 'ä', '~'].map(handle => ({ handle, ofUser: false })).filter(({ handle }) => handle !== '');
    deepStrictEqual((await countOf(rows, false)).answer, { live: 5, ofUsers: 0, expired: 0, isExact: true });
    const many = Array.from({ length: 5000 }, (_, index) => ({ handle: `~${String(index).padStart(5, '0')}`, ofUser: false }));
    strictEqual((await countOf(many, true)).answer.live, 5000);
    ok(Number.isInteger((await countOf(many, false)).answer.live));

  });

});
