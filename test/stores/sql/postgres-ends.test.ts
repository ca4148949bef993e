import { deepStrictEqual, ok, rejects, strictEqual } from 'node:assert/strict';
import { once } from 'node:events';
import { after, afterEach, before, describe, it } from 'node:test';
import { PGlite } from '@electric-sql/pglite';
import pg from 'pg';
import { PostgresStore } from '../../../src/stores/postgres-store.js';
import { settled } from '../../support/events.js';
import { postgresUrl } from '../../support/servers/addresses.js';
import { TcpProxy } from '../../support/tcp-proxy.js';

const SCHEMA = 'ends_tests';
const TERMS = { lifetime: 100, newInfo: { info: { user: 'ada', details: '{}' } } };

describe('Ends of sessions in PostgreSQL', () => {

  const other = new pg.Pool({ connectionString: postgresUrl(), max: 4 });
  const elsewhere = new PostgresStore({ pool: other, schema: SCHEMA });
  const closing: Array<() => unknown> = [];

  before(async () => {
    await other.query(`DROP SCHEMA IF EXISTS ${SCHEMA} CASCADE; CREATE SCHEMA ${SCHEMA}`);
    await elsewhere.setup();
  });
  afterEach(async () => {
    for (const close of closing.splice(0).reverse()) await close();
  });
  after(async () => {
    elsewhere.close();
    await other.query(`DROP SCHEMA ${SCHEMA} CASCADE`);
    await other.end();
  });

  /** A store of another process, and what it is reported. */
  async function watching({ url = postgresUrl(), confirmed = true, ...options }: { url?: string; confirmed?: boolean } & pg.PoolConfig = {}) {

    const pool = new pg.Pool({ connectionString: url, max: 3, ...options });
    pool.on('error', () => {});
    const store = new PostgresStore({ pool, schema: SCHEMA });
    const reported: Array<string | null> = [];
    let isReported = () => {};
    const watch = store.watchEnds(handle => {
      reported.push(handle);
      isReported();
    });
    closing.push(() => pool.end(), () => store.close());
    if (confirmed) await watch?.confirm();
    return {
      pool, store, watch, reported,
      next: () => new Promise<void>(resolve => { isReported = resolve; }),
    };

  }

  async function begin(): Promise<string> {

    const id = elsewhere.newSessionId();
    await elsewhere.create(id, new Map([['a', '1']]), TERMS);
    return id;

  }

  it('are reported to other processes, however they end, and nothing else is', async () => {

    const { watch, reported } = await watching();
    const ids = await Promise.all([begin(), begin(), begin()]);
    const [one, two, three] = ids;
    await elsewhere.update(one, { set: new Map([['a', '2']]), unset: [] }, { lifetime: 100 });
    await elsewhere.touch(one, 200);
    const moved = elsewhere.newSessionId(one);
    await elsewhere.move(one, moved, { set: new Map(), unset: [] }, { lifetime: 100 });
    await watch?.confirm();
    deepStrictEqual(reported.splice(0), [null]);
    await elsewhere.end(moved);
    await elsewhere.delete(two);
    await elsewhere.endSessionsOf('ada');
    await watch?.confirm();
    deepStrictEqual(reported.splice(0), [one, two, three].map(id => elsewhere.handleOf(id)));
    await begin();
    await begin();
    await elsewhere.endAllSessions();
    await watch?.confirm();
    deepStrictEqual(reported, [null]);

  });

  it('are not reported where nothing ended, or in another table', async () => {

    const another = new PostgresStore({ pool: other, schema: SCHEMA, table: 'others' });
    await another.setup();
    const { watch, reported } = await watching();
    reported.splice(0);
    await elsewhere.end(elsewhere.newSessionId());
    const id = another.newSessionId();
    await another.create(id, new Map(), TERMS);
    await another.end(id);
    another.close();
    await watch?.confirm();
    deepStrictEqual(reported, []);

  });

  it('are reported over one connection, which goes back to the pool when no one waits any more', async () => {

    const { pool, store, watch } = await watching({ max: 2 });
    const second = store.watchEnds(() => {});
    await second?.confirm();
    strictEqual(pool.totalCount - pool.idleCount, 1);
    watch?.stop();
    await second?.confirm();
    second?.stop();
    while (pool.idleCount < pool.totalCount) await settled();
    deepStrictEqual((await pool.query('SELECT pg_listening_channels()')).rows, []);
    await rejects(async () => second?.confirm());

  });

  it('are reported again after the connection was lost, and what was missed is known to be', async () => {

    const proxy = await TcpProxy.start(postgresUrl());
    closing.push(() => proxy.close());
    const { watch, reported, next } = await watching({ url: proxy.url });
    reported.splice(0);
    const lost = next();
    await other.query(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'LISTEN "session_ends:%'`);
    await lost;
    deepStrictEqual(reported.splice(0), [null]);
    await watch?.confirm();
    deepStrictEqual(reported.splice(0), [null]);
    const id = await begin();
    const report = next();
    await elsewhere.end(id);
    await report;
    deepStrictEqual(reported, [elsewhere.handleOf(id)]);

  });

  it('are known to be unreported if the connection is half open', async () => {

    const proxy = await TcpProxy.start(postgresUrl());
    closing.push(() => proxy.close());
    const { pool, watch, reported } = await watching({ url: proxy.url });
    // All that are idle end, but the one that listens is not told.
    proxy.forget();
    const idle = await pool.connect();
    idle.release(true);
    await rejects(async () => watch?.confirm());
    ok(reported.filter(handle => handle === null).length >= 1);

  });

  it('are not reported by a PGlite, or by a pool of one connection', async () => {

    const pglite: Pick<PGlite, 'query' | 'transaction' | 'exec'> = Object.create(PGlite.prototype);
    const store = new PostgresStore({ pool: pglite });
    closing.push(() => store.close());
    strictEqual(store.watchEnds(() => {}), null);
    strictEqual((await watching({ max: 1, confirmed: false })).watch, null);

  });

  it('are not waited for where notifications do not arrive, as behind a PgBouncer in transaction mode', async () => {

    const { pool, store } = await watching({ confirmed: false });
    store.close();
    const connect = pool.connect.bind(pool);
    // Another connection of the server listens than that on which reports would arrive.
    const deaf = Object.assign(Object.create(pool), {
      connect: async () => Object.assign(Object.create(await connect()), { query: async () => ({ rows: [] }), on() {}, off() {} }),
      query: pool.query.bind(pool),
    });
    const behind = new PostgresStore({ pool: deaf, schema: SCHEMA });
    closing.push(() => behind.close());
    const watch = behind.watchEnds(() => {});
    await rejects(async () => watch?.confirm());
    strictEqual(behind.watchEnds(() => {}), null);
    await once(pool, 'remove').catch(() => {});

  });

});
