import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import mysql from 'mysql2/promise';
import pg from 'pg';
import { MysqlStore } from '../../../src/stores/mysql-store.js';
import { PostgresStore } from '../../../src/stores/postgres-store.js';
import { mysqlUrl, postgresUrl } from '../../support/servers/addresses.js';
import { site } from '../../support/site.js';

const TABLE = 'session_clock_tests';
const NOTHING = { set: new Map(), unset: [] };

/** By how many seconds the server's clock is off, as the store sees it. */
let seconds = 0;
let statements = 0;
const closing: Array<() => unknown> = [];
after(async () => {
  for (const close of closing) await close();
});

function postgres(): PostgresStore {

  const pool = new pg.Pool({ connectionString: postgresUrl() });
  const query = pool.query.bind(pool) as (statement: { text: string }) => Promise<pg.QueryResult>;
  pool.query = ((statement: { text: string }) => {
    statements++;
    return query({ ...statement, text: statement.text.replaceAll('clock_timestamp()', `(clock_timestamp() + interval '${seconds} s')`) });
  }) as never;
  closing.push(() => query({ text: `DROP TABLE ${TABLE}` }).then(() => pool.end()));
  return new PostgresStore({ pool, table: TABLE, prepare: false });

}

function mariadb(): MysqlStore {

  const pool = mysql.createPool(mysqlUrl());
  const execute = pool.execute.bind(pool) as (statement: string | object, values?: unknown) => Promise<never>;
  const shifted = (sql: string) => sql.replaceAll('UTC_TIMESTAMP(6)', `(UTC_TIMESTAMP(6) + INTERVAL ${seconds} SECOND)`);
  pool.execute = ((statement: string | { sql: string }, values?: unknown) => {
    statements++;
    return typeof statement === 'string' ? execute(shifted(statement), values) : execute({ ...statement, sql: shifted(statement.sql) });
  }) as never;
  closing.push(() => pool.query(`DROP TABLE ${TABLE}`).then(() => pool.end()));
  return new MysqlStore({ pool, table: TABLE });

}

for (const [name, open] of [['PostgreSQL', postgres], ['MariaDB', mariadb]] as const) {
  describe(`When the clock of ${name} is set`, () => {

    let store: PostgresStore | MysqlStore;

    before(async () => {
      seconds = 0;
      store = open();
      await store.setup();
      await store.create(store.newSessionId(), new Map([['a', '1']]), { lifetime: 60, patience: 5 });
    });
    after(() => store.close());

    for (const off of [20, 3600, -3600, 0]) {
      it(`a session can begin and a user can sign in, even if the store has read no row since the clock changed by ${off} seconds`, async () => {
        const { browser } = site({ '/sign-in': ctx => { ctx.session.userId = 'Ada'; } }, { store, user: 'userId', storeTimeout: 5 });
        seconds = off;
        statements = 0;
        assert.equal(await store.create(store.newSessionId(), new Map([['a', '1']]), { lifetime: 60, patience: 5 }), true);
        assert.ok(statements <= 4, `${statements} statements`);
        seconds += 20;
        assert.equal((await browser.get('/sign-in')).status, 200);
      });
    }

    it('an unknown session is gone after one try, and a live one can be changed', async () => {
      const id = store.newSessionId();
      const unknown = store.newSessionId();
      const terms = { lifetime: 60, patience: 5 };
      await store.create(id, new Map([['a', '1']]), terms);
      seconds += 20;
      statements = 0;
      assert.equal(await store.update(unknown, NOTHING, terms), 'gone');
      assert.equal(await store.move(unknown, store.newSessionId(unknown), NOTHING, terms), 'gone');
      assert.equal(await store.end(unknown), false);
      assert.equal(await store.touch(unknown, 60), false);
      assert.equal(statements, 6);
      assert.equal(await store.update(id, NOTHING, terms), 'updated');
      seconds += 20;
      assert.equal(await store.move(id, store.newSessionId(id), NOTHING, terms), 'moved');
      await store.set(store.newSessionId(), { a: 1 }, Date.now() / 1000 + 60);
    });

  });
}
