import { SessionLockError } from '../base/errors.js';
import type { Lease } from './lease.js';

/** This many requests of a process get a lock one after the other before other processes may have it. */
const MOST_HANDOVERS = 20;

/** A request's turn at a lock. */
export interface Turn {
  /** The lock in the store, if the request before had it and hands it on. */
  readonly lease: Lease | undefined;
  /** Whether this process has had the lock for long, and lets others have it. */
  readonly yields: boolean;
}

/** How long a request waits. */
export interface Patient {
  /** In milliseconds of `performance.now()`. */
  readonly until: number;
  readonly signal: AbortSignal | undefined;
}

interface Waiting {
  readonly leaseSeconds: number;
  admit(turn: Turn): void;
}

const FIRST: Turn = { lease: undefined, yields: false };

/**
 * Lets the requests of this process that want one lock take turns, first come first
 * served. So only one of them asks the store, and a lock that the process has is
 * handed on without asking it.
 */
export class LockQueues {

  /** By lock; those that are taken. */
  readonly #queues = new Map<string, Waiting[]>();
  readonly #handovers = new WeakMap<Lease, number>();

  /**
   * Waits for a turn, which must be given back by `leave`.
   *
   * @throws {SessionLockError} if it took too long; or the reason of the signal
   */
  enter(name: string, leaseSeconds: number, { until, signal }: Patient): Promise<Turn> | Turn {

    signal?.throwIfAborted();
    const queue = this.#queues.get(name);
    if (!queue) {
      this.#queues.set(name, []);
      return FIRST;
    }
    const left = until - performance.now();
    if (left <= 0) throw isTaken();
    return new Promise((resolve, reject) => {
      const giveUp = (reason: unknown) => {
        queue.splice(queue.indexOf(waiting), 1);
        stop();
        reject(reason);
      };
      const onAbort = () => giveUp(signal?.reason);
      const timer = setTimeout(() => giveUp(isTaken()), left);
      const stop = () => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', onAbort);
      };
      const waiting: Waiting = {
        leaseSeconds,
        admit: turn => {
          stop();
          resolve(turn);
        },
      };
      signal?.addEventListener('abort', onAbort);
      queue.push(waiting);
    });

  }

  /** Ends a turn: hands the lock on, or releases it. */
  async leave(name: string, lease: Lease | undefined): Promise<void> {

    const queue = this.#queues.get(name) as Waiting[];
    const handovers = lease ? this.#handovers.get(lease) ?? 0 : 0;
    const [first] = queue;
    if (lease && first && handovers < MOST_HANDOVERS && first.leaseSeconds === lease.seconds && !lease.isLost) {
      this.#handovers.set(lease, handovers + 1);
      queue.shift();
      first.admit({ lease, yields: false });
      return;
    }
    await lease?.release();
    const next = queue.shift();
    if (next) next.admit({ lease: undefined, yields: handovers >= MOST_HANDOVERS });
    else this.#queues.delete(name);

  }

}

export function isTaken(): SessionLockError {

  return new SessionLockError('Other requests of this session have held the lock for longer than this one could wait');

}
