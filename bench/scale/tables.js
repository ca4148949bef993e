import { join } from 'node:path';
import { startMariadb } from '../../build/test/support/servers/mariadb.js';
import { startPostgres } from '../../build/test/support/servers/postgres.js';
import { temporaryFolder } from '../../build/test/support/servers/server.js';
import { MysqlStore } from '../../dist/stores/mysql-store.js';
import { PostgresStore } from '../../dist/stores/postgres-store.js';
import { SqliteStore } from '../../dist/stores/sqlite-store.js';
import { texts } from './sample.js';

/** Sessions that the store itself writes. The others are copies of their rows with other ids and users. */
const SAMPLES = 100;

/** The parts into which the sessions are divided, to be replaced one part after the other. */
const PARTS = 16;

const LIFETIME = 14 * 24 * 3600;

/**
 * Each engine: opens it and returns how to measure a number of sessions.
 *
 * - `run` executes statements.
 * - `copies` is the statement that copies samples, with new ids.
 * - `part` is the condition of one of the parts of the sessions: they are spread over the table.
 * - `count` returns the number of sessions.
 * - `bytes` returns the bytes of the table with its indexes.
 * - `compact` writes the table anew; `clean` lets the engine use the space of removed rows again.
 */
const ENGINES = {

  PostgreSQL: async () => {
    const server = await startPostgres('-c', 'shared_buffers=1GB', '-c', 'max_wal_size=8GB', '-c', 'autovacuum=off');
    const { Pool } = (await import('pg')).default;
    const pool = new Pool({ connectionString: server.url });
    const first = async text => (await pool.query(text)).rows[0];
    const hash = text => `left(translate(encode(sha256((${text})::text::bytea), 'base64'), E'+/\\n', '-_'), 43)`;
    return {
      store: new PostgresStore({ pool }),
      run: text => pool.query(text),
      columns: async () => (await pool.query("SELECT column_name AS name FROM information_schema.columns WHERE table_name = 'sessions' ORDER BY ordinal_position")).rows.map(({ name }) => name),
      copies: (columns, from, to, perUser) => `INSERT INTO sessions SELECT ${columns({
        handle: 'substr(md5(random()::text), 1, 16)', hash: hash('random()'), user: hash(`n / ${perUser || 1}`),
      })} FROM generate_series(${from}, ${to}) n JOIN samples ON samples.number = n % ${SAMPLES}`,
      numbered: "CREATE TABLE samples AS SELECT *, row_number() OVER () - 1 AS number FROM sessions WHERE handle <> 'sweeper'",
      part: part => `right(handle, 1) = '${part.toString(16)}'`,
      count: async () => Number((await first('SELECT count(*) AS number FROM sessions')).number),
      bytes: async () => Number((await first("SELECT pg_total_relation_size('sessions') AS bytes")).bytes),
      compact: () => pool.query('VACUUM FULL sessions'),
      clean: () => pool.query('VACUUM sessions'),
      close: async () => {
        await pool.end();
        await server.kill();
      },
    };
  },

  MariaDB: async () => {
    const server = await startMariadb('--innodb-buffer-pool-size=1G', '--innodb-log-file-size=1G', '--skip-log-bin');
    const { createPool } = (await import('mysql2/promise')).default;
    const pool = createPool(server.url);
    const hash = text => `LEFT(TO_BASE64(UNHEX(SHA2(${text}, 256))), 43)`;
    return {
      store: new MysqlStore({ pool }),
      run: text => pool.query(text),
      columns: async () => (await pool.query("SELECT column_name AS name FROM information_schema.columns WHERE table_name = 'sessions' ORDER BY ordinal_position"))[0].map(({ name }) => name),
      copies: (columns, from, to, perUser) => `INSERT INTO sessions SELECT ${columns({
        handle: 'LEFT(MD5(CONCAT(RAND(), seq)), 16)', hash: hash('RAND()'), user: hash(`seq DIV ${perUser || 1}`),
      })} FROM seq_${from}_to_${to} JOIN samples ON samples.number = seq MOD ${SAMPLES}`,
      numbered: "CREATE TABLE samples (KEY (number)) AS SELECT *, row_number() OVER () - 1 AS number FROM sessions WHERE handle <> 'sweeper'",
      part: part => `RIGHT(handle, 1) = '${part.toString(16)}'`,
      count: async () => Number((await pool.query('SELECT count(*) AS number FROM sessions'))[0][0].number),
      bytes: async () => Number((await pool.query("SELECT FILE_SIZE AS bytes FROM information_schema.INNODB_SYS_TABLESPACES WHERE NAME = 'test/sessions'"))[0][0].bytes),
      compact: () => pool.query('OPTIMIZE TABLE sessions'),
      // Removed rows leave their pages in the background.
      clean: () => pool.query('SET GLOBAL innodb_max_purge_lag_wait = 0'),
      close: async () => {
        await pool.end();
        await server.kill();
      },
    };
  },

  SQLite: async () => {
    const { default: Database } = await import('libsql');
    const database = new Database(join(temporaryFolder(), 'sessions.db'));
    database.exec('PRAGMA synchronous = OFF');
    const value = name => Object.values(database.prepare(`PRAGMA ${name}`).get())[0];
    return {
      store: new SqliteStore({ database }),
      run: text => database.exec(text),
      columns: () => database.prepare("SELECT name FROM pragma_table_info('sessions')").all().map(({ name }) => name),
      copies: (columns, from, to, perUser) => `
        WITH RECURSIVE numbers (n) AS (SELECT ${from} UNION ALL SELECT n + 1 FROM numbers WHERE n < ${to})
        INSERT INTO sessions SELECT ${columns({
          // The order of users must be no order of their hashes.
          handle: 'lower(hex(randomblob(8)))', hash: 'substr(hex(randomblob(22)), 1, 43)', user: `printf('%043d', (n / ${perUser || 1}) * 2654435761 % 4294967296)`,
        })} FROM numbers CROSS JOIN samples ON samples.number = n % ${SAMPLES}`,
      numbered: "CREATE TABLE samples AS SELECT *, row_number() OVER () - 1 AS number FROM sessions WHERE handle <> 'sweeper'; CREATE INDEX by_number ON samples (number)",
      part: part => `substr(handle, 16) = '${part.toString(16)}'`,
      count: () => database.prepare('SELECT count(*) AS number FROM sessions').get().number,
      // Pages of the samples are few.
      bytes: () => value('page_count') * value('page_size'),
      compact: () => database.exec('VACUUM'),
      clean: () => {},
      close: () => database.close(),
    };
  },

};

