import { randomBytes } from 'node:crypto';
import session from '@fastify/secure-session';
import fastify from 'fastify';

export const title = '@fastify/secure-session';
export const packages = ['@fastify/secure-session', 'fastify'];
export const keepsSessionsIn = 'cookie';

export async function listener(hasSessions) {

  const app = fastify();
  if (hasSessions) app.register(session, { key: randomBytes(32), cookie: { path: '/', httpOnly: true } });
  app.get('/', (_request, reply) => { reply.type('text/plain').send('hello'); });
  app.get('/sign-in', (request, reply) => {
    if (hasSessions) {
      request.session.set('userId', 5);
      request.session.set('name', 'Ada');
    }
    reply.type('text/plain').send('welcome');
  });
  app.get('/read', (request, reply) => {
    reply.type('text/plain').send(String(hasSessions ? request.session.get('userId') : 5));
  });
  app.get('/change', (request, reply) => {
    if (hasSessions) request.session.set('count', (request.session.get('count') ?? 0) + 1);
    reply.type('text/plain').send('changed');
  });
  await app.ready();
  return app.routing;

}
