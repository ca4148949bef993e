import assert from 'node:assert/strict';
import { pageOf } from '../../support/site.js';
import type { Scenarios } from './index.js';
import { readme } from './readme.js';

export const frameworkPage: Scenarios = {

  ...Object.fromEntries(['using', 'deleting', 'regenerating'].map(name => [name, readme[name]])),

  async adding({ app, site }) {

    app.use(pageOf({ '/': ctx => { ctx.session.seen = true; } }));
    assert.match((await site.visitor().get('/')).setCookies.join(), /^CB=/);

  },

  async token({ site }) {

    const visitor = site.visitor();
    const [, token = ''] = /value="([^"]+)"/.exec((await visitor.get('/form')).text) ?? [];
    assert.equal((await visitor.post('/form', { 'csrf-token': token })).text, 'sent');
    assert.equal((await visitor.post('/form', { 'csrf-token': token.slice(1) })).status, 403);

  },

};
