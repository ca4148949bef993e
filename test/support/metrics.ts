import { MeterProvider, MetricReader } from '@opentelemetry/sdk-metrics';

/** Collects metrics when it is asked to. */
class Reader extends MetricReader {
  protected async onShutdown() {}
  protected async onForceFlush() {}
}

type Attributes = Record<string, unknown>;

/** A provider of OpenTelemetry's SDK, and what was measured with it. */
export function meters() {

  const reader = new Reader();
  const meterProvider = new MeterProvider({ readers: [reader] });
  return {
    meterProvider,
    /** Each data point as `name{attribute=value,…}`, and its value; of a histogram, its count and sum. */
    async collected(): Promise<Map<string, number | { count: number; sum: number }>> {
      const { resourceMetrics } = await reader.collect();
      const points = resourceMetrics.scopeMetrics.flatMap(({ metrics }) => metrics).flatMap(({ descriptor, dataPoints }) => (
        dataPoints.map(({ attributes, value }) => [pointName(descriptor.name, attributes), value] as const)
      ));
      return new Map(points.map(([name, value]) => [name, typeof value === 'number' ? value : { count: value.count, sum: value.sum ?? NaN }]));
    },
    /** What is registered: each descriptor, with the names of the attributes that it has. */
    async described() {
      const { resourceMetrics, errors } = await reader.collect();
      return {
        errors,
        instruments: resourceMetrics.scopeMetrics.flatMap(({ scope, metrics }) => metrics.map(({ descriptor, dataPoints }) => ({
          ...descriptor, scope, attributes: [...new Set(dataPoints.flatMap(({ attributes }) => Object.keys(attributes)))].sort(),
        }))),
      };
    },
  };

}

/** The name of a data point. */
export function pointName(name: string, attributes: Attributes): string {

  const entries = Object.entries(attributes).sort(([one], [other]) => (one < other ? -1 : 1));
  return `${name}{${entries.map(([key, value]) => `${key.replace('curveball.session.', '')}=${value}`).join(',')}}`;

}
