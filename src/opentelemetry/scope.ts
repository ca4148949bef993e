import { type Meter, type MeterProvider, metrics, type Tracer, type TracerProvider, trace } from '@opentelemetry/api';
import { wrong } from '../base/option-checks.js';

/** The name and version by which OpenTelemetry knows whose metrics and spans these are. */
const NAME = '@curveball/session';
const VERSION = '2.0.0';

/** @throws {TypeError} if the option is no provider */
export function checkedMeterProvider(given: MeterProvider | undefined): MeterProvider {

  if (given !== undefined && typeof (given as Partial<MeterProvider> | null)?.getMeter !== 'function') throw wrong('meterProvider', given, 'must be a MeterProvider of OpenTelemetry');
  return given ?? metrics.getMeterProvider();

}

export function meterOf(provider: MeterProvider): Meter {

  return provider.getMeter(NAME, VERSION);

}

/** @throws {TypeError} if the option is no provider */
export function tracerOf(given: TracerProvider | undefined): Tracer {

  if (given !== undefined && typeof (given as Partial<TracerProvider> | null)?.getTracer !== 'function') throw wrong('tracerProvider', given, 'must be a TracerProvider of OpenTelemetry');
  return (given ?? trace.getTracerProvider()).getTracer(NAME, VERSION);

}