/** Opens an engine; returns how to measure in it, and how to close it. */
async function opened(open) {

  const engine = await open();
  const { store, run } = engine;
  store.close();

  const fill = async ({ count, size, perUser }) => {
    await run('DROP TABLE IF EXISTS sessions');
    await run('DROP TABLE IF EXISTS samples');
    await store.setup();
    for (let number = 0; number < SAMPLES; number++) {
      const newInfo = perUser === 0 ? undefined : { info: { user: String(number), details: '{}' } };
      if (await store.create(store.newSessionId(), texts(size, number), { lifetime: LIFETIME, newInfo }) !== true) throw new Error('A session could not be created');
    }
    await run(engine.numbered);
    await run('DELETE FROM sessions');
    const names = await engine.columns();
    const columns = ({ handle, hash, user }) => names.map(name => (
      name === 'handle' ? handle : name === 'id_hash' ? hash : name === 'user_id' && perUser > 0 ? user : `samples.${name}`)).join(', ');
    const copy = (from, to) => run(engine.copies(columns, from, to, perUser));
    await copy(1, count);
    return copy;
  };

  return {
    close: engine.close,
    measure: async ({ count, size, perUser, steady, sweep }) => {
      const copy = await fill({ count, size, perUser });
      const perSession = async () => Math.round(await engine.bytes() / count);
      const result = {};
      if (steady) {
        // As many rows are replaced as there are, and as many are touched.
        let next = count + 1;
        for (let part = 0; part < PARTS; part++) {
          await run(`UPDATE sessions SET ends_at = ends_at + 1, seen_at = seen_at + 1 WHERE ${engine.part((part + PARTS / 2) % PARTS)}`);
          await run(`DELETE FROM sessions WHERE ${engine.part(part)}`);
          await engine.clean();
          const gone = count - await engine.count();
          await copy(next, next + gone - 1);
          next += gone;
        }
        result.steady = await perSession();
      }
      await engine.compact();
      result.full = await perSession();
      if (sweep) {
        await run(`UPDATE sessions SET ends_at = 0 WHERE ${engine.part(0)}`);
        const start = performance.now();
        await store.gc();
        // The store rests in between: this is how fast it goes, not how fast it could.
        result.sweptPerSecond = Math.round(count / (performance.now() - start) * 1000);
      }
      return result;
    },
  };

}

export const TABLES = Object.fromEntries(Object.entries(ENGINES).map(([name, open]) => [name, () => opened(open)]));
