import assert from 'node:assert/strict';
import { Application } from '@curveball/core';
import session from '../../../src/index.js';
import { migrating } from '../../../src/migration/migrating-store.js';
import { openStore } from '../../../src/open/open-store.js';
import { MapStore } from '../../support/map-store.js';
import { pageOf } from '../../support/site.js';
import { Site } from '../support/browser.js';
import type { Scenarios } from './index.js';

export const movingStores: Scenarios = {

  async 'new-ids'({ exported }) {

    const from = new MapStore();
    await from.set('old/id=', { cart: 1 }, Date.now() / 1000 + 600);
    const to = await openStore('sqlite::memory:');
    const app = new Application();
    app.use(session({ store: migrating({ from, to }), grace: 30 }), exported.withNewIds, pageOf({ '/': ctx => ctx.session }));
    const site = await Site.open(app);
    try {
      const visitor = site.visitor();
      visitor.cookies.set('CB', encodeURIComponent('old/id='));
      const read = async (accepted = 'text/html,*/*') => JSON.parse((await visitor.request('GET', '/', { Accept: accepted })).text);
      assert.deepEqual(await read('*/*'), { cart: 1 });
      assert.equal(visitor.cookies.get('CB'), encodeURIComponent('old/id='));
      const old = visitor.cookies.get('CB') as string;
      assert.deepEqual(await read(), { cart: 1 });
      const id = visitor.cookies.get('CB') as string;
      assert.match(id, /^\w{59}$/);
      assert.deepEqual(await read(), { cart: 1 });
      assert.equal(visitor.cookies.get('CB'), id);
      assert.equal((await to.load(id))?.status, 'live');
      // A script that was sent before the page's answer came.
      visitor.cookies.set('CB', old);
      assert.deepEqual(await read('*/*'), { cart: 1 });
    } finally {
      site.close();
    }

  },

};
