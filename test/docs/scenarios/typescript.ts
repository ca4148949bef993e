import assert from 'node:assert/strict';
import { begin } from '../support/steps.js';
import type { Scenarios } from './index.js';

export const typescript: Scenarios = {

  async typed({ app, site }) {

    const visitor = site.visitor();
    assert.equal((await visitor.get('/')).text, 'User unknown: 1 in the cart');
    await begin(app, visitor, { userId: 5, cart: [{ product: 'milk', quantity: 2 }] });
    assert.equal((await visitor.get('/')).text, 'User 5: 2 in the cart');

  },

};
