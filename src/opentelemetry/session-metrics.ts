import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { MeterProvider } from '@opentelemetry/api';
import { known, record } from '../base/option-checks.js';
import { checkedMeterProvider, meterOf } from './scope.js';
import { sessionCounters } from './session-counters.js';

/** Options of {@link sessionMetrics}. */
export interface SessionMetricsOptions {
  /** Where the metrics go; by default the provider that is registered globally at this moment. */
  meterProvider?: MeterProvider | undefined;
}

/** Those that count, with the number of calls that asked for it. */
const running = new Map<MeterProvider, { calls: number; readonly stop: () => void }>();

/**
 * Counts what happens to sessions in this process: those that are created, get a new
 * id or end, and requests that are refused. docs/metrics.md lists the instruments.
 *
 * Call it once, after the SDK of OpenTelemetry was started. Further calls with the same
 * provider count nothing twice.
 *
 * @returns a function that stops counting, if no other call asked for it
 * @throws {TypeError} for a wrong option
 */
export function sessionMetrics(options: SessionMetricsOptions = {}): () => void {

  record('options', options);
  known('option', options, ['meterProvider']);
  const provider = checkedMeterProvider(options.meterProvider);
  const run = running.get(provider) ?? { calls: 0, stop: count(provider) };
  running.set(provider, run);
  run.calls++;
  let isStopped = false;
  return () => {
    if (isStopped) return;
    isStopped = true;
    run.calls--;
    if (run.calls > 0) return;
    running.delete(provider);
    run.stop();
  };

}

/** @returns a function that stops counting */
function count(provider: MeterProvider): () => void {

  const listeners = Object.entries(sessionCounters(meterOf(provider)))
    .map(([name, listener]) => [`curveball:session:${name}`, (event: unknown) => listener(event as never)] as const);
  for (const [channel, listener] of listeners) subscribe(channel, listener);
  return () => {
    for (const [channel, listener] of listeners) unsubscribe(channel, listener);
  };

}
