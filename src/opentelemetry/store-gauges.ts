import type { MeterProvider, ObservableResult } from '@opentelemetry/api';
import { checkSeconds, known, record, wrong } from '../base/option-checks.js';
import { plainError } from '../base/plain-error.js';
import type { AtomicSessionStore, SessionCount, SessionStore } from '../base/store.js';
import { checkedMeterProvider, meterOf } from './scope.js';
import { storeAttributes } from './store-name.js';

/** Options of {@link storeGauges}. */
export interface StoreGaugesOptions {

  /** As in {@link InstrumentationOptions}. */
  name?: string | undefined;

  /** Seconds, from 1 to 3600, for which a count is reported again before the store is asked for another; 30 by default. */
  interval?: number | undefined;

  /** Seconds to wait for a count; 5 by default, at most 60. If it comes later, it is reported the next time. */
  patience?: number | undefined;

  /** Where the metrics go; by default the provider that is registered globally at this moment. */
  meterProvider?: MeterProvider | undefined;

}

const KNOWN = ['name', 'interval', 'patience', 'meterProvider'];

/** The part of a store that is asked. */
type Counting = Required<Pick<AtomicSessionStore, 'countSessions'>>;

/**
 * Reports how many sessions a store has. The store is asked when metrics are collected,
 * by one call at a time. Ask in one process only, or take the maximum of all: each
 * reports the same sessions.
 *
 * @param store one that counts its sessions
 * @returns a function that ends the reports
 * @throws {TypeError} for a wrong option, or a store that does not count its sessions
 */
export function storeGauges(store: SessionStore, options: StoreGaugesOptions = {}): () => void {

  if (typeof (store as Partial<Counting> | null)?.countSessions !== 'function') throw wrong('store', store, 'must be a store that counts its sessions, by countSessions()');
  record('options', options);
  known('option', options, KNOWN);
  const { interval = 30, patience = 5 } = options;
  checkSeconds('interval', interval, 1, 3600);
  checkSeconds('patience', patience, 0.001, 60);
  const ofStore = storeAttributes(options.name);
  const gauge = meterOf(checkedMeterProvider(options.meterProvider)).createObservableGauge('curveball.session.stored', {
    unit: '{session}', description: 'Sessions in the store',
  });
  const latest = latestCount(store as unknown as Counting, interval);

  const observe = async (result: ObservableResult) => {
    const { live, ofUsers, expired } = await inTime(latest(), patience);
    const report = (state: string, sessions: number) => result.observe(sessions, { ...ofStore, 'curveball.session.state': state });
    report('anonymous', live - ofUsers);
    report('user', ofUsers);
    report('expired', expired);
  };
  gauge.addCallback(observe);
  return () => gauge.removeCallback(observe);

}

/** Seconds after which a call that was never answered no longer keeps the store from being asked again. */
const LOST = 600;

/** Returns a function that returns the count that is under way, or the last one while it is fresh, or else asks for another. */
function latestCount(store: Counting, interval: number): () => Promise<SessionCount> {

  let count: Promise<SessionCount> | undefined;
  let answered: Promise<SessionCount> | undefined;
  let asked = 0;
  return () => {
    const age = (performance.now() - asked) / 1000;
    if (count && age < (answered === count ? interval : LOST)) return count;
    asked = performance.now();
    const next = ask(store).finally(() => { answered = next; });
    count = next;
    return next;
  };

}

async function ask(store: Counting): Promise<SessionCount> {

  try {
    return await store.countSessions();
  } catch (error) {
    throw new Error('The session store could not count its sessions', { cause: plainError(error) });
  }

}

/** @throws if there is no answer in time: OpenTelemetry logs the error, and reports no new number */
async function inTime(count: Promise<SessionCount>, patience: number): Promise<SessionCount> {

  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`The session store has not counted its sessions within ${patience} seconds`)), patience * 1000);
  });
  try {
    return await Promise.race([count, late]);
  } finally {
    clearTimeout(timer);
  }

}
