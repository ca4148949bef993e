import assert from 'node:assert/strict';
import { begin, firstCatchesErrors, hold } from '../support/steps.js';
import type { Scenarios } from './index.js';

export const errors: Scenarios = {

  async handling({ app, site }) {

    firstCatchesErrors(app);
    app.use(ctx => {
      if (ctx.path === '/sign-out') ctx.session = null;
      if (ctx.path === '/draft') ctx.session.draft = 'Dear Sir or Madam';
      ctx.response.body = 'Done';
    });
    const visitor = site.visitor();
    await begin(app, visitor, { userId: 5 });
    const { arrived, release } = hold(app, '/draft');
    const draft = visitor.get('/draft');
    await arrived;
    await visitor.get('/sign-out');
    release();
    const { status, text } = await draft;
    assert.equal(status, 409);
    assert.equal(text, 'You have been signed out in another window. Please reload the page.');

  },

};
