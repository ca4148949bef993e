import { noCursor } from '../shared/pages.js';
import { type IoredisClient, mastersOf, type NodeRedisClient } from './redis-client.js';
import { scanning } from './redis-scan.js';

/*
 * Pages of handles from all masters, one master after the other. A cursor has the
 * name of a master, the server's own cursor there, and handles that the server has
 * returned and that no page had room for.
 */

const CURSOR = /^(\w*):(\d*):([\w,-]*)$/;

/** The most times that servers are asked for one page: they may have many other keys. */
const MOST_SCANS = 20;

/** A page of handles. */
export interface HandlePage {
  readonly handles: readonly string[];
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
 * @throws {Error} if its server is there no longer
 */
export async function handlePage(client: NodeRedisClient | IoredisClient, prefix: string, { after, limit }: { readonly after: string; readonly limit: number }): Promise<HandlePage> {

  const [, from = '', start = '', left = ''] = after === '' ? [] : CURSOR.exec(after) ?? [];
  if (after !== '' && from === '' && left === '') throw noCursor(after);
  const found = new Set(left === '' ? [] : left.split(','));
  const masters = await namedMasters(client);
  let at = from === '' ? 0 : masters.findIndex(({ name }) => name === from);
  if (at === -1) throw new Error('The Redis servers are others than for the page before, and their order is, too: begin with the first page');
  // After the last master, only handles are left.
  let cursor = start === '' && after !== '' ? null : start === '' ? '0' : start;
  if (cursor === null) at = masters.length;
  for (let scans = 0; at < masters.length && found.size < limit && scans < MOST_SCANS; scans++) {
    const { client: master } = masters[at] as Master;
    const page = await scanning(client, master, prefix, { among: 'sessions', count: Math.max(limit, 100) })(cursor ?? '0');
    for (const handle of page.handles) found.add(handle);
    cursor = page.cursor;
    if (cursor === null) {
      at++;
      cursor = '0';
    }
  }
  const all = [...found];
  const rest = all.slice(limit);
  const here = masters[at];
  return {
    handles: all.slice(0, limit),
    next(unused) {
      const pending = [...unused, ...rest].join(',');
      if (here) return `${here.name}:${cursor}:${pending}`;
      return pending === '' ? null : `${masters[0]?.name}::${pending}`;
    },
  };

}

/** In an order of their own: clients list them in any. */
async function namedMasters(client: NodeRedisClient | IoredisClient): Promise<Master[]> {

  const masters = await Promise.all((await mastersOf(client)).map(async (master, index) => {
    const info = String(await (master as NodeRedisClient).info?.('server').then(answer => answer, () => ''));
    const [, name = `n${index}`] = /^run_id:(\w+)/m.exec(info) ?? [];
    return { name, client: master };
  }));
  return masters.sort((one, other) => one.name < other.name ? -1 : 1);

}
