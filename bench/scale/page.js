/*
 * Writes the tables of docs/scaling.md from the results of the bench. A table is
 * between two comments that name it.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { ASSUMED, bytesIn, inputs, rows, SCALES, STORES } from './arithmetic.js';

const PAGE = new URL('../../docs/scaling.md', import.meta.url);
const DATA = new URL('./results.json', import.meta.url);

const PER_USER = { 0: 'no user', 1: 'one of each user', 5: 'five of each user' };

/** Each table, by its name. */
const TABLES = {

  stores: ({ stores: { result } }) => table(
    ['store', 'request', 'application, µs', 'requests per core', 'server, µs', 'requests per core of the server', 'median, ms', '99 %, ms'],
    result.map(row => [
      row.store, row.kind, number(row.applicationCpu), number(1e6 / row.applicationCpu),
      ...row.serverCpu > 0 && row.kind !== 'anonymous' ? [number(row.serverCpu), number(1e6 / row.serverCpu)] : ['', ''],
      number(row.p50), number(row.p99),
    ]),
  ),

  fleet: ({ fleet: { result } }) => table(
    ['processes', 'request', 'requests a second, of all', 'application, µs', 'masters, µs', 'median, ms', '99 %, ms', '99.9 %, ms'],
    result.rows.map(row => [
      row.processes, row.kind, number(row.perSecond), number(row.applicationCpu), number(row.redisCpu), number(row.p50), number(row.p99), number(row.p999),
    ]),
  ),

  network: ({ fleet: { result } }) => table(
    ['request', 'commands', 'bytes to Redis', 'bytes from Redis', 'bytes to replicas'],
    result.rows.filter(({ processes }) => processes === 1).map(row => [
      row.kind, number(result.commands[row.kind], 2), number(row.bytesToRedis), number(row.bytesFromRedis), number(row.bytesToReplicas),
    ]),
  ),

  spread: ({ fleet: { result } }) => table(
    ['master', 'sessions', 'part of all'],
    result.keys.map((keys, index) => [index + 1, number(keys, 4), `${number(keys / result.sessions * 100)} %`]),
  ),

  faults: ({ faults: { result } }) => table(
    ['master is', 'client', 'full coverage', 'replica takes over, s', 'its sessions fail for, s', '503', 'other errors', 'longest answer, ms', '503 of other masters', 'changes', 'lost', 'signed out', 'ended', 'came back'],
    result.map(row => [
      row.fault, row.driver, row.fullCoverage, row.takenOver === null ? 'never' : number(row.takenOver), number(row.outage), ...statuses(row), number(row.longest, 4), row.othersFailed,
      number(row.changes, 5), row.lost, row.signedOut, number(row.ended, 5), row.cameBack,
    ]),
  ),

  bytes: data => sizes(bytesIn(data), ({ full }) => full),
  steady: data => sizes(bytesIn(data).filter(row => typeof row.steady === 'number'), ({ steady }) => steady),

  growth: data => table(
    ['sessions', ...STORES],
    [1e4, 1e5, 1e6].map(count => [number(count, 7), ...STORES.map(store => number(bytesIn(data).find(row => row.store === store && row.count === count)?.full, 5))]),
  ),

  limits: data => {
    const { limits } = bytesIn(data).find(row => row.limits);
    return table(['a million sessions in one Redis', ''], [
      ['memory', `${number(limits.memory / 2 ** 20)} MiB; ${number(limits.resident / 2 ** 20)} MiB of the machine`],
      ['append-only file, for a session that begins', `${number(limits.appendedPerSession)} bytes`],
      ['start from such a file', `${number(limits.secondsFromCommands)} s`],
      ['fork', `${number(limits.fork / 1000)} ms`],
      ['writing the file anew, while sessions change', `${number(limits.rewriting)} s, ${number(limits.saved / 2 ** 20)} MiB`],
      ['memory that was copied in that time', `${number(limits.copied / 2 ** 20)} MiB for ${number(limits.changes)} changes`],
      ['start from the new file', `${number(limits.secondsFromSnapshot)} s`],
      ['all keys end at once: removed a second', number(limits.expiredPerSecond)],
      ['longest answer meanwhile', `${number(limits.longestPing)} ms`],
    ]);
  },

  inputs: data => {
    const i = inputs(data);
    return table(['measured', ''], [
      ['application CPU of a request', `${number(i.applicationCpu)} µs`],
      ['Redis CPU of a request', `${number(i.redisCpu)} µs`],
      ['bytes to and from Redis, of a request', `${number(i.bytesToRedis)} and ${number(i.bytesFromRedis)}`],
      ['bytes of a session in Redis', number(i.redisBytes)],
      ...Object.entries(i.table).map(([store, { bytes, swept }]) => [
        `bytes of a session in ${store}, in use; rows swept a second`, `${number(bytes)}; ${number(swept)}`,
      ]),
      ['fork time of a GiB', `${number(i.forkPerGib)} ms`],
      ['sessions saved a second', number(i.savedPerSecond)],
      ['memory copied for a change while saving', `${number(i.copiedPerChange)} bytes`],
      ['bytes of a session in the file', number(i.savedBytes)],
      ['sessions loaded a second from the file; from commands', `${number(i.loadedPerSecond)}; ${number(i.replayedPerSecond)}`],
      ['keys expired a second', number(i.expiredPerSecond)],
    ]);
  },

  assumed: () => table(['assumed', ''], Object.entries(ASSUMED)),

  arithmetic: data => table(
    ['', ...SCALES.map(scale => `10${[...String(Math.log10(scale))].map(digit => '⁰¹²³⁴⁵⁶⁷⁸⁹'[digit]).join('')} sessions`), 'computed as'],
    rows(data).map(({ name, unit, formula, values }) => [unit ? `${name}, ${unit}` : name, ...values.map(value => number(value)), formula]),
  ),

};

