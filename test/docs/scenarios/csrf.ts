import assert from 'node:assert/strict';
import { peek } from '../support/steps.js';
import type { Scenarios } from './index.js';

export const csrf: Scenarios = {

  async form({ app, site }) {

    const visitor = site.visitor();
    const token = /value="([\w-]+)"/.exec((await visitor.get('/address')).text)?.[1] ?? '';
    assert.equal((await visitor.post('/address', { street: 'Main St' })).status, 403);
    assert.equal((await visitor.post('/address', { street: 'Main St', 'csrf-token': 'x' }, { 'X-CSRF-Token': token })).status, 403,
      'a right header does not make up for a wrong field');
    assert.equal((await visitor.post('/address', { street: 'Main St', 'csrf-token': token })).text, 'Saved');
    assert.deepEqual(await peek(app, visitor), { 'csrf-token': true, street: 'Main St' });

  },

  async header({ app, site }) {

    const visitor = site.visitor();
    const { token } = JSON.parse((await visitor.get('/token')).text);
    assert.equal((await visitor.post('/like')).status, 403);
    assert.equal((await visitor.post('/like', {}, { 'X-CSRF-Token': token })).text, 'Liked');
    assert.equal((await peek(app, visitor)).liked, true);

  },

};
