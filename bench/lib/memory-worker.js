/* Many sessions in a process of its own, since a heap remembers what was in it. */
import { MemoryStore as MemoryStore1 } from 'session-1';
import { MemoryStore } from '../../dist/index.js';
import { cost } from './rounds.js';
import { serve } from './worker.js';

const EXPIRE = Math.floor(Date.now() / 1000) + 3600;
const ID_LENGTH = 59;
/** The most sessions that are read: their ids must not fill the caches of the processor. */
const MOST_READ = 100_000;

const STORES = {
  'bare Map': () => {
    const map = new Map();
    return { set: (id, values) => map.set(id, JSON.stringify(values)), read: id => JSON.parse(map.get(id)) };
  },
  '1.0.1': () => {
    const store = new MemoryStore1();
    store.close();
    return { set: (id, values) => store.set(id, values, EXPIRE), read: id => store.get(id) };
  },
  ours: () => {
    const store = new MemoryStore();
    const texts = values => new Map(Object.entries(values).map(([key, value]) => [key, JSON.stringify(value)]));
    return {
      set: (id, values) => store.create(id, texts(values), { lifetime: 3600 }),
      read(id) {
        const values = {};
        for (const [key, text] of store.load(id).texts) values[key] = JSON.parse(text);
        return values;
      },
    };
  },
};

const [name, count] = [process.argv[2], Number(process.argv[3])];
const { set, read } = STORES[name]();
const ids = new MemoryStore();

// Outside of the heap. A request's id is a text made anew of what came in.
const kept = Buffer.alloc(Math.min(count, MOST_READ) * ID_LENGTH);
const each = Math.ceil(count / MOST_READ);

await set('warm', { up: 1 });
gc();
const before = process.memoryUsage().heapUsed;
for (let i = 0; i < count; i++) {
  const id = ids.newSessionId();
  await set(id, valuesOf(i));
  if (i % each === 0) kept.latin1Write(id, i / each * ID_LENGTH);
}
gc();
const bytes = (process.memoryUsage().heapUsed - before) / count;

serve({
  bytes: () => bytes,
  /** Says whether what is read is what was stored. */
  async isRight() {
    const id = kept.latin1Slice(ID_LENGTH, 2 * ID_LENGTH);
    return JSON.stringify(await read(id)) === JSON.stringify(valuesOf(each));
  },
  /** Reads sessions in any order. */
  round(reads) {
    return cost(reads, () => {
      const at = Math.floor(Math.random() * Math.ceil(count / each)) * ID_LENGTH;
      return read(kept.latin1Slice(at, at + ID_LENGTH));
    });
  },
});

function valuesOf(i) {

  return { userId: i, name: `user${i}` };

}
