/*
 * What metrics and traces add to a request of an application in memory, with the
 * SDK of OpenTelemetry that collects them, in microseconds of the processor.
 */
import assert from 'node:assert/strict';
import { Application, MemoryRequest } from '@curveball/kernel';
import { metrics, trace } from '@opentelemetry/api';
import { AggregationTemporality, InMemoryMetricExporter, MeterProvider, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics';
import { BasicTracerProvider, BatchSpanProcessor } from '@opentelemetry/sdk-trace-base';
import session, { MemoryStore } from '../../dist/index.js';
import { instrumentedStore, sessionMetrics } from '../../dist/opentelemetry/index.js';
import { figure, report, rounded } from '../lib/report.js';
import { cost, inTurns, median } from '../lib/rounds.js';
import { SESSIONS } from '../lib/stored-sessions.js';

const ROUNDS = 21;
const CALLS = 4000;

/** Spans that are finished go nowhere: what an exporter does with them is its own matter. */
const exporter = { export: (_, done) => done({ code: 0 }), shutdown: async () => {}, forceFlush: async () => {} };
metrics.setGlobalMeterProvider(new MeterProvider({
  readers: [new PeriodicExportingMetricReader({
    exporter: new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE), exportIntervalMillis: 10_000,
  })],
}));
trace.setGlobalTracerProvider(new BasicTracerProvider({ spanProcessors: [new BatchSpanProcessor(exporter)] }));

const KINDS = {
  without: store => store,
  'with metrics': store => instrumentedStore(store),
  'with metrics and traces': store => instrumentedStore(store, { traces: true }),
};

const [values] = Object.values(SESSIONS);
const figures = [];
const stopCounting = sessionMetrics();
const applications = {};
for (const [name, wrap] of Object.entries(KINDS)) applications[name] = await application(wrap);
await compare('a request that reads', '/read');
await compare('a request that changes', '/change');
stopCounting();
report('Metrics and traces, in time of the processor', figures);
// The reader has a timer.
process.exit();

async function application(wrap) {

  const app = new Application();
  let calls = 0;
  app.use(session({ store: wrap(new MemoryStore()) }), ctx => {
    ctx.response.status = 200;
    if (ctx.path === '/create') ctx.session = { ...values };
    if (ctx.path === '/change') ctx.session.count = ++calls;
    ctx.response.body = Object.keys(ctx.session)[0];
  });
  const ask = (path, headers = {}) => app.subRequest(new MemoryRequest('GET', path, 'http://localhost', headers));
  const [cookie] = (await ask('/create')).headers.getMany('Set-Cookie')[0].split(';');
  assert.ok((await ask('/read', { Cookie: cookie })).body);
  return path => ask(path, { Cookie: cookie });

}

async function compare(group, path) {

  const costs = await inTurns(Object.fromEntries(Object.entries(applications).map(([name, ask]) => (
    [name, () => cost(CALLS, () => ask(path))]
  ))), { rounds: ROUNDS });
  for (const [name, { cpu }] of Object.entries(costs)) {
    const more = name === 'without' ? {} : { ratio: rounded(median(cpu) / median(costs.without.cpu)), to: 'without' };
    figures.push(figure(group, name, 'µs', cpu, more));
  }

}
