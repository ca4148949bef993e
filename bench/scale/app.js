/*
 * An application in a process of its own: its parent starts it with the address of
 * a store, receives its port, and can ask for the CPU time that it has used, or for
 * sessions. It ends with its parent.
 */
import { createServer } from 'node:http';
import { Application } from '@curveball/core';
import session from '../../dist/index.js';
import { open } from './open.js';
import { texts } from './sample.js';

const { STORE, DRIVER } = process.env;
const { store } = await open(STORE, DRIVER);

const ACTIONS = {
  create: ctx => {
    ctx.session = { userId: Number(ctx.query.n), visits: 0 };
  },
  read: ctx => {
    ctx.response.body = JSON.stringify(ctx.session);
  },
  change: ctx => {
    ctx.session.visits = ctx.query.n === undefined ? performance.now() : Number(ctx.query.n);
  },
  end: ctx => {
    ctx.session = null;
  },
  anonymous: () => {},
};

const app = new Application();
app.use(
  async (ctx, next) => {
    try {
      await next();
    } catch (error) {
      ctx.response.status = error.httpStatus ?? 500;
      ctx.response.body = error.message;
      if (!error.httpStatus) console.error(error);
    }
  },
  session({ store, expiry: 14 * 24 * 3600 }),
  ctx => {
    ctx.response.status = 200;
    ctx.response.body = '';
    ACTIONS[ctx.path.slice(1)](ctx);
  },
);

const server = createServer(app.callback());
server.keepAliveTimeout = 600_000;
server.listen(0, '127.0.0.1', () => process.send({ port: server.address().port }));

process.on('message', async ({ create }) => {
  const { user, system } = process.cpuUsage();
  process.send(create ? { ids: await created(create) } : { cpu: user + system });
});

/** Creates sessions; returns their ids. */
async function created(count) {

  const ids = [];
  while (ids.length < count) {
    const batch = Array.from({ length: 100 }, () => store.newSessionId());
    await Promise.all(batch.map(id => store.create(id, texts(300), { lifetime: 15 * 24 * 3600 })));
    ids.push(...batch);
  }
  return ids;

}

process.on('disconnect', () => process.exit());
