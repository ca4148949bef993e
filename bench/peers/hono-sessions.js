import { getRequestListener } from '@hono/node-server';
import { Hono } from 'hono';
import { MemoryStore, sessionMiddleware } from 'hono-sessions';

export const title = 'hono-sessions';
export const packages = ['hono-sessions', 'hono', '@hono/node-server'];
export const keepsSessionsIn = 'memory';

export function listener(hasSessions) {

  const app = new Hono();
  if (hasSessions) {
    app.use('*', sessionMiddleware({
      store: new MemoryStore(),
      encryptionKey: 'x'.repeat(32),
      expireAfterSeconds: 3600,
      cookieOptions: { sameSite: 'Lax', path: '/', httpOnly: true },
    }));
  }
  app.get('/', c => c.text('hello'));
  app.get('/sign-in', c => {
    if (hasSessions) {
      c.get('session').set('userId', 5);
      c.get('session').set('name', 'Ada');
    }
    return c.text('welcome');
  });
  app.get('/read', c => c.text(String(hasSessions ? c.get('session').get('userId') : 5)));
  app.get('/change', c => {
    if (hasSessions) c.get('session').set('count', (c.get('session').get('count') ?? 0) + 1);
    return c.text('changed');
  });
  return getRequestListener(app.fetch);

}
