import { HANDLE_LENGTH } from '../../id/session-id.js';
import { noCursor } from '../shared/pages.js';
import { type IoredisClient, mastersOf, type NodeRedisClient } from './redis-client.js';
import { scanning } from './redis-scan.js';

/*
 * Pages of handles from all masters, one master after the other, so that the sessions of
 * a page are on one server. A cursor has the name of a master, the server's own cursor
 * there, which is empty if it has looked at all keys, and handles that the server has
 * returned and that no page had room for.
 */

const HANDLE = `[\\w-]{${HANDLE_LENGTH}}`;
const CURSOR = new RegExp(`^(\\w+):(?:(\\d{1,20}):|:(?=[\\w-]))((?:${HANDLE}(?:,${HANDLE})*)?)$`);

/** The most times that a server is asked for one page: it may have many other keys. */
const MOST_SCANS = 20;

/** A page of handles. */
export interface HandlePage {
  readonly handles: readonly string[];
  /** The client of the server that has them. */
  readonly master: unknown;
  /** Returns the cursor of what follows the page, and before that, of handles that were not used; null if nothing does. */
  next(unused: readonly string[]): string | null;
}

interface Master {
  /** The id of the running server: its cursors mean nothing to another one. */
  readonly name: string;
  readonly client: unknown;
}

/**
 * @param after `''`, or a cursor
 * @throws {TypeError} if it is no cursor, or the client can't look for keys
 * @throws {Error} if its server is there no longer, or the servers can't be told apart
 */
export async function handlePage(client: NodeRedisClient | IoredisClient, prefix: string, { after, limit }: { readonly after: string; readonly limit: number }): Promise<HandlePage> {

  const parts = after === '' ? ['', '', '0', ''] : CURSOR.exec(after);
  if (!parts) throw noCursor(after);
  const [, from, start = null, left = ''] = parts;
  const found = new Set(left === '' ? [] : left.split(','));
  const masters = await namedMasters(client);
  const at = after === '' ? 0 : masters.findIndex(({ name }) => name === from);
  const here = masters[at];
  if (!here) throw new Error('The Redis servers are others than for the page before, and their order is, too: begin with the first page');
  const scan = scanning(client, here.client, prefix, { among: 'sessions', count: Math.max(limit, 100) });
  let cursor = start;
  for (let scans = 0; cursor !== null && found.size < limit && scans < MOST_SCANS; scans++) {
    const page = await scan(cursor).catch((error: unknown) => {
      throw /invalid cursor/i.test(String(error)) ? noCursor(after) : error;
    });
    for (const handle of page.handles) found.add(handle);
    cursor = page.cursor;
  }
  const all = [...found];
  return {
    handles: all.slice(0, limit),
    master: here.client,
    next(unused) {
      const pending = [...unused, ...all.slice(limit)].join(',');
      if (cursor !== null || pending !== '') return `${here.name}:${cursor ?? ''}:${pending}`;
      const following = masters[at + 1];
      return following ? `${following.name}:0:` : null;
    },
  };

}

/** In an order of their own: clients list them in any. */
async function namedMasters(client: NodeRedisClient | IoredisClient): Promise<Master[]> {

  const clients = await mastersOf(client);
  const masters = await Promise.all(clients.map(async master => {
    const info = (master as NodeRedisClient).info?.('server');
    // A single server needs no name, and its user may lack the right to ask.
    const answer = await (clients.length > 1 ? info : info?.then(text => text, () => ''));
    const [, name = clients.length > 1 ? unnamed() : 'n0'] = /^run_id:(\w+)/m.exec(String(answer)) ?? [];
    return { name, client: master };
  }));
  return masters.sort((one, other) => one.name < other.name ? -1 : 1);

}

function unnamed(): never {

  throw new Error('A server of the Redis cluster does not say its `run_id` in the answer to INFO: pages of all sessions could not follow each other');

}
