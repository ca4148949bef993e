import assert from 'node:assert/strict';
import type { Scenarios } from './index.js';

export const metrics: Scenarios = {

  async instrumented({ app, site, exported }) {

    // Without an SDK, all of it does nothing, and the application works.
    app.use(ctx => {
      ctx.session.visits = (ctx.session.visits ?? 0) + 1;
      ctx.response.body = `Visit ${ctx.session.visits}`;
    });
    const visitor = site.visitor();
    await visitor.get('/');
    assert.equal((await visitor.get('/')).text, 'Visit 2');
    assert.equal(exported.store.store.size, 1);

  },

};
