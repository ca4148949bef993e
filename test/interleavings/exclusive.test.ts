import assert from 'node:assert/strict';
import { Application, Context, MemoryRequest, MemoryResponse } from '@curveball/kernel';
import session from '../../src/index.js';
import { KeyedStore } from '../../src/stores/shared/keyed-store.js';
import { OTHER_RECORD } from '../../src/values/other-record.js';
import { MapEngine } from '../stores/shared/map-engine.js';
import { settled } from '../support/events.js';
import { type Choose, explore, exploreSome } from '../support/explore.js';
import { test } from '../support/exploring.js';
import { texts } from '../support/memory-store-at.js';
import { ParkingLot } from '../support/parking-lot.js';
import { ParkingStore } from '../support/parking-store.js';
import { peekInto } from '../support/worlds.js';

/*
 * Requests that each count in `ctx.exclusive()`, beside one that changes, moves or
 * ends their session, in every order of their calls. Each is in a process of its own.
 * In some runs a process dies, or stands still for longer than its lease, at any
 * moment.
 */

const ORIGIN = 'http://localhost';
const LEASE = 5;

interface Surroundings {
  /** The request beside those that count. */
  readonly beside?: (ctx: Context) => unknown;
  readonly mayDie?: boolean;
  readonly maySleep?: boolean;
}

interface Counting {
  readonly name: string;
  status?: number;
  isDead?: boolean;
}

/** Runs two requests that count, and checks what came of it. */
async function run({ beside, mayDie = false, maySleep = false }: Surroundings, choose: Choose): Promise<void> {

  const { now } = performance;
  const { now: unixTime } = Date;
  let slept = 0;
  performance.now = () => now.call(performance) + slept;
  Date.now = () => unixTime() + slept;

  const store = new KeyedStore(new MapEngine(Date.now));
  const first = store.newSessionId();
  store.create(first, texts({ kept: 'yes', count: 0 }), { lifetime: 1800 });
  const failures: unknown[] = [];
  const lot = new ParkingLot(peekInto(store), [first]);

  /** The requests that count at the moment, each with the time at which it began. */
  const inside = new Map<Counting, number>();
  /** The requests that stood still for longer than their lease while they counted, so that another began. */
  const overtaken = new Set<Counting>();

  const send = async (request: Counting, handle: (ctx: Context) => unknown) => {
    const app = new Application();
    const each = new ParkingStore(lot, store, request.name, [], moving => store.newSessionId(moving));
    app.use(session({ store: each, touchInterval: 0, storeTimeout: 3600 }), async ctx => {
      ctx.response.status = 200;
      await handle(ctx);
    });
    const ctx = new Context(new MemoryRequest('POST', '/', ORIGIN, { Cookie: `CB=${first}` }), new MemoryResponse(ORIGIN));
    try {
      await app.handle(ctx);
      request.status = ctx.response.status;
    } catch (error) {
      request.status = (error as { httpStatus?: number }).httpStatus ?? 500;
      if (request.status === 500) failures.push(error);
    }
  };

  const count = (request: Counting) => send(request, async ctx => {
    // It has ended, or has another id by now.
    if (ctx.session.kept !== 'yes') {
      ctx.response.status = 401;
      return;
    }
    const once = () => ctx.exclusive('count', async () => {
      for (const [other, since] of inside) {
        if (other.isDead) continue;
        assert.ok(Date.now() - since > LEASE * 1000, 'two count at the same time');
        overtaken.add(other);
      }
      inside.set(request, Date.now());
      try {
        const before = ctx.session.count as number;
        await lot.park(request.name, request.name, 'work', ['none'], () => undefined);
        ctx.session.count = before + 1;
      } finally {
        inside.delete(request);
      }
    }, { wait: 0, lease: LEASE });
    // Once more, in the place of a wait: no timer fires here.
    await once().catch(error => error.httpStatus === 503 && !request.isDead ? once() : Promise.reject(error));
  });

  const counting: Counting[] = [{ name: 'a' }, { name: 'b' }];
  const other: Counting = { name: 'c' };
  for (const request of counting) count(request);
  if (beside) send(other, beside);

  let deaths = mayDie ? 1 : 0;
  let sleeps = maySleep ? 1 : 0;
  for (;;) {
    await settled();
    const calls = lot.parked.filter(call => !call.late);
    if (calls.length === 0) break;
    const ways: Array<() => unknown> = calls.map(call => () => lot.apply(call));
    if (deaths > 0) {
      for (const request of counting.filter(({ name }) => calls.some(call => call.process === name))) {
        ways.push(() => {
          deaths--;
          request.isDead = true;
          lot.die(request.name);
        });
      }
    }
    if (sleeps > 0) {
      ways.push(() => {
        sleeps--;
        slept += (LEASE + 1) * 1000;
      });
    }
    await ways[choose(ways.length)]();
  }
  // What a process that died had sent may still be carried out.
  for (const call of lot.parked) await lot.apply(call);

  assert.deepEqual(failures, []);
  const sessions = [...lot.live.values()].filter(found => found.has('kept'));
  const acknowledged = counting.filter(({ status }) => status === 200).length;
  if (sessions.length > 0) {
    const counted = Number(sessions[0].get('count'));
    const others = counting.length - acknowledged;
    assert.ok(counted >= acknowledged && counted <= acknowledged + (mayDie || maySleep ? others : 0), `${counted} counted, ${acknowledged} acknowledged`);
  }
  for (const request of overtaken) assert.equal(request.status, 503, 'the one who lost the lock was told that all is well');
  if (!mayDie) {
    assert.ok([...lot.live.values()].every(found => !found.has(OTHER_RECORD)), 'a lock is left');
    for (const { status } of counting) assert.ok(status === 200 || status === 503 || (beside && (status === 409 || status === 401)), `status ${status}`);
  }
  if (!mayDie && !maySleep && !beside) assert.ok(acknowledged > 0, 'nobody got the lock');

  lot.close();
  performance.now = now;
  Date.now = unixTime;

}

const WAYS: { readonly [what: string]: Surroundings } = {
  'are never inside at the same time, and lose no count': {},
  'lose no count if one of their processes dies': { mayDie: true },
  'lose no count if time passes for longer than the lease': { maySleep: true },
};

for (const [what, surroundings] of Object.entries(WAYS)) {

  test(`two requests in ctx.exclusive() ${what}`, async t => {

    const runs = await explore(choose => run(surroundings, choose));
    t.diagnostic(`${runs} schedules`);
    assert.ok(runs > 100);

  });

}

const BESIDE: { readonly [what: string]: (ctx: Context) => unknown } = {
  'changes another key': ctx => { ctx.session.other = 'x'; },
  'gives the session a new id': ctx => { ctx.sessionId = null; },
  'ends the session': ctx => { ctx.session = null; },
};

for (const [what, beside] of Object.entries(BESIDE)) {

  test(`two requests in ctx.exclusive() lose no count beside one that ${what}`, async () => {

    await exploreSome(choose => run({ beside }, choose), 1000);

  });

}
