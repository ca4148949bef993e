import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, describe, it, mock } from 'node:test';
import { PrometheusSerializer } from '@opentelemetry/exporter-prometheus';
import { DataPointType, MeterProvider, MetricReader, type ResourceMetrics } from '@opentelemetry/sdk-metrics';
import { MemoryStore } from '../../src/index.js';
import { instrumentedStore, sessionMetrics, storeGauges } from '../../src/opentelemetry/index.js';
import { Driver } from '../opentelemetry/driver.js';
import { WitnessOfCalls } from '../opentelemetry/witness-of-calls.js';
import { codeIn, page, root, table } from './support/markdown.js';

class Reader extends MetricReader {
  protected async onShutdown() {}
  protected async onForceFlush() {}
}

/** Everything that the package measures. */
async function everything(): Promise<ResourceMetrics> {

  const reader = new Reader();
  const meterProvider = new MeterProvider({ readers: [reader] });
  const stop = sessionMetrics({ meterProvider });
  mock.timers.enable({ apis: ['Date'], now: 1_800_000_000_000 });
  mock.method(process, 'emitWarning', () => {});
  try {
    const [inner, witness] = [new MemoryStore(), new WitnessOfCalls('main')];
    const store = instrumentedStore(witness.around(inner), { name: 'main', meterProvider });
    storeGauges(store, { name: 'main', meterProvider });
    await new Driver({ cookieName: 'CB', seed: 3, store, inner, witness, pass: () => {}, options: { user: 'userId', maxUserSessions: 1 } }).alone(300);
    return (await reader.collect()).resourceMetrics;
  } finally {
    stop();
    mock.timers.reset();
    mock.restoreAll();
  }

}

describe('The page of metrics', () => {

  const text = page('docs/metrics.md');
  let measured: ResourceMetrics;
  before(async () => { measured = await everything(); });

  it('lists the instruments with their kinds, units and attributes', () => {

    const rows = table(text, 'Instruments').slice(1);
    const kinds = (type: DataPointType, isMonotonic: unknown) => type === DataPointType.HISTOGRAM ? 'histogram' : isMonotonic === true ? 'counter' : 'gauge';
    assert.deepEqual(
      Object.fromEntries(rows.map(([name, kind, unit, attributes]) => [codeIn(name)[0], [kind, codeIn(unit)[0], codeIn(attributes).sort()]])),
      Object.fromEntries(measured.scopeMetrics.flatMap(({ metrics }) => metrics).map(metric => [metric.descriptor.name, [
        kinds(metric.dataPointType, 'isMonotonic' in metric && metric.isMonotonic), metric.descriptor.unit,
        [...new Set(metric.dataPoints.flatMap(({ attributes }) => Object.keys(attributes)))].sort(),
      ]])),
    );

  });

  it('has all options, and their defaults', () => {

    const namesIn = (make: () => unknown) => {
      try {
        make();
      } catch (error) {
        return /one of (.+)$/.exec((error as Error).message)?.[1].split(', ').sort();
      }
      return undefined;
    };
    const rowsOf = (heading: string) => table(text, heading).slice(1).flatMap(([option]) => codeIn(option)).sort();
    const store = new MemoryStore();
    assert.deepEqual(rowsOf('Gauges'), namesIn(() => storeGauges(store, { unknown: 1 } as never)));
    assert.deepEqual(rowsOf('Traces'), namesIn(() => instrumentedStore(store, { unknown: 1 } as never)));

  });

  it('names the buckets', () => {

    const edges = (name: string) => {
      const metric = measured.scopeMetrics.flatMap(({ metrics }) => metrics).find(({ descriptor }) => descriptor.name === name);
      assert.ok(metric?.dataPointType === DataPointType.HISTOGRAM);
      return metric.dataPoints[0].value.buckets.boundaries;
    };
    const sentence = /The buckets of durations end at (.+?) and (\d+) seconds/.exec(text.text);
    assert.deepEqual([...String(sentence?.[1]).split(', '), sentence?.[2]].map(Number), edges('curveball.session.store.operation.duration'));
    assert.deepEqual(edges('curveball.session.size'), Array.from({ length: 8 }, (_, index) => 64 * 4 ** index));

  });

});

