// An application that listens as in Node.js.
import { Readable } from 'node:stream';
import { Application } from '@curveball/core';
import session from '@curveball/session';

const app = new Application();
app.use(session({ store: 'memory', user: 'userId' }));
app.use(async ctx => {
  if (ctx.path === '/sign-in') {
    ctx.session.userId = ctx.query.as;
    ctx.flash('notice', 'Welcome');
  }
  else ctx.response.body = ctx.path === '/endless' ? Readable.from(endless()) : { messages: await ctx.flashes(), ...ctx.session };
});

async function* endless() {
  yield 'begun';
  await new Promise(() => setInterval(() => {}, 60_000));
}

const server = app.listen(0, '127.0.0.1');
server.once('listening', () => console.log(`listening on ${server.address().port}`));
