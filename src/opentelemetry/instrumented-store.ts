import type { MeterProvider, TracerProvider } from '@opentelemetry/api';
import { known, record, wrong } from '../base/option-checks.js';
import type { AtomicSessionStore, SessionStore } from '../base/store.js';
import { CONTRACT_NAMES } from '../wrapping/checked-store.js';
import { type WrappedStore, wrapStore } from '../wrapping/wrap-store.js';
import { type Call, type Instrument, storeMeter } from './call-metrics.js';
import { callSpans } from './call-spans.js';
import { checkedMeterProvider, meterOf, tracerOf } from './scope.js';
import { storeAttributes } from './store-name.js';

/** Options of {@link instrumentedStore}. */
export interface InstrumentationOptions {

  /** Names the store in the attribute `curveball.session.store.name`, for processes that have several; none by default. */
  name?: string | undefined;

  /** Whether to make a span for each call, as a child of the active span; false by default. */
  traces?: boolean | undefined;

  /** Whether spans name the session, by its handle; false by default. Needs `traces`. */
  includeHandles?: boolean | undefined;

  /** Whether spans name the user, if the call does; false by default. Needs `traces`. */
  includeUsers?: boolean | undefined;

  /** Where the metrics go; by default the provider that is registered globally at this moment. */
  meterProvider?: MeterProvider | undefined;

  /** Where the spans go; by default the provider that is registered globally. */
  tracerProvider?: TracerProvider | undefined;

}

const FLAGS = ['traces', 'includeHandles', 'includeUsers'] as const;

const KNOWN = ['name', ...FLAGS, 'meterProvider', 'tracerProvider'];

/** What needs no call of the backend, or goes on for as long as the process runs. */
const NO_CALLS: ReadonlyArray<keyof AtomicSessionStore> = [
  'atomic', 'touchIsFree', 'keepsInfo', 'uniqueHandles', 'isSessionId', 'handleOf', 'newSessionId', 'watch', 'watchEnds',
];

const CALLS = CONTRACT_NAMES.filter(name => !NO_CALLS.includes(name));

type Methods = Readonly<Record<string, (...args: unknown[]) => unknown>>;

/**
 * Makes a store around another that measures how long each call takes and how large
 * the sessions are that are loaded, and makes spans if you ask for them. No metric and
 * no span contains an id, a value or the message of an error.
 *
 * Call it after the SDK of OpenTelemetry was started.
 *
 * @throws {TypeError} for a wrong option, or a store that lacks a method
 */
export function instrumentedStore<Store extends SessionStore>(store: Store, options: InstrumentationOptions = {}): WrappedStore<Store> {

  record('options', options);
  known('option', options, KNOWN);
  for (const flag of FLAGS) {
    const { [flag]: value = false } = options;
    if (typeof value !== 'boolean') throw wrong(flag, value, 'must be true or false');
    if (value && !options.traces) throw wrong(flag, value, 'needs `traces: true`');
  }
  const { traces, includeHandles = false, includeUsers = false } = options;
  const attributes = storeAttributes(options.name);
  const measured = storeMeter(meterOf(checkedMeterProvider(options.meterProvider)), attributes);
  const tracer = tracerOf(options.tracerProvider);

  return wrapStore(store, inner => {
    const traced = traces && callSpans(tracer, attributes, { inner, includeHandles, includeUsers });
    const instruments: readonly Instrument[] = traced ? [measured, traced] : [measured];
    const methods = inner as unknown as Methods;
    const replaced = (name: string) => (...args: unknown[]) => through(instruments, { name, args }, () => methods[name]?.(...args));
    return Object.fromEntries(CALLS.map(name => [name, replaced(name)]));
  });

}

/** Makes a call within all instruments; the first is the innermost. */
function through(instruments: readonly Instrument[], call: Call, make: () => unknown): unknown {

  return instruments.reduce<() => unknown>((inner, instrument) => () => instrument(call, inner), make)();

}