/** 503, and all other errors, of the sessions on a master that fails and of new ones. */
function statuses({ statuses: counts }) {

  const of = test => Object.entries(counts).filter(([name]) => test(name.endsWith(' 503'))).reduce((sum, [, count]) => sum + count, 0);
  return [of(is503 => is503), of(is503 => !is503)];

}

function sizes(rows, read) {

  const stores = STORES.filter(store => rows.some(row => row.store === store));
  const cells = rows.filter(({ store, count }) => store === stores[0] && count === rows[0].count);
  return table(['bytes of the values', 'sessions', ...stores], cells.map(({ size, perUser, count }) => [
    number(size, 4), PER_USER[perUser],
    ...stores.map(store => number(read(rows.find(row => row.store === store && row.size === size && row.perUser === perUser && row.count === count)), 4)),
  ]));

}

function table(head, lines) {

  const row = cells => `| ${cells.join(' | ')} |`;
  return [row(head), `|${head.map((_, column) => typeof lines[0]?.[column] === 'string' && !/^[\d,.]/.test(lines[0][column]) ? '---' : '---:').join('|')}|`, ...lines.map(row)].join('\n');

}

/** Three digits that count, with commas between thousands. */
function number(value, digits = 3) {

  if (value === undefined) return '';
  return Number(value.toPrecision(digits)).toLocaleString('en-US', { maximumFractionDigits: 3 });

}

/** A page with its tables written from the results. */
export function written(page, data) {

  return page.replace(/(<!-- figures: (\w+) -->)[\s\S]*?(?=<!-- end of figures -->)/g, (_, begin, name) => `${begin}\n${TABLES[name](data)}\n`);

}

/** The page as it is, and as the results say that it has to be. */
export function pageAndResult() {

  const page = readFileSync(PAGE, 'utf8');
  return { page, result: written(page, JSON.parse(readFileSync(DATA, 'utf8'))) };

}

/** Writes the tables of the page. */
export function writePage() {

  writeFileSync(PAGE, pageAndResult().result);

}
