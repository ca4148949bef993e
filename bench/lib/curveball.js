import { Application } from '@curveball/core';

/** The pages that each peer serves, on Curveball. Without sessions it sends the same texts. */
export function curveball(middleware, hasSessions = true) {

  const app = new Application();
  if (middleware) app.use(middleware);
  app.use(ctx => {
    ctx.status = 200;
    ctx.response.type = 'text/plain';
    switch (ctx.path) {
      case '/sign-in':
        if (hasSessions) ctx.session = { userId: 5, name: 'Ada' };
        ctx.response.body = 'welcome';
        break;
      case '/read':
        ctx.response.body = String(hasSessions ? ctx.session.userId : 5);
        break;
      case '/change':
        if (hasSessions) ctx.session.count = (ctx.session.count ?? 0) + 1;
        ctx.response.body = 'changed';
        break;
      default:
        ctx.response.body = 'hello';
    }
  });
  return app.callback();

}
