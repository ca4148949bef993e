import { randomBytes } from 'node:crypto';
import type { OpenedStore } from '@curveball/session/open';
import { hinted } from '../../errors.js';
import { type Check, problem, warning } from '../check.js';
import { within } from '../connections/within.js';
import { remedy } from '../remedies.js';

/** A store that is open, and what a request may wait for it. */
export interface OpenSubject {
  readonly store: OpenedStore;
  /** Milliseconds from which half of the answers are slow. */
  readonly slow: number;
  /** Notes what was measured, in seconds. */
  measured(latencySeconds: { readonly p50: number; readonly p99: number }): void;
  /** Returns the clock of the server, in Unix seconds; null if it is that of this machine. */
  time(): Promise<number | null>;
}

/** Seconds by which two clocks may differ. */
const APART = 2;

/** Questions that are asked, and milliseconds after which no more are. */
const QUESTIONS = 100;
const LONGEST = 2000;

/** Milliseconds for the trial. */
const LONGEST_TRIAL = 10_000;

/** A hundredth of the answers may take so many times longer than half of them. */
const TAIL = 10;

/** What can be wrong with any store: it is used as an application uses it. */
export const STORE_CHECKS: ReadonlyArray<Check<OpenSubject>> = [
  {
    name: 'clock',
    what: `whether the clock of the server differs from that of this machine by more than ${APART} seconds`,
    look: async ({ time }) => {
      const before = Date.now() / 1000;
      const theirs = await time();
      if (theirs === null) return null;
      const apart = theirs - (before + Date.now() / 1000) / 2;
      return Math.abs(apart) > APART
        ? warning(`The clock of the server is ${Math.abs(apart).toFixed(1)} seconds ${apart > 0 ? 'ahead of' : 'behind'} that of this machine: lists of sessions show wrong times, and deadlines that are a time of day come too early or too late`, 'Let both machines follow an NTP server')
        : null;
    },
  },
  {
    name: 'trial',
    what: 'whether a session can be stored, changed, found by its user, moved, ended and removed; it leaves nothing behind',
    look: async ({ store }) => {
      try {
        await within(useSession(store), LONGEST_TRIAL);
        return null;
      } catch (error) {
        const message = reason(error);
        return problem(`The store can't keep a session: ${message}`, remedy(message, 'The page of the store lists the settings that it needs'));
      }
    },
  },
  {
    name: 'latency',
    what: 'how long answers take, at p50 and p99',
    look: async ({ store, slow, measured }) => {
      const times: number[] = [];
      const began = performance.now();
      while (times.length < QUESTIONS && performance.now() - began < LONGEST) {
        const asked = performance.now();
        await store.load(store.newSessionId() as string);
        times.push(performance.now() - asked);
      }
      times.sort((a, b) => a - b);
      const at = (part: number) => times[Math.ceil(times.length * part) - 1] as number;
      const [p50, p99] = [at(0.5), at(0.99)];
      measured({ p50: p50 / 1000, p99: p99 / 1000 });
      if (p50 < slow && p99 < slow * TAIL) return null;
      return warning(`Half of the answers take ${p50.toFixed(1)} ms or more, and a hundredth ${p99.toFixed(1)} ms: each request that has a session waits for one or two`, 'Move the store closer to the application, or look for what keeps it busy');
    },
  },
];

/** Does with a session what requests do. */
async function useSession(store: OpenedStore): Promise<void> {

  const user = `doctor ${randomBytes(12).toString('hex')}`;
  const info = { user, details: '' };
  const terms = { lifetime: 60 };
  const change = { set: new Map([['doctor', '2']]), unset: [] };
  const id = await store.newSessionId();
  const other = await store.newSessionId(id);
  const begin = (which: string) => store.create(which, new Map([['doctor', '1']]), { ...terms, newInfo: { info } });
  try {
    await begin(id);
    if ((await store.load(id))?.status !== 'live') throw new Error('a session that has just been stored is not found');
    await store.update(id, change, { ...terms, user });
    await store.touch(id, 60, user);
    await store.move?.(id, other, change, { ...terms, newInfo: { info } });
    if ((await store.sessionsOf(user)).length !== 1) throw new Error('a session is not found by its user');
    await store.endSessionsOf(user, { only: store.handleOf?.(other) as string, reason: 'revoked' });
    if ((await store.load(other))?.status === 'live') throw new Error('a session that has ended is still there');
  } finally {
    for (const each of [id, other]) await Promise.resolve(store.delete(each)).catch(() => {});
  }
  // Of this, an error counts.
  await store.delete(other);

}

/** Returns what a driver said: the store's own error does not repeat it. */
function reason(error: unknown): string {

  const { message, cause } = error as Error;
  return hinted(cause instanceof Error && !message.includes(cause.message) ? `${message} (${cause.message})` : message);

}
