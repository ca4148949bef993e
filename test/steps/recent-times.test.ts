import { strictEqual } from 'node:assert/strict';
import { describe, it } from 'node:test';
import { RecentTimes } from '../../src/steps/recent-times.js';
import { expectNothingKept } from '../support/carried.js';

describe('Uses that the store does not know of yet', () => {

  it('make a session less idle than the store says, and never more', () => {

    const uses = new RecentTimes();
    strictEqual(uses.idle('a', 50, 1000), 50);
    uses.note('a', 980);
    strictEqual(uses.idle('a', 50, 1000), 20);
    strictEqual(uses.idle('a', 5, 1000), 5);
    strictEqual(uses.idle('a', 50, 900), 0, 'where the clock was set back');
    strictEqual(uses.idle('b', 50, 1000), 50);

  });

  it('are remembered for the sessions that were used last', () => {

    const uses = new RecentTimes(2);
    for (const handle of ['a', 'b', 'a', 'c']) uses.note(handle, 100);
    strictEqual(uses.idle('b', 50, 100), 50);
    for (const handle of ['a', 'c']) strictEqual(uses.idle(handle, 50, 100), 0);

  });

  it('keep nothing of a request with the handle that it carried', async () => {

    const uses = new RecentTimes();
    const handles = Array.from({ length: 100 }, (_, index) => `handle-of-session-${index}`);
    await expectNothingKept(handles, handle => uses.note(handle, 100));
    strictEqual(uses.idle(handles[0] as string, 50, 100), 0);

  });

});
