/*
 * The memory that a session takes in MemoryStore, beside a bare Map from id to
 * JSON text, and beside 1.0.1. A fresh process for each, since a heap remembers.
 */
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { MemoryStore as MemoryStore1 } from 'session-1';
import { MemoryStore } from '../../dist/index.js';

const COUNTS = [100_000, 1_000_000];
const EXPIRE = Math.floor(Date.now() / 1000) + 3600;

const stores = {
  'bare Map': () => {
    const map = new Map();
    return { keep: map, set: (id, values) => map.set(id, JSON.stringify(values)) };
  },
  '1.0.1': () => {
    const store = new MemoryStore1();
    store.close();
    return { keep: store, set: (id, values) => store.set(id, values, EXPIRE) };
  },
  2: () => {
    const store = new MemoryStore();
    const keys = values => new Map(Object.entries(values).map(([key, value]) => [key, JSON.stringify(value)]));
    return { keep: store, set: (id, values) => store.create(id, keys(values), { lifetime: 3600 }) };
  },
};

if (process.argv[2]) {
  const ids = new MemoryStore();
  const { keep, set } = stores[process.argv[2]]();
  const count = Number(process.argv[3]);
  await set('warm', { up: 1 });
  gc();
  const before = process.memoryUsage().heapUsed;
  for (let i = 0; i < count; i++) await set(ids.newSessionId(), { userId: i, name: `user${i}` });
  gc();
  console.log((process.memoryUsage().heapUsed - before) / count);
  // Still in use here, so that it was not collected above.
  if (!keep) process.exit(1);
} else {
  console.log('bytes a session of two short keys\n');
  console.log('sessions   bare Map    1.0.1        2    2 to the bare Map');
  for (const count of COUNTS) {
    const [bare, old, own] = ['bare Map', '1.0.1', '2'].map(name => Number(execFileSync(
      process.execPath, ['--expose-gc', fileURLToPath(import.meta.url), name, String(count)], { encoding: 'utf8' },
    )));
    console.log([
      String(count).padStart(8), bare.toFixed(0).padStart(10), old.toFixed(0).padStart(8),
      own.toFixed(0).padStart(8), (own / bare).toFixed(2).padStart(20),
    ].join(' '));
  }
}
