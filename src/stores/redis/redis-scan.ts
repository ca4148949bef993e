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

  const whole = wholePrefix(client, prefix);
  const pattern = patternOf(whole);
  return (await mastersOf(client)).map(master => pages(scanner(master, { MATCH: pattern, COUNT, TYPE: 'string' }), whole));

}

async function* pages(scan: Scan, prefix: string): Pages {

  let cursor = '0';
  do {
    const page = await scan(cursor);
    cursor = String(page.cursor);
    yield handlesIn(page.keys, prefix);
  } while (cursor !== '0');

}

/** The handles among keys that were found, and the cursor of what follows; null after the last ones. */
export interface Scanned {
  readonly handles: string[];
  /** How many keys there were. */
  readonly keys: number;
  readonly cursor: string | null;
}

/**
 * Returns a function that asks one server for the next handles after a cursor.
 *
 * @param among whether to look at keys of the form of sessions, or at all keys
 * @param count how many keys the server is to look at, approximately
 */
export function scanning(
  client: NodeRedisClient | IoredisClient, master: unknown, prefix: string, { among, count }: { readonly among: 'sessions' | 'all'; readonly count: number },
): (cursor: string) => Promise<Scanned> {

  const whole = wholePrefix(client, prefix);
  const scan = scanner(master, among === 'all' ? { MATCH: '*', COUNT: count } : { MATCH: patternOf(whole), COUNT: count, TYPE: 'string' });
  return async from => {
    const { cursor, keys } = await scan(from);
    return { handles: handlesIn(keys, whole), keys: keys.length, cursor: String(cursor) === '0' ? null : String(cursor) };
  };

}

/** A client of ioredis puts a prefix before each key by itself, but not before a pattern. */
export function wholePrefix(client: NodeRedisClient | IoredisClient, prefix: string): string {

  return String((client as IoredisClient).options?.keyPrefix ?? '') + prefix;

}

function patternOf(prefix: string): string {

  return prefix.replace(/[\\*?[\]]/g, '\\$&') + '?'.repeat(HANDLE_LENGTH);

}

function handlesIn(keys: readonly unknown[], prefix: string): string[] {

  return keys.map(String).filter(key => key.startsWith(prefix)).map(key => key.slice(prefix.length)).filter(isHandle);

}

function scanner(client: unknown, options: { readonly MATCH: string; readonly COUNT: number; readonly TYPE?: string }): Scan {

  const { scan } = client as { readonly scan?: unknown };
  if (typeof scan !== 'function') throw new TypeError('The client of the Redis store has no method "scan": it can\'t look for all sessions');
  if ('evalSha' in (client as object)) {
    return cursor => scan.call(client, cursor, options);
  }
  return async cursor => {
    const [next, keys] = await scan.call(client, cursor, ...Object.entries(options).flat());
    return { cursor: next, keys };
  };

}
