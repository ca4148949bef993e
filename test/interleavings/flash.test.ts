import assert from 'node:assert/strict';
import { Application, Context, MemoryRequest, MemoryResponse } from '@curveball/kernel';
import session, { MemoryStore } from '../../src/index.js';
import { settled } from '../support/events.js';
import { explore } from '../support/explore.js';
import { test } from '../support/exploring.js';
import { texts } from '../support/memory-store-at.js';
import { ParkingLot } from '../support/parking-lot.js';
import { ParkingStore } from '../support/parking-store.js';
import { peekInto } from '../support/worlds.js';

/*
 * Two pages that ask, a request that leaves a message, and a sign-out, in every
 * order of their calls, each in a process of its own. At most one call gets no
 * answer in time, and is carried out at any time later.
 */

const ORIGIN = 'http://localhost';

type Handle = (ctx: Context) => unknown;

interface Asked {
  readonly name: string;
  readonly handle: Handle;
  readonly shown: string[];
  status?: number;
}

const show = (name: string): Asked => {
  const shown: string[] = [];
  return {
    name,
    shown,
    handle: async ctx => {
      for (const { message } of await ctx.flashes()) shown.push(String(message));
    },
  };
};

const leave = (name: string): Asked => ({ name, shown: [], handle: ctx => ctx.flash('notice', name) });

const signOut = (name: string): Asked => ({
  name,
  shown: [],
  handle: ctx => {
    ctx.session = null;
  },
});

async function explored(faults: number): Promise<number> {

  let runs = 0;
  await explore(async choose => {
    runs++;
    const store = new MemoryStore();
    store.close();
    const first = store.newSessionId();
    store.create(first, texts({ kept: 'yes' }), { lifetime: 1800 });
    const lot = new ParkingLot(peekInto(store), [first]);

    const send = async (asked: Asked, cookie: string) => {
      const app = new Application();
      const each = new ParkingStore(lot, store, asked.name, [], () => store.newSessionId());
      app.use(session({ store: each, touchInterval: 0, storeTimeout: 3600 }), async ctx => {
        ctx.response.status = 200;
        await asked.handle(ctx);
      });
      const ctx = new Context(new MemoryRequest('GET', '/', ORIGIN, { Cookie: cookie }), new MemoryResponse(ORIGIN));
      try {
        await app.handle(ctx);
        asked.status = ctx.response.status;
      } catch (error) {
        asked.status = (error as { httpStatus?: number }).httpStatus ?? 500;
      }
      return ctx.response.headers.getMany('Set-Cookie');
    };

    let left = faults;
    const finish = async () => {
      for (;;) {
        await settled();
        const calls = lot.parked.filter(call => !call.late);
        const late = lot.parked.filter(call => call.late);
        if (calls.length === 0) {
          for (const call of late) await lot.apply(call);
          return;
        }
        const ways: Array<() => unknown> = [...calls, ...late].map(call => () => lot.apply(call));
        if (left > 0) {
          for (const call of calls) {
            ways.push(() => {
              left--;
              lot.timeOut(call);
            });
          }
        }
        await ways[choose(ways.length)]();
      }
    };

    const before = leave('before');
    const sending = send(before, '');
    while (lot.parked.length === 0) await settled();
    await lot.apply(lot.parked[0]);
    const [line] = await sending;
    const [carried] = line.split(';');

    const pages = [show('a'), show('b')];
    const others = faults === 0 ? [leave('c'), signOut('d')] : [];
    // The sign-out alone has the session: what the others load of it would only multiply the schedules.
    const answers = [...pages, ...others].map(asked => send(asked, asked.name === 'd' ? `CB=${first}; ${carried}` : carried));
    await finish();
    const lines = (await Promise.all(answers)).flat();
    const last = show('e');
    const jar = [line, ...lines].map(each => each.split(';')[0]).filter(each => each.startsWith('CB-flash') && !each.endsWith('='));
    const answer = send(last, jar.join('; '));
    left = 0;
    await finish();
    await answer;
    lot.close();

    const shown = [...pages, last].flatMap(page => page.shown);
    assert.equal(new Set(shown).size, shown.length, `shown twice: ${shown}`);
    assert.ok([...pages, last].every(({ status }) => status === 200));
    if (faults === 0) {
      assert.deepEqual(shown.sort(), ['before', 'c']);
      assert.ok(others.every(({ status }) => status === 200));
    }
  });
  return runs;

}

test('two pages, a request that leaves a message and a sign-out show each message exactly once', async t => {

  const runs = await explored(0);
  t.diagnostic(`${runs} schedules`);
  assert.ok(runs > 100);

});

test('two pages never show a message twice if one call gets no answer in time', async t => {

  const runs = await explored(1);
  t.diagnostic(`${runs} schedules`);
  assert.ok(runs > 20);

});
