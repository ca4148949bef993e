import { AsyncLocalStorage } from 'node:async_hooks';
import type { Awaitable } from '../base/store.js';
import { type ContextMembers, method } from '../request/attach-session.js';
import type { RequestSession } from '../request/request-session.js';
import { acquire } from './acquire.js';
import { checkCall, type ExclusiveOptions, exclusiveSettings } from './exclusive-options.js';
import type { Lease } from './lease.js';
import { lockHandle } from './lock-id.js';
import { LockQueues } from './lock-queue.js';

/** What runs while no other request of the session runs its own. */
type Task<T> = (signal: AbortSignal) => Awaitable<T>;

/** A function that runs, and the one within which it was started, if any. */
interface Running {
  readonly queues: LockQueues;
  readonly lock: string;
  /** False once it has returned. Callbacks that it has left behind may wait for the lock. */
  isRunning: boolean;
  readonly outer: Running | undefined;
}

/** `ctx.exclusive()`. */
export const exclusiveMembers: ContextMembers = {
  exclusive: method('exclusive', request => <T>(key: string, task: Task<T>, options?: ExclusiveOptions) => exclusive(request, key, task, options)),
};

/** By the store that middlewares share: a session of one store has one queue, whichever middleware finds it. */
const queuesOf = new WeakMap<object, LockQueues>();

const functions = new AsyncLocalStorage<Running>();

async function exclusive<T>(request: RequestSession, key: string, task: Task<T>, options?: ExclusiveOptions): Promise<Awaited<T>> {

  checkCall(key, task);
  const { wait, lease: seconds, signal } = exclusiveSettings(options);
  request.use();
  const { session, shared: { store, updates, origin } } = request;
  // Without a session, there is nothing that requests share.
  if (session.id === null) return await task(new AbortController().signal);
  updates.isWithin(session.id, session, 'exclusive');
  const lock = lockHandle(store.handleOf(session.id), key);
  const queues = queuesFor(origin);
  refuseWithin(queues, lock);

  const patient = { until: performance.now() + wait * 1000, signal };
  const turn = await queues.enter(lock, seconds, patient);
  let lease: Lease | undefined = turn.lease;
  const checkLock = () => { if (lease?.isLost) throw lost(lease, request); };
  try {
    if (store.uniqueHandles) lease ??= await acquire(lock, store, { ...patient, lease: seconds, yields: turn.yields });
    // Another request may have changed or ended the session since this one loaded it.
    await request.reload();
    checkLock();
    const result = await run(queues, lock, () => task(lease?.signal ?? new AbortController().signal));
    checkLock();
    await request.save();
    // While it was stored, another request may have begun with what was there before.
    checkLock();
    return result;
  } finally {
    await queues.leave(lock, lease);
  }

}

function queuesFor(origin: object): LockQueues {

  let queues = queuesOf.get(origin);
  if (!queues) queuesOf.set(origin, queues = new LockQueues());
  return queues;

}

/** @throws {TypeError} within the function that holds the same lock, which would wait for itself */
function refuseWithin(queues: LockQueues, lock: string): void {

  for (let running = functions.getStore(); running; running = running.outer) {
    if (!running.isRunning || running.queues !== queues || running.lock !== lock) continue;
    throw new TypeError('exclusive() was called within the function of an exclusive() of the same session and key: it would wait for itself');
  }

}

async function run<T>(queues: LockQueues, lock: string, task: () => Awaitable<T>): Promise<Awaited<T>> {

  const running: Running = { queues, lock, isRunning: true, outer: functions.getStore() };
  try {
    return await functions.run(running, task);
  } finally {
    running.isRunning = false;
  }

}

/** What the function made is not stored, nor is anything else of the request: the next holder may have stored its own by now. */
function lost({ signal }: Lease, { session }: RequestSession): unknown {

  session.fail(signal.reason);
  return signal.reason;

}
