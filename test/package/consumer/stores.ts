// An application with each store, compiled without the types of any driver.
import type { Context } from '@curveball/kernel';
import session, { MemoryStore, type SessionStore, type UserSessions, type WrappedStore, wrapStore } from '@curveball/session';
import { type CacheOptions, cached } from '@curveball/session/cached';
import { ExpressStore } from '@curveball/session/express';
import { migrating, type MigratingStore } from '@curveball/session/migrating';
import { MysqlStore } from '@curveball/session/mysql';
import { openStore } from '@curveball/session/open';
import { PostgresStore } from '@curveball/session/postgres';
import { RedisStore } from '@curveball/session/redis';
import { SqliteStore } from '@curveball/session/sqlite';
import { type StoreTest, storeTests } from '@curveball/session/testing';

type First<Class extends abstract new (options: never) => unknown> = ConstructorParameters<Class>[0];

export function all(
  redis: First<typeof RedisStore>, postgres: First<typeof PostgresStore>, mysql: First<typeof MysqlStore>,
  sqlite: First<typeof SqliteStore>, express: First<typeof ExpressStore>,
): void {

  session({ store: new RedisStore(redis) });
  session({ store: new PostgresStore(postgres) });
  session({ store: new MysqlStore(mysql) });
  session({ store: new SqliteStore(sqlite) });
  session({ store: new ExpressStore(express) });

}

export async function opened(): Promise<void> {

  const store = await openStore('memory:');
  session({ store });
  const count: number = store.store.size + store.sessionsOf('ada').length;
  await store.close();

  const file = await openStore('sqlite:./sessions.db');
  file.scheduleGc(60);
  const redis = await openStore('redis://localhost');
  const same: RedisStore = redis;
  session({ store: same, cookieOptions: { domain: process.env.DOMAIN, maxAge: undefined } });
  const handle: string = redis.handleOf('an id');
  // @ts-expect-error the server removes expired sessions
  redis.gc();
  const any = await openStore(process.env.SESSION_STORE as string);
  session({ store: any, user: 'userId' });
  await any.gc?.();
  await any.endSessionsOf('ada', { except: `${handle}${count}` });
  // @ts-expect-error only the memory store has a map
  any.store.clear();

}

/** A wrapper around any store, with the members of the store. */
export function careful<Store extends SessionStore>(store: Store): WrappedStore<Store> {

  return wrapStore(store, inner => ({
    load: id => inner.load(id.trim()),
    update: async (id, change, terms) => await inner.update(id, change, { ...terms, maxBytes: 1000 }),
    // @ts-expect-error it returns a handle
    handleOf: () => 5,
  }));

}

session({ store: careful(new MemoryStore()), user: 'userId' });
careful(new MemoryStore()).store.clear();

const often: CacheOptions = { maxAge: 0.5, maxSessions: 1000, maxBytes: undefined };
session({ store: cached(careful(new MemoryStore()), often), user: 'userId' });
cached(new MemoryStore()).store.clear();
// @ts-expect-error it is written otherwise
cached(new MemoryStore(), { maxage: 1 });

export async function endOthers(ctx: Context, sessions: UserSessions): Promise<void> {

  await sessions.endAll('ada', { except: ctx.sessionInfo?.handle });
  // @ts-expect-error it is written otherwise
  await sessions.endAll('ada', { exept: ctx.sessionInfo?.handle });

}

const moving: MigratingStore = migrating({ from: new MemoryStore(), to: careful(new MemoryStore()), phase: 'prepare', expiry: undefined });
session({ store: moving, user: 'userId' });
// @ts-expect-error it is written otherwise
migrating({ from: new MemoryStore(), to: new MemoryStore(), phase: 'prepared' });

export const tests: StoreTest[] = storeTests(() => openStore('memory:'));

// @ts-expect-error the client is missing
new RedisStore({});
// @ts-expect-error the pool is missing
new PostgresStore({ table: 'sessions' });
// @ts-expect-error this is no address
openStore(5);
