/*
 * Draws docs/metrics/dashboard.svg: runs app.js beside a real Prometheus server, asks
 * that server the expressions of docs/metrics/dashboard.json, and draws its answers.
 *
 *   PROMETHEUS=/usr/bin/prometheus REDIS=redis://localhost node bench/dashboard/run.js
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { picture } from './picture.js';

const SECONDS = Number(process.env.SECONDS ?? 90);
const DOCS = fileURLToPath(new URL('../../docs/metrics/', import.meta.url));

async function freePort() {

  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;

}

const [port, scraped] = [await freePort(), await freePort()];
const folder = mkdtempSync(join(tmpdir(), 'dashboard-'));
writeFileSync(join(folder, 'prometheus.yml'), `
global: { scrape_interval: 1s }
scrape_configs: [{ job_name: shop, static_configs: [{ targets: ['127.0.0.1:${scraped}'] }] }]
`);
const prometheus = spawn(process.env.PROMETHEUS ?? 'prometheus', [
  `--config.file=${folder}/prometheus.yml`, `--storage.tsdb.path=${folder}/data`, `--web.listen-address=127.0.0.1:${port}`,
], { stdio: 'ignore' });

try {
  const start = Date.now() / 1000;
  const app = spawn(process.execPath, [fileURLToPath(new URL('app.js', import.meta.url))], {
    env: { ...process.env, SECONDS: String(SECONDS), PORT: String(scraped) }, stdio: 'inherit',
  });
  const [code] = await once(app, 'exit');
  if (code !== 0) throw new Error(`The application ended with ${code}`);
  const dashboard = JSON.parse(readFileSync(join(DOCS, 'dashboard.json'), 'utf8'));
  const panels = [];
  for (const { title, targets, gridPos, fieldConfig } of dashboard.panels) {
    const series = (await Promise.all(targets.map(target => ask(target, start)))).flat();
    panels.push({ title, gridPos, unit: fieldConfig.defaults.unit, series });
  }
  writeFileSync(join(DOCS, 'dashboard.svg'), picture(panels, SECONDS));
} finally {
  prometheus.kill();
  await once(prometheus, 'exit');
  rmSync(folder, { recursive: true });
}

/** Asks what Grafana asks: the expression of a panel, over the time of the run. */
async function ask({ expr, legendFormat }, start) {

  const query = new URLSearchParams({ query: expr.replaceAll('$__rate_interval', '10s'), start: String(start + 5), end: String(start + SECONDS), step: '2' });
  const response = await fetch(`http://127.0.0.1:${port}/api/v1/query_range?${query}`);
  const { data, error } = await response.json();
  if (error) throw new Error(`${expr}: ${error}`);
  if (!data.result.some(({ values }) => values.some(([, value]) => value !== 'NaN'))) throw new Error(`No answer to ${expr}`);
  return data.result.map(({ metric, values }) => ({
    name: legendFormat.replace(/\{\{(\w+)\}\}/g, (_, label) => metric[label] ?? '').trim(),
    points: values.map(([time, value]) => [Math.round(time - start), value === 'NaN' ? null : Number(value)]),
  }));

}
