import assert from 'node:assert/strict';
import { begin, hold, peek } from '../support/steps.js';
import type { Scenarios } from './index.js';

export const parallelRequests: Scenarios = {

  async merge({ app, site }) {

    const visitor = site.visitor();
    await begin(app, visitor, { userId: 5 });
    const { arrived, release } = hold(app, '/theme');
    const theme = visitor.post('/theme');
    await arrived;
    assert.equal((await visitor.post('/language')).status, 204);
    release();
    assert.equal((await theme).status, 204);
    assert.deepEqual(await peek(app, visitor), { userId: 5, language: 'nl', theme: 'dark' });

  },

  async cart({ app, site }) {

    const visitor = site.visitor();
    await begin(app, visitor, { userId: 5 });
    const products = Array.from({ length: 20 }, (_, index) => `product-${index}`);
    await Promise.all(products.map(product => visitor.post(`/cart/${product}`)));
    assert.deepEqual((await peek(app, visitor)).cart.sort(), products.sort());

  },

  async reload({ app, site }) {

    const visitor = site.visitor();
    await begin(app, visitor, { userId: 5 });
    const { arrived, release } = hold(app, '/report');
    const poll = visitor.get('/report');
    await arrived;
    assert.equal((await visitor.post('/report-ready')).status, 204);
    release();
    assert.equal((await poll).text, 'ready');

  },

  async ended({ app, site }) {

    const visitor = site.visitor();
    await begin(app, visitor, { userId: 5 });
    const other = site.visitor();
    other.cookies.set('CB', visitor.cookies.get('CB') ?? '');
    const { arrived, release } = hold(app, '/draft');
    const draft = other.post('/draft');
    await arrived;
    assert.equal((await visitor.post('/sign-out')).status, 204);
    release();
    const { status, setCookies } = await draft;
    assert.equal(status, 409);
    assert.deepEqual(setCookies, []);
    assert.deepEqual(await peek(app, other), {}, 'the session does not come back');
    assert.equal((await other.post('/draft')).status, 409, 'nor does the retired id start another one');

  },

};
