import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Application } from '@curveball/kernel';
import session from '../../src/index.js';
import { Browser } from '../support/browser.js';
import { EVERY_STORE } from '../support/every-store.js';
import { often } from '../support/often.js';
import { pageOf } from '../support/site.js';

/*
 * Pages that ask at once, with requests that leave messages, sign in and sign out,
 * on two middlewares over one store.
 */

const TRIALS = often(100);

const AT_ONCE = 10;

for (const [name, open] of Object.entries(EVERY_STORE)) {

  describe(`Messages on ${name}`, () => {

    it('are shown exactly once, whatever happens at the same time', async t => {

      const { store, close } = await open('flash_races');
      t.after(close);
      const application = () => {
        const app = new Application();
        app.use(session({ store, user: 'userId' }), pageOf({
          '/leave': ctx => ctx.flash('notice', ctx.query.text),
          '/show': async ctx => (await ctx.flashes()).map(({ message }) => message),
          '/sign-in': ctx => {
            ctx.session = { userId: 'ada' };
          },
          '/sign-out': ctx => {
            ctx.session = null;
          },
          '/read': ctx => ({ ...ctx.session }),
        }));
        return app;
      };
      const apps = [application(), application()];

      const trial = async (number: number) => {
        const browser = new Browser(apps[0]);
        await Promise.all([1, 2, 3].map(each => browser.get(`/leave?text=${number}-${each}`)));
        await browser.get('/sign-in');
        // The cookies of this moment, in two processes.
        const twins = apps.map(app => {
          const twin = new Browser(app);
          for (const [key, value] of browser.cookies) twin.cookies.set(key, value);
          return twin;
        });
        const asked = await Promise.all([
          ...[0, 1, 0, 1].map(index => twins[index].get('/show')), twins[0].get('/sign-out'), twins[1].get('/read'),
        ]);
        assert.deepEqual(asked.map(({ status }) => status), asked.map(() => 200));
        const messages = asked.slice(0, 4).flatMap(({ body }) => body as unknown as string[]);
        assert.deepEqual(messages.sort(), [1, 2, 3].map(each => `${number}-${each}`));
      };

      for (let number = 0; number < TRIALS; number += AT_ONCE) {
        await Promise.all(Array.from({ length: AT_ONCE }, (_, index) => trial(number + index)));
      }

    });

  });

}
