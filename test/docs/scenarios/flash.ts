import assert from 'node:assert/strict';
import type { Scenarios } from './index.js';

export const flash: Scenarios = {

  async saved({ site }) {

    const visitor = site.visitor();
    await visitor.post('/profile');
    const other = site.visitor();
    assert.equal((await other.get('/profile')).text, '');
    assert.equal((await visitor.get('/profile')).text, 'notice: Saved');
    assert.equal((await visitor.get('/profile')).text, '');

  },

  async typed({ site }) {

    assert.equal((await site.visitor().get('/')).text, 'email is missing');

  },

};
