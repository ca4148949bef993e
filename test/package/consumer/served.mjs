// An application served by Bun or Deno, with the store whose address is the argument.
import { Application } from '@curveball/kernel';
import session from '@curveball/session';
import { openStore } from '@curveball/session/open';

const { Bun, Deno } = globalThis;
const store = await openStore(process.argv[2]);
const app = new Application();
app.use(session({ store, user: 'userId' }));
app.use(async ctx => {
  if (ctx.path === '/count') await ctx.updateSession(values => { values.visits = (values.visits ?? 0) + 1; });
  if (ctx.path === '/sign-in') ctx.session.userId = 'ada';
  if (ctx.path === '/sign-out') ctx.session = null;
  ctx.response.body = { ...ctx.session };
});

const fetch = request => app.fetch(request);
const server = Bun
  ? Bun.serve({ port: 0, hostname: '127.0.0.1', fetch })
  : Deno.serve({ port: 0, hostname: '127.0.0.1', onListen: () => {} }, fetch);
console.log(`listening on ${Bun ? server.port : server.addr.port}`);
