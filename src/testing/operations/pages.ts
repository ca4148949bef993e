import type { PageTerms, StoredSession } from '../../base/store.js';
import { OTHER_RECORD } from '../../values/other-record.js';
import { sizeOf } from '../../values/session-size.js';
import { toTexts } from '../../values/session-values.js';
import { A_WHILE } from '../contract/expiry.js';
import type { CheckedStore } from '../lib/checked-store.js';
import { expect, expectSame } from '../lib/failure.js';
import { race } from '../lib/race.js';
import { pause } from '../lib/random.js';
import type { Rule } from '../lib/rule.js';
import { changing, LONG, NOTHING, type Scene } from '../lib/scene.js';
import { whereItHas } from '../lib/where.js';
import { allSessions } from './all-pages.js';

const WRONG: readonly unknown[] = [
  { limit: 0 }, { limit: 1001 }, { limit: 1.5 }, { limit: '10' }, { limit: Number.NaN }, { after: 5 }, { after: 'nonsense, which is no cursor' }, { after: null },
];

/** Bytes that a store may add for each key, in which each character may be escaped as six. */
const BESIDE = 60;

export const pages: readonly Rule[] = [
  {
    sentence: 'sessionPage(), if the store has it, returns all live sessions on its pages, and nothing else, whatever the limit',
    check: whereItHas('sessionPage', async scene => {
      const ended = await scene.session();
      const [moved = '', current = ''] = await scene.moved(1);
      const live = [await scene.bound(scene.user()), await scene.bound(null, 'details'), current, ...await Promise.all([1, 2, 3].map(() => scene.session()))];
      const emptied = await scene.session({ a: 1 });
      await scene.a.update(emptied, changing({ a: undefined }), { lifetime: LONG });
      const other = await scene.id();
      await scene.a.create(other, new Map([[OTHER_RECORD, 'null']]), { lifetime: LONG });
      await scene.b.end(ended);
      const none = [ended, other, ...scene.a.handleOf(moved) === scene.a.handleOf(current) ? [] : [moved]];
      for (const [index, limit] of [1000, 50, 3].entries()) {
        const listed = (await allSessions(scene.at(index), limit)).map(({ handle }) => handle);
        for (const id of [...live, emptied]) expect(listed.includes(scene.a.handleOf(id)), () => `A live session is on no page, with ${limit} on each`);
        for (const id of none) expect(!listed.includes(scene.a.handleOf(id)), () => 'A page has something that is not a live session');
      }
    }),
  },
  {
    sentence: 'sessionPage(), if the store has it, says of each session whose it is, its details, its times, and about how large it is',
    check: whereItHas('sessionPage', async scene => {
      const user = scene.user('\u0416 "\\\ud800 \ud83d\ude00');
      const details = 'some details, ~|{}';
      const values = { a: 'x'.repeat(5000), 'k\u00e9y\t\n"\\': ['\u0416'.repeat(100), 1] };
      const id = await scene.id();
      await scene.a.create(id, toTexts(values), { lifetime: 3600, newInfo: { info: { user, details } } });
      const anonymous = await scene.session({ a: 1 }, 60.5);
      const size = sizeOf(toTexts(values));
      for (const store of scene.both) {
        const listed = await listedOf(store);
        const session = listed.get(store.handleOf(id));
        expectSame('The user and the details of the session', [session?.user, session?.details], store.keepsInfo ? [user, details] : [null, '']);
        expect(isAbout(session?.remaining, 3600), () => `\`remaining\` is ${session?.remaining} seconds\nIt must be about 3600`);
        expect(session?.idle === null || (session?.idle ?? NaN) < 30, () => `\`idle\` is ${session?.idle} seconds\nIt must be about 0, or null`);
        expect((session?.size ?? NaN) >= size && (session?.size ?? NaN) <= 6 * size + 2 * BESIDE, () => `\`size\` is ${session?.size} bytes\nIt must be at least ${size}, and not much more`);
        const other = listed.get(store.handleOf(anonymous));
        expectSame('The user of an anonymous session', other?.user, null);
        expect(isAbout(other?.remaining, 60.5), () => `\`remaining\` is ${other?.remaining} seconds\nIt must be about 60.5`);
      }
    }),
  },
  {
    sentence: 'sessionPage(), if the store has it, returns no session whose time is over',
    waits: A_WHILE,
    check: whereItHas('sessionPage', async scene => {
      const [expired, live] = [await scene.session({ a: 1 }, 1), await scene.session()];
      await scene.wait();
      for (const store of scene.both) {
        const listed = await listedOf(store);
        expectSame('Whether it is on a page', [expired, live].map(id => listed.has(store.handleOf(id))), [false, true]);
      }
    }),
  },
  {
    sentence: 'sessionPage() and recordPage(), if the store has them, refuse a wrong limit, and a cursor that is none, with a TypeError',
    check: async scene => {
      for (const method of (['sessionPage', 'recordPage'] as const).filter(each => scene.a.can(each))) {
        for (const terms of [...WRONG, ...damaged(await cursorOf(scene, method))]) {
          const page = async () => (scene.a.store as unknown as Record<string, (given: PageTerms) => unknown>)[method]?.(terms as PageTerms);
          const error: unknown = await page().then(() => undefined, thrown => thrown);
          expect(error instanceof TypeError, () => `${method}(${JSON.stringify(terms)}) did not throw a TypeError, but: ${error}`);
        }
      }
    },
  },
  {
    sentence: 'Race: a session that exists all the time is on a page of sessionPage(), if the store has it, while others come and go and it moves',
    check: whereItHas('sessionPage', async scene => {
      let isLarge = false;
      await scene.trials(async random => {
        if (isLarge) return;
        const lasting = await Promise.all(Array.from({ length: 5 }, () => scene.session()));
        const going = await Promise.all(Array.from({ length: 5 }, () => scene.session()));
        // A store with many other sessions is listed in few pages, and once.
        const { size } = await listedOf(scene.a);
        isLarge = size > 200;
        const limit = Math.max(4, Math.ceil(size / 6));
        const [listed] = await race(
          random, () => listedOf(scene.a, Math.min(limit, 1000), () => pause(random)),
          ...going.map(id => () => scene.b.end(id)), ...lasting.map(id => () => scene.move(scene.b, id, NOTHING)),
          ...lasting.map(() => () => scene.session()),
        );
        if (!keepsHandles(scene, lasting[0] as string)) return;
        for (const id of lasting) expect((listed as Map<string, unknown>).has(scene.a.handleOf(id)), () => 'A session that existed all the time is on no page');
      });
    }),
  },
];

async function cursorOf(scene: Scene, method: 'sessionPage' | 'recordPage'): Promise<string> {

  for (let sessions = 0; sessions < 2; sessions++) await scene.session();
  const { next } = await scene.a[method]({ limit: 1 });
  expect(next !== null, () => `${method}() returned one entry of several, and no cursor of the next`);
  return next as string;

}

/** Cursors that are no longer one. */
function damaged(cursor: string): PageTerms[] {

  return [`${cursor}-`, `-${cursor}`, `${cursor}\n`, ':', '::foo', '::'].map(after => ({ after }));

}

function keepsHandles({ a }: Scene, id: string): boolean {

  return a.canMove && a.hasHandles && typeof a.handleOf(id) === 'string';

}

async function listedOf(store: CheckedStore, limit?: number, between?: () => Promise<void>): Promise<Map<string, StoredSession>> {

  return new Map((await allSessions(store, limit, between)).map(session => [session.handle, session]));

}

function isAbout(remaining: number | undefined, lifetime: number): boolean {

  return remaining !== undefined && remaining <= lifetime + 1.1 && remaining >= lifetime - 30;

}
