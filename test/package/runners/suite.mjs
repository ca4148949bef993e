import assert from 'node:assert/strict';
import { Application } from '@curveball/kernel';
import session, { MemoryStore, UserSessions } from '@curveball/session';
import { signIn, testClock, visit } from '@curveball/session/testing';

/**
 * Tests of an application, for any runner.
 *
 * @param fakeTimers the runner's own, switched on and off, if it has any
 */
export const tests = fakeTimers => ({

  async 'signs in, and gets parallel requests answered'() {
    const { app } = application();
    const visitor = await signIn(app, { userId: 'ada' });
    const answers = await Promise.all(['/', '/count', '/count'].map(path => visitor.get(path)));
    assert.deepEqual(answers.map(({ status }) => status), [200, 200, 200]);
    const posted = await visitor.post('/', { name: 'Ada' });
    assert.deepEqual(await posted.json(), { userId: 'ada', count: 2, posted: '{"name":"Ada"}' });
    assert.equal((await visit(app).get('/')).status, 403);
  },

  async 'moves idle and absolute time'() {
    const clock = testClock();
    try {
      const { app } = application();
      const visitor = await signIn(app, { userId: 'ada' });
      const idle = visitor.copy();
      clock.advance(3000);
      assert.equal((await visitor.get('/')).status, 200);
      clock.advance(3000);
      assert.equal((await idle.get('/')).status, 200);
      clock.advance(3000);
      assert.equal((await visitor.get('/')).status, 403);
      const date = new Date();
      assert.ok(date instanceof Date && date.getTime() >= Date.now() - 1000);
    } finally {
      clock.restore();
    }
  },

  async 'moves time on top of the fake timers of the runner'() {
    if (!fakeTimers) return;
    fakeTimers.on();
    const start = Date.now();
    const clock = testClock();
    try {
      const { app } = application();
      const visitor = await signIn(app, { userId: 'ada' });
      clock.advance(3599);
      assert.equal((await visitor.get('/')).status, 200);
      clock.advance(3601);
      assert.equal((await visitor.get('/')).status, 403);
      assert.ok(Date.now() - start >= 7_200_000);
    } finally {
      clock.restore();
      fakeTimers.off();
    }
  },

  async 'throws errors that the runner knows'() {
    await assert.rejects(signIn(new Application(), { userId: 'ada' }), TypeError);
    const { app, store } = application();
    const visitor = await signIn(app, { userId: 'ada' });
    await new UserSessions(store).endAll('ada');
    assert.equal((await visitor.get('/')).status, 403);
  },

});

function application() {
  const store = new MemoryStore();
  const app = new Application();
  app.use(session({ store, user: 'userId', absoluteExpiry: 7200 }), async ctx => {
    if (!ctx.session.userId) {
      ctx.response.status = 403;
      return;
    }
    if (ctx.path === '/count') await ctx.updateSession(latest => { latest.count = (latest.count ?? 0) + 1; });
    if (ctx.method === 'POST') ctx.session.posted = await ctx.request.rawBody('utf-8');
    ctx.response.status = 200;
    ctx.response.body = { ...ctx.session };
  });
  return { app, store };
}
