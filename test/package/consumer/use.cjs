// What an application in CommonJS types, run against the installed package.
const assert = require('node:assert/strict');
const { Application } = require('@curveball/kernel');
const session = require('@curveball/session');
const { MemoryStore } = session;

const app = new Application();
app.use(session({ store: new MemoryStore() }));
app.use(ctx => {
  ctx.session.visits = 1;
  ctx.response.body = 'works';
});

async function use() {
  const response = await app.subRequest('GET', '/');
  assert.match(response.headers.get('Set-Cookie'), /^CB=/);
  const imported = await import('@curveball/session');
  assert.equal(imported.default, session);
  assert.equal(imported.session, session);
  for (const [name, value] of Object.entries(imported)) assert.equal(session[name], value, name);
  console.log('require() works');
}

use();
