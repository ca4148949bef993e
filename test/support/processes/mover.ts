import { createClient } from 'redis';
import type { SessionStore } from '../../../src/index.js';
import { migrating } from '../../../src/migration/migrating-store.js';
import { openStore } from '../../../src/open/open-store.js';
import { OldRedisStore } from '../old-redis-store.js';

/*
 * A process that moves sessions: `mover.js <from> <to> <id>…`. It counts in each
 * session, many at once, until it is killed or done, and prints a line for each count
 * that was acknowledged.
 */

/** Sessions that are on their way at the same time. */
const AT_ONCE = 20;

const [fromUrl, toUrl, ...ids] = process.argv.slice(2) as [string, string, ...string[]];

const from: SessionStore = fromUrl.startsWith('old-') ? await OldRedisStore.open(fromUrl.slice(4), createClient) : await openStore(fromUrl);
const store = migrating({ from, to: await openStore(toUrl) });
process.stdout.write('ready\n');
await new Promise(resolve => process.stdin.once('data', resolve));

async function count(index: number): Promise<void> {

  const id = ids[index];
  for (;;) {
    const found = await store.load(id);
    if (found?.status !== 'live') {
      process.stdout.write(`lost ${index}\n`);
      return;
    }
    const change = { set: new Map([['count', String(Number(found.texts.get('count') ?? '0') + 1)]]), unset: [] };
    if (await store.update(id, change, { lifetime: 600, version: found.version }) !== 'updated') continue;
    process.stdout.write(`${index}\n`);
    return;
  }

}

let next = 0;
await Promise.all(Array.from({ length: AT_ONCE }, async () => {
  while (next < ids.length) await count(next++);
}));
process.stdout.write('done\n', () => process.exit());
