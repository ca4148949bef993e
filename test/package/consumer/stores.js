// The stores, imported and made where no driver is installed.
import assert from 'node:assert/strict';
import { Application } from '@curveball/kernel';
import session from '@curveball/session';
import { ExpressStore } from '@curveball/session/express';
import { migrating } from '@curveball/session/migrating';
import { MysqlStore } from '@curveball/session/mysql';
import { openStore } from '@curveball/session/open';
import { PostgresStore } from '@curveball/session/postgres';
import { RedisStore } from '@curveball/session/redis';
import { SqliteStore } from '@curveball/session/sqlite';
import { storeTests } from '@curveball/session/testing';

const client = { get: async () => null, evalsha: async () => null, eval: async () => null };
const pool = { query: async () => ({ rows: [] }), connect() {}, totalCount: 0, execute: async () => [[]], getConnection() {} };
const stores = [
  new RedisStore({ client }), new PostgresStore({ pool }), new MysqlStore({ pool }),
  new SqliteStore({ database: { exec() {}, prepare: () => ({ get() {}, all: () => [], run() {} }) } }),
  new ExpressStore({ get() {}, set() {}, destroy() {} }),
];
for (const store of stores) session({ store });
session({ store: migrating({ from: stores[0], to: stores[1] }), user: 'userId' });

const store = await openStore('memory:');
const app = new Application();
app.use(session({ store }), ctx => {
  ctx.session.visits = 1;
  ctx.response.body = '';
});
assert.ok((await app.subRequest('GET', '/')).headers.has('Set-Cookie'));
await store.close();

await assert.rejects(openStore('postgres://localhost/test'), /npm install pg/);
await assert.rejects(openStore('mysql://localhost/test'), /npm install mysql2/);
await assert.rejects(openStore('redis://localhost'), /npm install redis/);
await assert.rejects(import('@curveball/session/cached'), /lru-cache/);
await assert.rejects(import('@curveball/session/opentelemetry'), /@opentelemetry\/api/);
assert.ok(storeTests(() => store).length > 10);
for (const each of stores) each.close?.();
console.log('the installed stores work');
