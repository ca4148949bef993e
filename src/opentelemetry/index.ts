/**
 * Metrics and traces of sessions and their stores, with OpenTelemetry.
 *
 * @module opentelemetry
 */

export { type InstrumentationOptions, instrumentedStore } from './instrumented-store.js';
export { type SessionMetricsOptions, sessionMetrics } from './session-metrics.js';
export { type StoreGaugesOptions, storeGauges } from './store-gauges.js';
