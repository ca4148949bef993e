import { join } from 'node:path';
import mysql from 'mysql2/promise';
import pg from 'pg';
import { createClient } from 'redis';
import { startMariadb } from '../support/servers/mariadb.js';
import { startPostgres } from '../support/servers/postgres.js';
import { startRedis, startRedisCluster } from '../support/servers/redis.js';
import { type Server, temporaryFolder } from '../support/servers/server.js';

/** A store of one kind with a private server, and the faults that its server can have. */
export interface Target {
  readonly name: string;
  readonly address: string;
  /** The `maxAge` of a cache around the store, in seconds; none if there is none. */
  readonly cached?: number;
  /** None for an embedded engine. */
  readonly servers: readonly Server[];
  /** Lets the engine refuse every write, as on a full disk. */
  readonly refuseWrites?: () => Promise<void>;
  readonly allowWrites?: () => Promise<void>;
  stop(): Promise<void>;
}

export const TARGETS: { readonly [name: string]: () => Promise<Target> } = {

  Redis: async () => {
    const server = await startRedis();
    const command = async (...words: string[]) => {
      const client = createClient({ url: server.url });
      await client.connect();
      await client.sendCommand(words);
      client.destroy();
    };
    return {
      name: 'Redis', address: server.url, servers: [server], stop: () => server.kill(),
      // A full database refuses to grow.
      refuseWrites: () => command('CONFIG', 'SET', 'maxmemory', '1'),
      allowWrites: () => command('CONFIG', 'SET', 'maxmemory', '0'),
    };
  },

  'Redis cluster': async () => {
    const servers = await startRedisCluster();
    return {
      name: 'Redis cluster', address: servers.map(({ url }) => url).join(','), servers,
      stop: async () => {
        await Promise.all(servers.map(server => server.kill()));
      },
    };
  },

  PostgreSQL: async () => {
    const server = await startPostgres();
    const query = async (...statements: string[]) => {
      const client = new pg.Client(server.url);
      await client.connect();
      for (const statement of statements) await client.query(statement);
      await client.end();
    };
    return {
      name: 'PostgreSQL', address: server.url, servers: [server], stop: () => server.kill(),
      refuseWrites: () => query('ALTER SYSTEM SET default_transaction_read_only = on', 'SELECT pg_reload_conf()'),
      allowWrites: () => query('ALTER SYSTEM SET default_transaction_read_only = off', 'SELECT pg_reload_conf()'),
    };
  },

  MariaDB: async () => {
    const server = await startMariadb();
    const query = async (...statements: string[]) => {
      const connection = await mysql.createConnection(server.url);
      for (const statement of statements) await connection.query(statement);
      await connection.end();
    };
    // An administrator may write to a server that is read-only.
    for (const user of ["'application'@'localhost'", "'application'@'127.0.0.1'"]) {
      await query(`CREATE USER ${user} IDENTIFIED BY 'secret'`, `GRANT SELECT, INSERT, UPDATE, DELETE, CREATE, INDEX ON test.* TO ${user}`);
    }
    return {
      name: 'MariaDB', address: server.url.replace('root@', 'application:secret@'), servers: [server], stop: () => server.kill(),
      refuseWrites: () => query('SET GLOBAL read_only = 1'),
      allowWrites: () => query('SET GLOBAL read_only = 0'),
    };
  },

  SQLite: async () => ({
    name: 'SQLite', address: `sqlite:${join(temporaryFolder(), 'sessions.db')}`, servers: [], stop: async () => {},
  }),

  // With reports of the server.
  'Redis, cached': async () => ({ ...await server('Redis'), cached: MAX_AGE }),

  'PostgreSQL, cached': async () => ({ ...await server('PostgreSQL'), cached: MAX_AGE }),

};

/** The default of `cached()`. */
const MAX_AGE = 1;

function server(name: string): Promise<Target> {

  return (TARGETS[name] as () => Promise<Target>)();

}
