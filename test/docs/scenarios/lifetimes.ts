import assert from 'node:assert/strict';
import { mock } from 'node:test';
import { begin, peek } from '../support/steps.js';
import type { Running, Scenarios } from './index.js';

/** Moves the clock of the application and of its memory store. */
async function withClock(task: (after: (seconds: number) => void) => Promise<void>): Promise<void> {

  const start = Date.now();
  mock.timers.enable({ apis: ['Date'], now: start });
  try {
    await task(seconds => mock.timers.setTime(start + seconds * 1000));
  } finally {
    mock.timers.reset();
  }

}

async function beginAs(values: object, { app, site }: Running) {

  const visitor = site.visitor();
  await begin(app, visitor, values as Record<string, unknown>);
  return visitor;

}

export const lifetimes: Scenarios = {

  both: running => withClock(async after => {

    const { app } = running;
    const user = await beginAs({ userId: 5 }, running);
    const guest = await beginAs({ cart: 1 }, running);
    after(700);
    assert.deepEqual(await peek(app, guest), {});
    for (let seconds = 700; seconds < 86_400; seconds += 3000) {
      after(seconds);
      assert.deepEqual(await peek(app, user), { userId: 5 });
    }
    after(86_401);
    assert.deepEqual(await peek(app, user), {});

  }),

  async remember({ site }) {

    const remembered = await site.visitor().post('/sign-in?remember=yes');
    assert.match(remembered.setCookies.join(), /; Max-Age=25920\d\d$/);
    const other = await site.visitor().post('/sign-in');
    assert.equal(other.setCookies.length, 1);
    assert.doesNotMatch(other.setCookies.join(), /Max-Age|Expires/);

  },

  'time-left': running => withClock(async after => {

    const { app } = running;
    const user = await beginAs({ userId: 5 }, running);
    const start = Date.now() / 1000;
    for (const seconds of [600, 1200, 1800, 3000]) {
      after(seconds);
      const { expiresAt, absoluteExpiresAt } = JSON.parse((await user.get('/time-left')).text);
      assert.ok(Math.abs(expiresAt - start - 3600) < 3, 'the question does not prolong it');
      assert.ok(Math.abs(absoluteExpiresAt - start - 86_400) < 1);
    }
    after(3700);
    assert.deepEqual(JSON.parse((await user.get('/time-left')).text), { expiresAt: null, absoluteExpiresAt: null });
    assert.deepEqual(await peek(app, user), {});

  }),

  poll: running => withClock(async after => {

    const { app } = running;
    const user = await beginAs({ news: ['one'] }, running);
    for (const seconds of [300, 600, 880]) {
      after(seconds);
      assert.deepEqual(JSON.parse((await user.get('/news')).text), { news: ['one'] });
    }
    after(905);
    assert.deepEqual(await peek(app, user), {});

  }),

  renewal: running => withClock(async after => {

    const { app, site } = running;
    const user = await beginAs({ userId: 5 }, running);
    const twin = () => {
      const visitor = site.visitor();
      visitor.cookies.set('CB', user.cookies.get('CB') ?? '');
      return visitor;
    };
    const [soon, late] = [twin(), twin()];
    after(901);
    await peek(app, user);
    assert.notEqual(user.cookies.get('CB'), soon.cookies.get('CB'));
    after(915);
    assert.deepEqual(await peek(app, soon), { userId: 5 });
    assert.equal(soon.cookies.get('CB'), user.cookies.get('CB'));
    after(925);
    assert.deepEqual(await peek(app, late), {});

  }),

};
