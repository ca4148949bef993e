import { ok } from 'node:assert/strict';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

const LONG = 100_000;

/**
 * Fails if the `Cookie` headers of requests stay in memory when ids that they carried were used.
 *
 * @param use is called with each id, as a piece of its header
 */
export async function expectNothingKept(ids: readonly string[], use: (id: string) => unknown): Promise<void> {

  const before = heapUsed();
  for (const id of ids) {
    const header = `session=${id}; other=${'x'.repeat(LONG)}`;
    await use(header.slice(8, 8 + id.length));
  }
  const grown = heapUsed() - before;
  ok(grown < ids.length * LONG / 5, `${grown} bytes`);

}

/** In bytes, after all garbage was collected. */
function heapUsed(): number {

  collectGarbage();
  return process.memoryUsage().heapUsed;

}

export function collectGarbage(): void {

  setFlagsFromString('--expose-gc');
  runInNewContext('gc')();

}
