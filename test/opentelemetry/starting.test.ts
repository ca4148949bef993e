import { deepStrictEqual, ok, strictEqual, throws } from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { channel } from 'node:diagnostics_channel';
import { describe, it } from 'node:test';
import { MemoryStore, type SessionStore, wrapStore } from '../../src/index.js';
import { instrumentedStore, sessionMetrics, storeGauges } from '../../src/opentelemetry/index.js';
import { page, root } from '../docs/support/markdown.js';
import { runProgram } from '../support/child-process.js';
import { meters } from '../support/metrics.js';
import { site } from '../support/site.js';

const PAGES = { '/begin': (ctx: { session: Record<string, unknown> }) => { ctx.session.cart = 1; } };

const created = 'curveball.session.created{anonymous=true,cookie.name=CB}';

describe('Counting sessions', () => {

  it('begins once for each provider, however often it is asked for, and ends with the last', async () => {

    const [one, other] = [meters(), meters()];
    const { browser } = site(PAGES);
    const begin = async () => {
      browser.cookies.clear();
      await browser.get('/begin');
      return [one, other].map(async ({ collected }) => (await collected()).get(created));
    };
    const counts = async () => Promise.all(await begin());
    const isHeard = () => channel('curveball:session:created').hasSubscribers;

    const stops = [one, one, other].map(({ meterProvider }) => sessionMetrics({ meterProvider }));
    deepStrictEqual(await counts(), [1, 1]);
    stops[0]();
    stops[0]();
    deepStrictEqual(await counts(), [2, 2]);
    stops[1]();
    deepStrictEqual(await counts(), [2, 3]);
    stops[2]();
    deepStrictEqual([await counts(), isHeard()], [[2, 3], false]);
    sessionMetrics({ meterProvider: one.meterProvider })();
    strictEqual(isHeard(), false);

  });

  it('needs no SDK: without one, nothing is measured', async () => {

    const stop = sessionMetrics();
    const { browser } = site(PAGES, { store: instrumentedStore(new MemoryStore(), { traces: true }) });
    strictEqual((await browser.get('/begin')).status, 200);
    stop();

  });

  it('is not even loaded without its import, and no one subscribes', () => {

    const { exports } = JSON.parse(readFileSync(`${root}/package.json`, 'utf8'));
    const files = Object.entries<{ import?: { default: string }; default?: string }>(exports)
      .filter(([path]) => path !== './opentelemetry')
      .flatMap(([, { import: module, default: file = module?.default }]) => (file?.startsWith('./dist/') ? [new URL(`../../src/${file.slice('./dist/'.length)}`, import.meta.url).href] : []));
    ok(files.length > 8);
    const channels = [...new Set(page('docs/events.md').text.match(/curveball:session:[a-z]+/g))];
    ok(channels.length > 8);
    const hook = 'export const resolve = (name, context, next) => { if (/opentelemetry/.test(name)) throw new Error(name + " is loaded"); return next(name, context); }';
    const { status, stderr, stdout } = runProgram(`
      import { register } from 'node:module';
      import { channel } from 'node:diagnostics_channel';
      register('data:text/javascript,' + encodeURIComponent(${JSON.stringify(hook)}));
      for (const file of ${JSON.stringify(files)}) await import(file);
      console.log(${JSON.stringify(channels)}.filter(name => channel(name).hasSubscribers).join());
      process.exit();`);
    deepStrictEqual([status, stdout, stderr], [0, '\n', '']);

  });

  it('counts an answer that does not come in time', async () => {

    const { meterProvider, collected } = meters();
    const stop = sessionMetrics({ meterProvider });
    const store = wrapStore(new MemoryStore(), () => ({ create: () => new Promise<never>(() => {}) }));
    strictEqual((await site(PAGES, { store, storeTimeout: 0.01 }).browser.get('/begin')).status, 503);
    deepStrictEqual([...await collected()], [['curveball.session.store.failures{cookie.name=CB,error.type=ETIMEDOUT}', 1]]);
    stop();

  });

  it('names the package and its version', async () => {

    const { meterProvider, described } = meters();
    const stop = sessionMetrics({ meterProvider });
    await site(PAGES).browser.get('/begin');
    const { version } = JSON.parse(readFileSync(`${root}/package.json`, 'utf8'));
    deepStrictEqual((await described()).instruments.map(({ scope }) => [scope.name, scope.version]), [['@curveball/session', version]]);
    stop();

  });

  it('refuses wrong options by their names', () => {

    const store = new MemoryStore();
    const counting = Object.assign(new MemoryStore(), { countSessions: () => ({ live: 0, ofUsers: 0, expired: 0, isExact: true }) });
    const wrong: Array<[() => unknown, RegExp]> = [
      [() => sessionMetrics(5 as never), /^TypeError: options is 5: it must be an object$/],
      [() => sessionMetrics({ provider: 1 } as never), /^TypeError: option provider is unknown: it must be meterProvider$/],
      [() => sessionMetrics({ meterProvider: {} as never }), /^TypeError: meterProvider is an Object: it must be a MeterProvider of OpenTelemetry$/],
      [() => instrumentedStore(store, { name: '' }), /^TypeError: name is "": it must be a text of 1 to 64 characters$/],
      [() => instrumentedStore(store, { name: 5 as never }), /^TypeError: name is 5: /],
      [() => instrumentedStore(store, { traces: 'yes' as never }), /^TypeError: traces is "yes": it must be true or false$/],
      [() => instrumentedStore(store, { includeHandles: true }), /^TypeError: includeHandles is true: it needs `traces: true`$/],
      [() => instrumentedStore(store, { includeUsers: true }), /^TypeError: includeUsers is true: it needs `traces: true`$/],
      [() => instrumentedStore(store, { tracerProvider: null as never }), /^TypeError: tracerProvider is null: it must be a TracerProvider of OpenTelemetry$/],
      [() => instrumentedStore(store, { attributes: {} } as never), /^TypeError: option attributes is unknown: it must be one of name, traces, /],
      [() => instrumentedStore({} as SessionStore), /^TypeError: store.get is undefined: a session store must have this method$/],
      [() => storeGauges(new Map() as never), /^TypeError: store is a Map: it must be a store that counts its sessions, by countSessions\(\)$/],
      [() => storeGauges(null as never), /^TypeError: store is null: /],
      [() => storeGauges(counting, { interval: 0 }), /^TypeError: interval is 0: it must be a number of seconds from 1 to 3600$/],
      [() => storeGauges(counting, { patience: 0 }), /^TypeError: patience is 0: it must be a number of seconds from 0.001 to 60$/],
      [() => storeGauges(counting, { every: 1 } as never), /^TypeError: option every is unknown: it must be one of name, interval, patience, meterProvider$/],
      [() => storeGauges(counting, { meterProvider: 1 as never }), /^TypeError: meterProvider is 1: /],
    ];
    for (const [make, message] of wrong) throws(make, message);

  });

});
