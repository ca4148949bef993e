/*
 * Sends requests with many cookies, from a process of its own, and answers with
 * rate and latencies. Its parent sends it the ports, the path, the file of ids,
 * the connections to each port, and the number of requests.
 */
import { readFileSync } from 'node:fs';
import autocannon from 'autocannon';

let ids = [];

process.on('message', async ({ idsIn, ports, path, connections, amount }) => {
  if (idsIn) ids = readFileSync(idsIn, 'latin1').split('\n');
  const setupRequest = request => {
    if (path !== '/anonymous') request.headers.cookie = `CB=${ids[Math.floor(Math.random() * ids.length)]}`;
    return request;
  };
  const start = performance.now();
  const results = await Promise.all(ports.map(port => autocannon({
    url: `http://127.0.0.1:${port}`, connections, amount: Math.ceil(amount / ports.length), requests: [{ path, headers: {}, setupRequest }],
  })));
  const seconds = (performance.now() - start) / 1000;
  const total = read => results.reduce((sum, result) => sum + read(result), 0);
  const worst = name => Math.max(...results.map(({ latency }) => latency[name]));
  process.send({
    requests: total(({ requests }) => requests.total),
    perSecond: total(({ requests }) => requests.total) / seconds,
    failed: total(result => result.non2xx + result.errors),
    p50: worst('p50'), p99: worst('p99'), p999: worst('p99_9'), longest: worst('max'),
  });
});
process.on('disconnect', () => process.exit());
