import { DRIVERS } from '../../stores/sqlite/sqlite-drivers.js';
import { express, fourMethods, memory } from './in-process.js';
import { redis } from './redis.js';
import type { Engine } from './rows.js';
import { mariadb, postgres } from './sql-servers.js';
import { sqlite } from './sqlite.js';

const SQLITE = Object.keys(DRIVERS).map(name => () => sqlite(name));

type Engines = ReadonlyArray<() => Engine>;

export const ENGINES: Engines = [memory, fourMethods, express, ...SQLITE, redis, postgres, mariadb];

/** The engines around which a wrapper that seals values is tested: one of each form. */
export const SEALABLE: Engines = [memory, fourMethods, express, ...SQLITE.slice(0, 1), redis];

export const IN_TABLES: Engines = [...SQLITE, postgres, mariadb];

/** The engines whose rows have the info of a session, and its former ids. */
export const KEEPING_INFO: Engines = [...SQLITE, redis, postgres, mariadb];