describe('The dashboard', () => {

  const dashboard = JSON.parse(readFileSync(join(root, 'docs/metrics/dashboard.json'), 'utf8'));
  // biome-ignore lint/suspicious/noExplicitAny: as Grafana has it
  const targets: any[] = dashboard.panels.flatMap((panel: any) => panel.targets.map((target: any) => ({ ...target, panel })));
  let exported: Map<string, Set<string>>;

  before(async () => {
    // Lines such as `name{label="value"} 1 1700000000`.
    const lines = new PrometheusSerializer().serialize(await everything()).split('\n').flatMap(line => {
      const [, name, labels] = /^(\w+)\{(.*)\} /.exec(line) ?? [];
      return name?.startsWith('curveball_session_') ? [[name, [...labels.matchAll(/(\w+)="/g)].map(([, label]) => label)] as const] : [];
    });
    exported = new Map();
    for (const [name, labels] of lines) exported.set(name, new Set([...exported.get(name) ?? [], ...labels]));
  });

  it('asks for names that the page lists, as they are exported', () => {

    const rows = table(page('docs/metrics.md'), 'Names elsewhere').slice(1);
    assert.ok(rows.length > 3);
    for (const [instrument, scraped] of rows) {
      const [name = ''] = codeIn(scraped);
      assert.ok(exported.has(name), name);
      assert.ok(name.startsWith(codeIn(instrument)[0]?.replaceAll('.', '_') as string), name);
    }

  });

  it('asks only for metrics and labels that are exported, with a unit at the end of the name, too, and for each metric', () => {

    const asked = new Set<string>();
    for (const { expr } of targets) {
      const names = [...expr.matchAll(/__name__=~"([^"]+)"/g)].map(([, pattern]) => new RegExp(`^(?:${pattern})$`));
      const plain = [...expr.replace(/\{[^}]*\}|\bby \([^)]*\)/g, '').matchAll(/\bcurveball_session_\w+/g)].map(([name]) => new RegExp(`^${name}$`));
      const found = [...exported.keys()].filter(name => [...names, ...plain].some(pattern => pattern.test(name)));
      assert.equal(found.length, names.length + plain.length, expr);
      assert.equal(found.length, 1, expr);
      for (const name of found) asked.add(name.replace(/_(bucket|count|sum)$/, ''));
      for (const pattern of names) assert.ok(pattern.test(found[0].replace(/_(bucket|count)$/, /duration/.test(found[0]) ? '_seconds_$1' : '_bytes_$1')), expr);
      const labels = [...expr.matchAll(/\bby \(([^)]*)\)/g)].flatMap(([, list]) => list.split(', '));
      for (const label of labels) assert.ok(exported.get(found[0])?.has(label), `${label} of ${expr}`);
    }
    assert.deepEqual([...asked].sort(), [...new Set([...exported.keys()].map(name => name.replace(/_(bucket|count|sum)$/, '')))].sort());

  });

  it('names in legends the labels by which it groups', () => {

    for (const { expr, legendFormat } of targets) {
      const labels = /^\w+ by \(([^)]*)\)/.exec(expr)?.[1].split(', ') ?? /sum by \(le, ?([^)]*)\)/.exec(expr)?.[1].split(', ') ?? [];
      assert.deepEqual([...legendFormat.matchAll(/\{\{(\w+)\}\}/g)].map(([, label]) => label), labels, expr);
    }

  });

  it('has the form that Grafana imports: a data source to choose, and panels side by side', () => {

    assert.deepEqual(dashboard.templating.list.map(({ name, type, query }: Record<string, string>) => [name, type, query]), [['datasource', 'datasource', 'prometheus']]);
    assert.ok(Number.isInteger(dashboard.schemaVersion) && dashboard.id === undefined && dashboard.uid.length <= 40);
    const { panels } = dashboard;
    assert.equal(new Set(panels.map(({ id }: { id: number }) => id)).size, panels.length);
    const taken = new Set<string>();
    for (const { type, title, datasource, gridPos: { x, y, w, h }, targets: own } of panels) {
      assert.deepEqual([type, datasource, typeof title], ['timeseries', { type: 'prometheus', uid: `$${'{datasource}'}` }, 'string']);
      assert.equal(new Set(own.map(({ refId }: { refId: string }) => refId)).size, own.length, title);
      for (let column = x; column < x + w; column++) {
        for (let row = y; row < y + h; row++) {
          assert.ok(column < 24 && !taken.has(`${column} ${row}`), title);
          taken.add(`${column} ${row}`);
        }
      }
    }

  });

});
