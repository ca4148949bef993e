import express from 'express';
import session from 'express-session';
import memorystore from 'memorystore';

export const title = 'express-session';
export const packages = ['express-session', 'memorystore', 'express'];
export const keepsSessionsIn = 'memory';

export function listener(hasSessions) {

  const app = express();
  if (hasSessions) {
    const store = new (memorystore(session))({ checkPeriod: 86_400_000 });
    app.use(session({ secret: 'x'.repeat(32), store, resave: false, saveUninitialized: false }));
  }
  app.get('/', (_request, response) => { response.type('text').send('hello'); });
  app.get('/sign-in', (request, response) => {
    if (hasSessions) Object.assign(request.session, { userId: 5, name: 'Ada' });
    response.type('text').send('welcome');
  });
  app.get('/read', (request, response) => {
    response.type('text').send(String(hasSessions ? request.session.userId : 5));
  });
  app.get('/change', (request, response) => {
    if (hasSessions) request.session.count = (request.session.count ?? 0) + 1;
    response.type('text').send('changed');
  });
  return app;

}
