import { HANDLE_LENGTH } from '../../id/session-id.js';
import { isHandle } from '../../id/stored-id.js';
import { type IoredisClient, mastersOf, type NodeRedisClient } from './redis-client.js';

/** Pages of keys that match a pattern. */
export type Pages = AsyncIterable<readonly string[]>;

/** Asks one server for the next keys after a cursor, and for the next cursor. */
type Scan = (cursor: string) => PromiseLike<{ readonly cursor: unknown; readonly keys: readonly unknown[] }>;

/** The number of keys that a server looks at for a page. */
const COUNT = 500;

/**
 * Finds all sessions: each that exists all the time is found, maybe more than
 * once. Also finds other keys of the same form.
 *
 * @returns for each master, pages of handles
 * @throws {TypeError} if the client can't look for keys
 */
export async function scanHandles(client: NodeRedisClient | IoredisClient, prefix: string): Promise<Pages[]> {

  // A client of ioredis puts this before each key by itself, but not before a pattern.
  const whole = String((client as IoredisClient).options?.keyPrefix ?? '') + prefix;
  const pattern = whole.replace(/[\\*?[\]]/g, '\\$&') + '?'.repeat(HANDLE_LENGTH);
  return (await mastersOf(client)).map(master => pages(scanner(master, pattern), whole));

}

async function* pages(scan: Scan, prefix: string): Pages {

  let cursor = '0';
  do {
    const page = await scan(cursor);
    cursor = String(page.cursor);
    yield page.keys.map(key => String(key).slice(prefix.length)).filter(isHandle);
  } while (cursor !== '0');

}

function scanner(client: unknown, pattern: string): Scan {

  const { scan } = client as { readonly scan?: unknown };
  if (typeof scan !== 'function') throw new TypeError('The client of the Redis store has no method "scan": it can\'t look for all sessions');
  if ('evalSha' in (client as object)) {
    return cursor => scan.call(client, cursor, { MATCH: pattern, COUNT, TYPE: 'string' });
  }
  return async cursor => {
    const [next, keys] = await scan.call(client, cursor, 'MATCH', pattern, 'COUNT', COUNT, 'TYPE', 'string');
    return { cursor: next, keys };
  };

}
