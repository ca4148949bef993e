import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { often } from '../support/often.js';
import { AppProcess } from '../support/processes/app-process.js';
import { limitRaces, type Race, RACES, USER_RACES } from '../support/processes/races.js';
import { SERVED_STORES } from '../support/processes/served-stores.js';

/** How often each race runs on each store, between two processes. */
const TRIALS = often(200);

/** How often around an encrypted store: the store inside decides the races, each of which it has run in full. */
const ENCRYPTED_TRIALS = often(40);

/** How many run at a time: they use different sessions. */
const AT_ONCE = 8;

/** Runs races between two processes. */
function hold(races: { readonly [name: string]: Race }, address: () => string, more: { encrypted?: boolean } = {}): void {

  const most = more.encrypted ? ENCRYPTED_TRIALS : TRIALS;
  const apps: AppProcess[] = [];

  before(async () => {
    // Every read refreshes: the most that can happen at once.
    const settings = { store: address(), touchInterval: 0, ...more };
    const start = async () => apps.push(await AppProcess.start(settings));
    // Waits for both even if one fails: every process that has started must be ended.
    const failed = (await Promise.allSettled([start(), start()])).find(({ status }) => status === 'rejected');
    if (failed) throw (failed as PromiseRejectedResult).reason;
  });
  after(() => Promise.all(apps.map(app => app.kill())));

  for (const [invariant, race] of Object.entries(races)) {

    it(`hold ${invariant}`, async () => {

      const [one, other] = apps as [AppProcess, AppProcess];
      const broken: string[] = [];
      const chance = (below: number) => Math.floor(Math.random() * below);
      let trials = 0;
      const work = async () => {
        while (trials++ < most) {
          const problem = await (trials % 2 ? race(one, other, chance) : race(other, one, chance));
          if (problem) broken.push(problem);
        }
      };
      await Promise.all(Array.from({ length: AT_ONCE }, work));
      assert.deepEqual(broken, []);

    });

  }

}

for (const [name, address] of Object.entries(SERVED_STORES)) {

  describe(`Two processes on ${name}`, () => {

    hold({ ...RACES, ...USER_RACES, ...limitRaces(1), ...limitRaces(2) }, address);

  });

}

// One store of each form.
for (const name of ['SQLite', 'Redis', 'PostgreSQL'] as const) {

  describe(`Two processes on an encrypted ${name}`, () => {

    hold({ ...RACES, ...USER_RACES }, SERVED_STORES[name], { encrypted: true });

  });

}
