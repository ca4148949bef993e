import { KEEPS_NOTHING } from '../values/other-record.js';
import { Lease, type LockStore, removed } from './lease.js';
import { newLockId } from './lock-id.js';
import { isTaken, type Patient } from './lock-queue.js';

/** Milliseconds between the first tries. */
const FIRST_PAUSE = 5;

/** Milliseconds between later tries. */
const LONGEST_PAUSE = 50;

/**
 * Gets a lock from the store: asks again and again while another process has it.
 *
 * @param yields whether to let others try first
 * @throws {SessionLockError} if it took too long; or the reason of the signal
 * @throws {SessionStoreError} if the store failed
 */
export async function acquire(
  handle: string, store: LockStore, { lease, until, signal, yields }: Patient & { lease: number; yields: boolean },
): Promise<Lease> {

  const id = newLockId(handle);
  if (yields) await pause(LONGEST_PAUSE, signal);
  for (let longest = FIRST_PAUSE; ; longest = Math.min(longest * 1.5, LONGEST_PAUSE)) {
    const began = performance.now();
    if (await claimed()) return new Lease(id, lease, store, began);
    const left = until - performance.now();
    if (left <= 0) throw isTaken();
    await pause(Math.min(left, longest * (0.5 + Math.random() / 2)), signal);
  }

  async function claimed(): Promise<boolean> {

    try {
      return await store.claim(id, KEEPS_NOTHING, lease);
    } catch (error) {
      // It may have been created all the same.
      removed(id, store);
      throw error;
    }

  }

}

/** Waits for some milliseconds, unless the signal fires. */
function pause(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {

  return new Promise((resolve, reject) => {
    const done = () => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', done);
      if (signal?.aborted) reject(signal.reason);
      else resolve();
    };
    const timer = setTimeout(done, milliseconds);
    signal?.addEventListener('abort', done);
    if (signal?.aborted) done();
  });

}
