import assert from 'node:assert/strict';
import { begin, peek } from '../support/steps.js';
import type { Scenarios } from './index.js';

export const values: Scenarios = {

  async refused({ app, site }) {

    let thrown: unknown;
    app.on('error', error => {
      thrown = error;
    });
    const visitor = site.visitor();
    await begin(app, visitor, { userId: 5 });
    assert.equal((await visitor.get('/')).status, 500);
    assert.equal((thrown as { code: string }).code, 'ERR_SESSION_VALUE');
    assert.equal((thrown as { path: string }).path, 'session.cart.items[0].price');
    assert.deepEqual(await peek(app, visitor), { userId: 5 }, 'what was stored stays');

  },

  async dates({ app, site }) {

    const visitor = site.visitor();
    assert.equal((await visitor.get('/')).text, 'Welcome');
    assert.match((await peek(app, visitor)).signedInAt, /^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
    assert.equal((await visitor.get('/')).text, `Signed in since ${new Date().getUTCFullYear()}`);

  },

};
