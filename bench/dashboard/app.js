/*
 * An application under a load that changes, whose metrics Prometheus scrapes: two
 * session middlewares, one on Redis and one in memory.
 */
import { metrics } from '@opentelemetry/api';
import { PrometheusExporter } from '@opentelemetry/exporter-prometheus';
import { MeterProvider } from '@opentelemetry/sdk-metrics';
import { Application, MemoryRequest } from '@curveball/kernel';
import session, { csrf, MemoryStore, UserSessions, wrapStore } from '../../dist/index.js';
import { openStore } from '../../dist/open/open-store.js';
import { instrumentedStore, sessionMetrics, storeGauges } from '../../dist/opentelemetry/index.js';

const SECONDS = Number(process.env.SECONDS);
const exporter = new PrometheusExporter({ port: Number(process.env.PORT), host: '127.0.0.1' });
metrics.setGlobalMeterProvider(new MeterProvider({ readers: [exporter] }));

const began = performance.now();
const elapsed = () => (performance.now() - began) / 1000;
/** For a few seconds, the store can't be reached. */
const isDown = () => elapsed() > SECONDS * 0.6 && elapsed() < SECONDS * 0.66;

const opened = await openStore(process.env.REDIS);
const failing = wrapStore(opened, inner => ({
  load: async (id, terms) => {
    if (isDown()) throw Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });
    return inner.load(id, terms);
  },
}));
sessionMetrics();
const applications = [
  { name: 'shop', store: instrumentedStore(failing, { name: 'shop' }) },
  { name: 'admin', store: instrumentedStore(new MemoryStore(), { name: 'admin' }) },
].map(({ name, store }) => {
  const app = new Application();
  app.use(
    async (ctx, next) => { try { await next(); } catch (error) { ctx.response.status = error.httpStatus ?? 500; } },
    csrf(),
    session({ store, cookieName: name, user: 'userId', maxUserSessions: 5, renewal: 20, touchInterval: 5, expiry: 60 }),
    async ctx => {
      const { session } = ctx;
      switch (ctx.path) {
        case '/sign-in': session.userId = ctx.request.headers.get('X-User'); break;
        case '/sign-out': ctx.session = null; break;
        case '/cart': session.cart = [...session.cart ?? [], 'an article'.repeat(Math.random() * 9)].slice(-40); break;
        case '/count': await ctx.updateSession(values => { values.visits = (values.visits ?? 0) + 1; }); break;
        default: ctx.response.body = JSON.stringify(session);
      }
    },
  );
  if (store.countSessions) storeGauges(store, { name, interval: 1 });
  return { app, name, users: new UserSessions(store), visitors: [] };
});

async function visit({ app, name, users, visitors }) {

  if (visitors.length < 300 && Math.random() < 0.1) visitors.push({ user: `user ${Math.floor(Math.random() * 60)}` });
  const visitor = visitors[Math.floor(Math.random() * visitors.length)];
  if (!visitor) return;
  const chance = Math.random();
  const path = chance < 0.7 ? '/' : chance < 0.8 ? '/cart' : chance < 0.9 ? '/count' : chance < 0.96 ? '/sign-in' : '/sign-out';
  if (Math.random() < 0.002) await users.endAll(visitor.user).catch(() => {});
  const cookie = Math.random() < 0.01 ? visitor.former : visitor.cookie;
  const headers = { 'X-User': visitor.user, 'Sec-Fetch-Site': Math.random() < 0.01 ? 'cross-site' : 'same-origin', ...(cookie && { Cookie: `${name}=${cookie}` }) };
  const response = await app.subRequest(new MemoryRequest('POST', path, 'http://localhost', headers));
  const sent = response.headers.getMany('Set-Cookie').find(line => line.startsWith(`${name}=`));
  if (sent === undefined) return;
  visitor.former = visitor.cookie;
  visitor.cookie = sent.slice(name.length + 1).split(';')[0] || undefined;

}

while (elapsed() < SECONDS) {
  const load = 4 + 3 * Math.sin(elapsed() / SECONDS * 9);
  await Promise.all(applications.flatMap((each, index) => Array.from({ length: index === 0 ? load : load / 2 }, () => visit(each))));
  await new Promise(resolve => setTimeout(resolve, 10));
}
// The last metrics are scraped.
await new Promise(resolve => setTimeout(resolve, 3000));
await opened.close();
await exporter.shutdown();
