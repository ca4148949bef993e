/*
 * Prints the bytes of heap that a session takes in the memory store. Its arguments
 * are the number of sessions, the bytes of each, and how many each user has.
 */
import { MemoryStore } from '../../dist/index.js';
import { texts } from './sample.js';

const [count, size, perUser] = process.argv.slice(2).map(Number);
const store = new MemoryStore();
const before = used();
for (let number = 0; number < count; number++) {
  const newInfo = perUser === 0 ? undefined : { info: { user: String(10 ** 9 + Math.floor(number / perUser)), details: '{}' } };
  // As from a cookie: a text of its own, and not a part of others.
  store.create(Buffer.from(store.newSessionId()).toString('latin1'), texts(size, number), { lifetime: 3600, newInfo });
}
const after = used();
console.log(Math.round((after - before) / count));
store.close();

function used() {

  // The second one frees what the first one has found.
  for (let times = 0; times < 3; times++) gc();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;

}
