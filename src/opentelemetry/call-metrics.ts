import type { Attributes, Meter } from '@opentelemetry/api';
import { settled } from '../base/awaitable.js';
import type { FoundSession } from '../base/store.js';
import { sizeOf } from '../values/session-size.js';
import { errorType } from './error-type.js';

/** A call of a store. */
export interface Call {
  readonly name: string;
  readonly args: readonly unknown[];
}

/** Makes a call, and records it. It answers without a promise if the store does. */
export type Instrument = (call: Call, make: () => unknown) => unknown;

/** Seconds: from a store in memory to one that does not answer in time, most of them where servers answer. */
const DURATIONS = [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5];

/** Bytes, up to the default of `maxBytes`. */
const SIZES = [64, 256, 1024, 4096, 16_384, 65_536, 262_144, 1_048_576];

/** Makes the histograms of a store, and returns what records each call in them. */
export function storeMeter(meter: Meter, ofStore: Attributes): Instrument {

  const durations = meter.createHistogram('curveball.session.store.operation.duration', {
    unit: 's', description: 'Duration of calls of the store', advice: { explicitBucketBoundaries: DURATIONS },
  });
  const sizes = meter.createHistogram('curveball.session.size', {
    unit: 'By', description: 'Size of live sessions as they are loaded: keys and JSON texts in UTF-8', advice: { explicitBucketBoundaries: SIZES },
  });

  return ({ name }, make) => {
    const start = performance.now();
    const record = (outcome: Attributes) => durations.record((performance.now() - start) / 1000, { ...ofStore, 'curveball.session.store.operation': name, ...outcome });
    return settled(
      make,
      answer => {
        record(outcomeOf(name, answer));
        const found = answer as FoundSession | null;
        if (name === 'load' && found?.status === 'live') sizes.record(sizeOf(found.texts), ofStore);
      },
      error => record(failureOf(error)),
    );
  };

}

/** The attributes of a call that was answered: what the store found or did. */
export function outcomeOf(name: string, answer: unknown): Attributes {

  return { 'curveball.session.store.outcome': outcome(name, answer) };

}

function outcome(name: string, answer: unknown): string {

  if (typeof answer === 'string') return answer;
  if (answer === false || answer === null) return 'none';
  // What `get` returns is the application's: a session can have a key of this name, too.
  const { status } = Object(name === 'load' ? answer : null) as { readonly status?: unknown };
  return typeof status === 'string' ? status : 'done';

}

/** The attributes of a call that failed. */
export function failureOf(error: unknown): Attributes {

  return { 'curveball.session.store.outcome': 'failed', 'error.type': errorType(error) };

}
