/*
 * Fills a store through its own methods, in a process of its own: the store's
 * address, the number of sessions and the bytes of each are its arguments. It
 * writes the ids to a file.
 */
import { writeFileSync } from 'node:fs';
import { open } from './open.js';
import { texts } from './sample.js';

/** So long that no read in the measurement has to touch: the applications' expiry, and more. */
const LIFETIME = 15 * 24 * 3600;
/** Calls that are under way at a time. Clients send them together. */
const CONCURRENCY = 256;

// A parent that is gone needs no sessions.
process.stdin.resume().on('end', () => process.exit());

const [address, count, bytes, perUser, file] = process.argv.slice(2);
const { store, close } = await open(address);
const ids = [];
let left = Number(count);
await Promise.all(Array.from({ length: CONCURRENCY }, async () => {
  while (left > 0) {
    const number = left--;
    const id = store.newSessionId();
    const newInfo = perUser === '0' ? undefined : {
      info: { user: `${process.pid}-${Math.floor(number / Number(perUser))}`, details: '{}' }, requestAge: 0,
    };
    const answer = await store.create(id, texts(Number(bytes), number), { lifetime: LIFETIME, ...(newInfo && { newInfo }) });
    if (answer !== true) throw new Error(`A session could not be created: ${answer}`);
    ids.push(id);
  }
}));
if (file) writeFileSync(file, ids.join('\n'));
await close();
process.exit();
