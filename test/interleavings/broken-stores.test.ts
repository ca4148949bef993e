import assert from 'node:assert/strict';
import { test } from '../support/exploring.js';
import { ACTIONS, change } from '../support/actions.js';
import { BROKEN_STORES } from '../support/broken-stores.js';
import { selections } from '../support/explore.js';
import { exploreScenario, FIRST_ID, worldOf } from '../support/worlds.js';

for (const [sentence, brokenStore] of Object.entries(BROKEN_STORES)) {

  test(`a store whose ${sentence} is caught`, async () => {

    const ids: { [request: string]: string[] } = sentence.startsWith('create') ? { a: [FIRST_ID] } : {};
    const pairs = sentence.startsWith('create')
      // The first visitor has no cookie, and is given an id that is in use.
      ? ACTIONS.map(action => [{ action: change, cookie: null }, { action }])
      : selections(ACTIONS, 2).map(actions => actions.map(action => ({ action })));

    const found: string[] = [];
    for (const plans of pairs) {
      const { violation } = await exploreScenario(plans, () => worldOf(brokenStore(), { ids }));
      if (violation !== null) found.push(violation);
    }
    assert.notDeepEqual(found, []);

  });

}
