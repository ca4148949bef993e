// What a new user types, run against the installed package.
import assert from 'node:assert/strict';
import { Application } from '@curveball/kernel';
import session, { CsrfError, MemoryStore } from '@curveball/session';

const app = new Application();
app.use(session({ store: 'memory' }));
app.use(ctx => {
  if (ctx.path === '/sign-in') ctx.session = { userId: 5 };
  ctx.response.body = String(ctx.session.userId);
});

const signedIn = await app.subRequest('GET', '/sign-in');
const cookie = signedIn.headers.get('Set-Cookie');
assert.match(cookie, /^CB=[0-9A-Za-z]{59}; Path=\/; HttpOnly; SameSite=Lax$/);
const later = await app.subRequest('GET', '/', { Cookie: cookie.split(';')[0] });
assert.equal(later.body, '5');
assert.equal(new CsrfError('no').httpStatus, 403);
assert.equal(new MemoryStore().store.size, 0);
console.log('the installed package works');
