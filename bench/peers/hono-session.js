import { getRequestListener } from '@hono/node-server';
import { useSession } from '@hono/session';
import { Hono } from 'hono';

export const title = '@hono/session';
export const packages = ['@hono/session', 'hono', '@hono/node-server'];
export const keepsSessionsIn = 'cookie';

export function listener(hasSessions) {

  const app = new Hono();
  if (hasSessions) app.use(useSession({ secret: 'x'.repeat(32), duration: { absolute: 86_400 } }));
  app.get('/', c => c.text('hello'));
  app.get('/sign-in', async c => {
    if (hasSessions) await c.var.session.update({ userId: 5, name: 'Ada' });
    return c.text('welcome');
  });
  app.get('/read', async c => c.text(String(hasSessions ? (await c.var.session.get()).userId : 5)));
  app.get('/change', async c => {
    if (hasSessions) await c.var.session.update(data => ({ ...data, count: (data?.count ?? 0) + 1 }));
    return c.text('changed');
  });
  return getRequestListener(app.fetch);

}
