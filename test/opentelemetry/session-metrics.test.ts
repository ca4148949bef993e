import { deepStrictEqual, ok } from 'node:assert/strict';
import { afterEach, beforeEach, describe, it, mock } from 'node:test';
import { cached } from '../../src/cache/cached-store.js';
import { encrypted, MemoryStore, type SessionOptions, type SessionStore } from '../../src/index.js';
import { instrumentedStore, sessionMetrics } from '../../src/opentelemetry/index.js';
import { pause, randomFrom } from '../../src/testing/lib/random.js';
import { MapStore } from '../support/map-store.js';
import { meters, pointName } from '../support/metrics.js';
import { Driver } from './driver.js';
import { WitnessOfCalls } from './witness-of-calls.js';

const KEY = 'a secret of at least thirty-two characters';

const OF_USERS: Partial<SessionOptions> = { user: 'userId', renewal: 150 };

interface World {
  readonly inner: SessionStore;
  readonly around?: (store: SessionStore) => SessionStore;
  readonly options?: Partial<SessionOptions>;
  readonly reportCsrf?: boolean;
  readonly steps: number;
}

const WORLDS: Record<string, World> = {
  memory: { inner: new MemoryStore(), options: { ...OF_USERS, maxUserSessions: 1 }, steps: 1200 },
  sealed: {
    inner: new MemoryStore(), around: store => encrypted(cached(store), { keys: [{ id: 'a', secret: KEY }] }), reportCsrf: true, steps: 700,
    options: { ...OF_USERS, maxUserSessions: { count: 2, atLimit: 'refuse' } },
  },
  four: { inner: new MapStore(), steps: 400 },
};

describe('The metrics of sessions', () => {

  let now = 1_800_000_000_000;
  beforeEach(() => {
    mock.timers.enable({ apis: ['Date'], now });
    // A WebSocket that was closed for an error is told to developers by a warning.
    mock.method(process, 'emitWarning', () => {});
  });
  afterEach(() => {
    mock.timers.reset();
    mock.restoreAll();
  });
  const pass = (seconds: number) => {
    now += seconds * 1000;
    mock.timers.setTime(now);
  };

  it('say what a driver of thousands of random requests knows, for several middlewares and stores at once', async () => {

    const { meterProvider, collected } = meters();
    const stop = sessionMetrics({ meterProvider });
    const expected = new Map<string, unknown>();
    for (const [index, [name, { inner, around = (each: SessionStore) => each, steps, ...given }]] of Object.entries(WORLDS).entries()) {
      const witness = new WitnessOfCalls(name);
      const store = around(instrumentedStore(witness.around(inner), { name, meterProvider }));
      const driver = new Driver({ ...given, cookieName: name, seed: index + 1, store, inner: around(inner), witness, pass });
      await driver.alone(steps);
      note(driver, witness, name);
    }

    const witness = new WitnessOfCalls('parallel');
    const random = randomFrom(7);
    const inner = new MemoryStore();
    const store = instrumentedStore(witness.around(inner), { name: 'parallel', meterProvider });
    const driver = new Driver({ cookieName: 'parallel', seed: 8, store, inner, witness, pass, options: { user: 'userId' } });
    witness.pause = () => pause(random);
    await driver.together(120);
    note(driver, witness, 'parallel');
    stop();

    function note({ counts }: Driver, { calls, sizes, failures }: WitnessOfCalls, name: string): void {
      for (const [point, count] of counts) expected.set(point, ((expected.get(point) as number | undefined) ?? 0) + count);
      for (const [point, count] of calls) expected.set(point, count);
      if (failures > 0) expected.set(pointName('curveball.session.store.failures', { 'curveball.session.cookie.name': name, 'error.type': 'ECONNREFUSED' }), failures);
      expected.set(pointName('curveball.session.size', { 'curveball.session.store.name': name }), sizes);
    }

    const measured = new Map<string, unknown>(await collected());
    for (const [point, value] of measured) {
      if (point.startsWith('curveball.session.store.operation.duration')) measured.set(point, (value as { count: number }).count);
    }
    deepStrictEqual(sorted(measured), sorted(expected));

    // Each kind has happened.
    const points = [...measured.keys()];
    for (const part of [
      'anonymous=true', 'anonymous=false', 'regeneration.reason=asked', 'regeneration.reason=user', 'regeneration.reason=renewal',
      'end.reason=signed-out', 'end.reason=revoked', 'end.reason=limit', 'id.reason=unknown', 'id.reason=retired', 'id.reason=reused', 'id.reason=expired',
      'conflict.reason=ended', 'conflict.reason=limit', 'csrf.enforced=true,csrf.reason=cross-site', 'csrf.enforced=false,csrf.reason=cross-site',
      'csrf.enforced=false,csrf.reason=token', 'cookie.name=four,error.type', 'store.outcome=conflict', 'store.outcome=gone',
    ]) ok(points.some(point => point.includes(part)), part);

  });

});

function sorted(points: Map<string, unknown>): Record<string, unknown> {

  return Object.fromEntries([...points].sort(([one], [other]) => (one < other ? -1 : 1)));

}
