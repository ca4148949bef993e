import assert from 'node:assert/strict';
import { begin, peek } from '../support/steps.js';
import type { Scenarios } from './index.js';

export const schema: Scenarios = {

  async checked({ app, site }) {

    const visitor = site.visitor();
    await begin(app, visitor, { userId: 5 });
    assert.equal((await visitor.get('/')).text, 'User 5 likes it light, and has 0 in the cart');
    await begin(app, visitor, { userId: 'five' });
    assert.equal((await visitor.get('/')).text, 'User undefined likes it undefined, and has undefined in the cart');

  },

  async migrated({ app, site, exported }) {

    const visitor = site.visitor();
    const id = exported.store.newSessionId();
    await exported.store.set(id, { name: 'Ada Lovelace' }, Date.now() / 1000 + 60);
    visitor.cookies.set('CB', id);
    assert.equal((await visitor.get('/')).text, 'Hello Ada');
    assert.deepEqual(await exported.store.get(id), { name: 'Ada Lovelace' });
    assert.equal((await visitor.get('/visit')).text, 'Hello Ada');
    assert.deepEqual({ ...await exported.store.get(id) }, { name: { first: 'Ada', last: 'Lovelace' }, visits: 1, '@version': 1 });
    assert.deepEqual(await peek(app, visitor), { name: { first: 'Ada', last: 'Lovelace' }, visits: 1 });

  },

};
