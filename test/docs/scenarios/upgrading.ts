import assert from 'node:assert/strict';
import { peek } from '../support/steps.js';
import type { Scenarios } from './index.js';

export const upgrading: Scenarios = {

  async token({ app, site }) {

    const visitor = site.visitor();
    const { token } = JSON.parse((await visitor.get('/')).text);
    assert.match(token, /^[\w-]{43}$/);
    assert.deepEqual(await peek(app, visitor), {});
    assert.match([...visitor.cookies.keys()].join(), /^CB-form-\w$/);
    assert.equal(JSON.parse((await visitor.get('/')).text).token, token);

  },

  async secure({ app, site }) {

    app.use(ctx => {
      ctx.session.seen = true;
    });
    const { setCookies } = await site.visitor().get('/');
    assert.match(setCookies.join(), /^CB=\w+; Path=\/; HttpOnly; Secure; SameSite=Lax$/);

  },

};
