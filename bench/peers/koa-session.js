import Koa from 'koa';
import { createSession } from 'koa-session';

export const title = 'koa-session';
export const packages = ['koa-session', 'koa'];
export const keepsSessionsIn = 'cookie';

export function listener(hasSessions) {

  const app = new Koa({ keys: ['x'.repeat(32)] });
  if (hasSessions) app.use(createSession(app));
  app.use(ctx => {
    switch (ctx.path) {
      case '/sign-in':
        if (hasSessions) Object.assign(ctx.session, { userId: 5, name: 'Ada' });
        ctx.body = 'welcome';
        break;
      case '/read':
        ctx.body = String(hasSessions ? ctx.session.userId : 5);
        break;
      case '/change':
        if (hasSessions) ctx.session.count = (ctx.session.count ?? 0) + 1;
        ctx.body = 'changed';
        break;
      default:
        ctx.body = 'hello';
    }
  });
  return app.callback();

}
