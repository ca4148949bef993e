import { deepStrictEqual, ok, strictEqual } from 'node:assert/strict';
import { describe, it } from 'node:test';
import { often } from '../support/often.js';
import { type Answer, AppProcess } from '../support/processes/app-process.js';
import { SERVED_STORES } from '../support/processes/served-stores.js';

/*
 * Pages of two processes take messages, and one of the processes is killed: some of
 * its pages have their messages by then and are not sent yet, and some are taking them.
 */

const MESSAGES = often(200);

for (const [name, address] of Object.entries(SERVED_STORES)) {

  describe(`Messages on ${name}`, () => {

    it('are shown once or lost if a process is killed before its page arrives, and never shown twice', async t => {

      const settings = { store: address(), storeTimeout: 20 };
      const survivor = await AppProcess.start(settings);
      t.after(() => survivor.kill());
      const dying = await AppProcess.start(settings);
      t.after(() => dying.kill());
      const page = (app: AppProcess, cookies: readonly string[], query = '') => app.send(`/show?${query}`, undefined, 'GET', cookies);

      const left = await Promise.all(Array.from({ length: MESSAGES }, async (_, index) => (await survivor.send(`/leave?key=${index}`)).cookies));
      const isHeld = (index: number) => index % 4 === 0;
      const shown: Array<Promise<Answer>> = [];
      const ofDying: Array<Promise<Answer>> = [];
      for (const [index, cookies] of left.entries()) if (isHeld(index)) ofDying[index] = page(dying, cookies, `gate=${index}`);
      await Promise.all(left.map((_, index) => isHeld(index) && dying.send(`/arrived?key=${index}`)));

      let answered = 0;
      const killAfter = Math.floor(Math.random() * MESSAGES / 2);
      const killed = new Promise<void>(resolve => {
        for (const [index, cookies] of left.entries()) {
          if (isHeld(index)) continue;
          ofDying[index] = page(dying, cookies);
          ofDying[index].then(() => { if (answered++ === killAfter) resolve(dying.kill()); });
          if (index % 2 === 0) shown.push(page(survivor, cookies));
        }
      });
      await killed;
      const broken = (await Promise.all(ofDying)).map(({ status }) => status === 0);
      shown.push(...ofDying, ...left.map(cookies => page(survivor, cookies)));

      const times = left.map(() => 0);
      for (const { status, body } of await Promise.all(shown)) if (status !== 0) for (const message of JSON.parse(body)) times[message]++;
      const lost = times.flatMap((each, index) => each === 0 ? [index] : []);
      deepStrictEqual(times.filter(each => each > 1), []);
      deepStrictEqual(lost.filter(index => !broken[index]), [], 'lost although its page arrived');
      strictEqual(lost.filter(isHeld).length, left.filter((_, index) => isHeld(index)).length, 'taken by the pages of the killed process');
      ok(broken.some((each, index) => each && !isHeld(index)), 'killed in the middle');
      t.diagnostic(`${name}: ${MESSAGES - lost.length} of ${MESSAGES} were shown, ${lost.length} lost, of which ${lost.filter(isHeld).length} had been taken for a page`);

    });

  });

}
