import { deepStrictEqual, ok, strictEqual } from 'node:assert/strict';
import { describe, it, mock } from 'node:test';
import { RetiredIds } from '../../../src/stores/shared/retired-ids.js';

describe('RetiredIds', () => {

  it('forgets ids in time, and does not grow', () => {

    let now = 0;
    const retired = new RetiredIds(() => now);
    const setting = mock.method(Map.prototype, 'set');
    retired.add('first', {});
    const marks = setting.mock.calls[0].this as Map<string, unknown>;
    setting.mock.restore();
    for (; now < 1000; now++) retired.add(`id ${now}`, now % 2 ? { next: 'next' } : { reason: 'limit' });
    ok(marks.has('id 999'));
    ok(marks.size <= 31, `${marks.size} marks are held`);

    strictEqual(retired.get('id 969'), null);
    deepStrictEqual(retired.get('id 971'), { status: 'retired', moved: true });
    deepStrictEqual(retired.get('id 972'), { status: 'retired', moved: false, reason: 'limit' });
    retired.delete('id 972');
    strictEqual(retired.get('id 972'), null);

  });

  it('forgets ids that were retired before the clock was set back, except for a small correction', () => {

    let now = 100_000;
    const retired = new RetiredIds(() => now);
    retired.add('first', {});
    now -= 3600;
    strictEqual(retired.get('first'), null);
    retired.add('second', { next: 'third' });
    now -= 2;
    deepStrictEqual(retired.get('second'), { status: 'retired', moved: true });
    strictEqual(retired.whereIs('second'), 'third');

  });

  it('follows moves to the end, and ends a loop of them', () => {

    const retired = new RetiredIds(() => 0);
    retired.add('A', { next: 'B' });
    retired.add('B', { next: 'C' });
    strictEqual(retired.whereIs('A'), 'C');
    strictEqual(retired.whereIs('X'), 'X');
    retired.add('C', { next: 'A' });
    ok(['A', 'B', 'C'].includes(retired.whereIs('A')));
    retired.add('D', { next: 'D' });
    strictEqual(retired.whereIs('D'), 'D');

  });

});
