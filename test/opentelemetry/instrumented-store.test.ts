import { deepStrictEqual, ok, strictEqual } from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { context } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base';
import { MemoryStore, type SessionStore, UserSessions, wrapStore } from '../../src/index.js';
import { instrumentedStore } from '../../src/opentelemetry/index.js';
import { storeTests } from '../../src/testing/index.js';
import { idOf } from '../support/browser.js';
import { settled } from '../support/events.js';
import { MapStore } from '../support/map-store.js';
import { meters } from '../support/metrics.js';
import { type Page, site } from '../support/site.js';
import { innerStores } from '../testing/support/inner-stores.js';

const PAGES: Record<string, Page> = {
  '/sign-in': ctx => { ctx.session = { userId: 'ada', secret: 'a value' }; },
  '/read': ctx => ({ ...ctx.session }),
  '/rotate': ctx => { ctx.sessionId = null; },
};

const { meterProvider } = meters();

function tracers() {

  const exporter = new InMemorySpanExporter();
  const tracerProvider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] });
  return { tracerProvider, meterProvider, tracer: tracerProvider.getTracer('test'), spans: () => exporter.getFinishedSpans() };

}

describe('An instrumented store', () => {

  before(() => { context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable()); });
  after(() => context.disable());

  it('makes a span for each call, as a child of the active span, which is the parent of those of the driver', async () => {

    const { tracerProvider, tracer, spans } = tracers();
    const driver = wrapStore(new MemoryStore(), inner => ({
      load: (id, terms) => tracer.startActiveSpan('driver', async span => {
        await settled();
        span.end();
        return inner.load(id, terms);
      }),
    }));
    const store = instrumentedStore(driver, { name: 'main', traces: true, tracerProvider, meterProvider });
    const { browser } = site(PAGES, { store, user: 'userId', touchInterval: 60 });
    await browser.get('/sign-in');
    await tracer.startActiveSpan('request', async span => {
      await browser.get('/read');
      span.end();
    });
    const [, driven, load, request] = spans().slice(-4);
    deepStrictEqual([driven, load, request].map(({ name }) => name), ['driver', 'curveball.session.store.load', 'request']);
    strictEqual(load.parentSpanContext?.spanId, request.spanContext().spanId);
    strictEqual(driven.parentSpanContext?.spanId, load.spanContext().spanId);
    deepStrictEqual(load.attributes, {
      'curveball.session.store.name': 'main', 'curveball.session.store.operation': 'load', 'curveball.session.store.outcome': 'live',
    });

  });

  it('tells no span what session or user it is about, and no error\'s message, unless it is asked to', async () => {

    for (const includes of [false, true]) {
      const { tracerProvider, spans } = tracers();
      let failure: Error | undefined;
      const failing = wrapStore(new MemoryStore(), inner => ({
        load(id, terms) {
          if (failure) throw Object.assign(failure, { message: `no ${id}` });
          return inner.load(id, terms);
        },
      }));
      const store = instrumentedStore(failing, { traces: true, includeHandles: includes, includeUsers: includes, tracerProvider, meterProvider });
      const { browser } = site(PAGES, { store, user: 'userId', touchInterval: 60 });
      const ids: string[] = [];
      for (const path of ['/sign-in', '/read', '/rotate']) {
        await browser.get(path);
        ids.push(idOf(browser));
      }
      await new UserSessions(store).list('ada');
      // A session may have keys of the same names as the answers of stores.
      const id = await store.newSessionId();
      await store.set(id, { status: 'a value', info: { user: 'a value' } }, Math.ceil(Date.now() / 1000) + 60);
      await store.get(id);
      failure = Object.assign(new TypeError(), { code: 'EPIPE' });
      strictEqual((await browser.get('/read')).status, 503);
      const last = spans().at(-1);
      deepStrictEqual([last?.attributes['error.type'], last?.status, last?.events], ['EPIPE', { code: 2 }, []]);

      const texts = JSON.stringify(spans().map(({ name, attributes, events, status }) => ({ name, attributes, events, status })));
      for (const secret of [...ids.map(id => id.slice(16)), 'a value']) ok(!texts.includes(secret));
      const named = spans().map(({ name, attributes }) => [name.slice(24), attributes['curveball.session.handle'], attributes['enduser.id']]);
      const handle = includes ? ids[0].slice(0, 16) : undefined;
      const user = includes ? 'ada' : undefined;
      deepStrictEqual(named, [
        ['create', handle, user], ['load', handle, user], ['load', handle, user], ['move', handle, user], ['sessionsOf', undefined, user],
        ...['set', 'get'].map(name => [name, includes ? id.slice(0, 16) : undefined, undefined]),
        ['load', handle, undefined],
      ]);
    }

  });

  it('answers at once if the store does, and passes on what the store has beside the contract', () => {

    const inner = new MemoryStore();
    const store = instrumentedStore(inner, { traces: true, meterProvider });
    strictEqual(store.load('unknown'), null);
    strictEqual(store.store, inner.store);
    const four = instrumentedStore(new MapStore(), { meterProvider });
    deepStrictEqual([four.atomic, 'sessionsOf' in four, four.calls], [true, false, []]);

  });

  it('measures what the names of the contract promise, whatever the store answers', async () => {

    const { meterProvider: own, collected } = meters();
    const store = instrumentedStore(new MemoryStore(), { meterProvider: own });
    const id = store.newSessionId() as string;
    const other = store.newSessionId(id) as string;
    const texts = new Map([['é', '"1"']]);
    const nothing = { set: new Map(), unset: [] };
    for (const make of [
      () => store.load(id), () => store.create(id, texts, { lifetime: 9 }), () => store.create(id, texts, { lifetime: 9 }), () => store.load(id),
      () => store.update(id, nothing, { lifetime: 9, version: 'other' }), () => store.touch(id, 9), () => store.move(id, other, nothing, { lifetime: 9 }),
      () => store.load(id), () => store.end(other), () => store.end(other), () => store.set(other, {}, 5), () => store.get(other), () => store.set(id, { status: 'a value' }, Math.ceil(Date.now() / 1000) + 60), () => store.get(id), () => store.delete(other),
      () => store.statesOf([]), () => store.endAllSessions(),
    ]) await make();
    const points = await collected();
    deepStrictEqual(points.get('curveball.session.size{}'), { count: 1, sum: 5 });
    deepStrictEqual([...points.keys()].filter(point => point.includes('operation=')).map(point => point.replace(/.*operation=(\w+),store.outcome=([^,}]+).*/, '$1 $2')).sort(), [
      'create done', 'create none', 'delete done', 'end done', 'end none', 'endAllSessions done', 'get done', 'get none', 'load live', 'load none', 'load retired',
      'move moved', 'set done', 'statesOf done', 'touch done', 'update conflict',
    ]);
    for (const [point, value] of points) if (point.includes('duration')) ok((value as { sum: number }).sum < 5, 'seconds');

  });

});

describe('The tests for stores pass', () => {

  const { tracerProvider } = tracers();
  const instrumented = (store: SessionStore) => instrumentedStore(store, { traces: true, includeHandles: true, includeUsers: true, meterProvider, tracerProvider });
  const kinds = Object.entries(innerStores('instrumented')).slice(0, 3);
  for (const [kind, make] of kinds) {
    describe(`around ${kind}`, () => {
      const [open, options] = make();
      for (const { name, run } of storeTests(async () => instrumented(await open()), { trials: 2, ...options })) it(name, run);
    });
  }

});
