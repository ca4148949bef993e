import { cached } from '../../src/cache/cached-store.js';
import type { AtomicSessionStore, LoadTerms } from '../../src/base/store.js';
import { newStoredId } from '../../src/id/stored-id.js';
import { wrapStore } from '../../src/index.js';
import { toTexts } from '../../src/values/session-values.js';
import { FIRST_VALUES } from './actions.js';
import type { Begun } from './migrating-world.js';
import { currentRequest, type ParkingLot } from './parking-lot.js';
import { ParkingStore } from './parking-store.js';
import type { History, World } from './scenario.js';
import { peekInto, timelessStore } from './worlds.js';

/** The processes of a world: one with copies answers all requests but `b`, which one without answers. */
const processOf = (request: string) => request === 'b' ? 'plain' : 'caching';

/** Makes the store with copies. A test may put a broken one in its place. */
export type MakeCached = (store: AtomicSessionStore) => AtomicSessionStore;

/** A time that no schedule reaches, in seconds: copies do not grow old. */
const maxAge = 60;

/**
 * A world with one session and two processes, of which one has copies.
 *
 * @param reports whether the store reports changes of what that process has loaded,
 *   at any time later, and its answers to loads come at any time, too
 */
export function cachedWorld(
  reports: boolean, make: MakeCached = store => cached(store, { maxAge, maxSessions: 10 }), begun: Begun = { texts: toTexts(FIRST_VALUES), lifetime: 7200 },
): World {

  const memory = timelessStore();
  const first = newStoredId();
  // So long that no request touches it: a touch drops the copy.
  memory.create(first, begun.texts, begun);
  let copies: AtomicSessionStore | undefined;
  const caller = { process: 'caching', get request() { return currentRequest.getStore() as string; } };

  const caching = (lot: ParkingLot): AtomicSessionStore => {
    const watched = new Set<string>();
    let changed: ((handle: string | null) => void) | undefined;
    const report = (id: string) => {
      const handle = memory.handleOf(id);
      if (reports && watched.delete(handle)) lot.report(caller.process, [handle, lot.steps.length], () => changed?.(handle));
    };
    for (const method of ['update', 'move', 'end', 'touch', 'create'] as const) {
      const own = memory[method].bind(memory) as (id: string, ...args: unknown[]) => unknown;
      Object.assign(memory, {
        [method](id: string, ...args: unknown[]) {
          const answer = own(id, ...args);
          report(id);
          return answer;
        },
      });
    }
    const load = memory.load.bind(memory);
    const ofUsers = (['sessionsOf', 'endSessionsOf', 'statesOf', 'infoByHandle'] as const).map(method => [method, (memory[method] as () => unknown).bind(memory)] as const);
    const tracking = Object.assign(Object.create(memory) as typeof memory, Object.fromEntries(ofUsers), {
      load(id: string) {
        watched.add(memory.handleOf(id));
        return load(id);
      },
    });
    const parking = new ParkingStore(lot, tracking, caller, [], newStoredId);
    if (!reports) return make(parking);
    const find = parking.load.bind(parking);
    return make(Object.assign(parking, {
      // The answer may come after reports of what happened later.
      async load(id: string) {
        const found = await find(id);
        await lot.park(caller.request, caller.process, 'answer', [id], () => {});
        return found;
      },
      watch(callback: (handle: string | null) => void) {
        changed = callback;
        return { confirm: () => Promise.reject(new Error('No schedule needs it')) };
      },
    }));
  };

  return {
    cookie: first,
    processOf,
    restart: process => {
      if (process === caller.process) copies = undefined;
    },
    storeFor: (request, lot) => {
      if (processOf(request) === 'plain') return new ParkingStore(lot, memory, { request, process: 'plain' }, [], newStoredId);
      copies ??= caching(lot);
      return wrapStore(copies, inner => ({
        async load(id: string, terms?: LoadTerms) {
          try {
            const found = await inner.load(id, terms);
            if (found?.status === 'live') lot.found(request, caller.process, id, found.version);
            return found;
          } catch (error) {
            lot.failed.add(request);
            throw error;
          }
        },
      }));
    },
    peek: peekInto(memory),
  };

}

const CHANGES = ['create', 'update', 'move', 'end'];

/**
 * Looks for a request that found a state from before a change which its process had
 * made, or had got a report of, when the request was sent.
 *
 * @returns what is wrong, or null
 */
export function outdated({ requests, steps, before, loads }: History): string | null {

  const textsAfter = (step: number, id: string) => JSON.stringify([...(steps[step]?.live ?? before).get(id) ?? []]);
  for (const { name, carried, sentAt } of requests) {
    const at = loads.get(name);
    if (at === undefined || !carried) continue;
    for (const [index, { call, answered }] of steps.slice(0, sentAt).entries()) {
      const isKnown = call.process === 'caching' && (call.method === 'report' || (answered && CHANGES.includes(call.method)));
      const changedAt = call.method === 'report' ? call.args[1] as number : index;
      if (isKnown && changedAt > at && textsAfter(changedAt, carried) !== textsAfter(at, carried)) return `${name} found what had been changed in step ${changedAt}`;
    }
  }
  return null;

}
