import type { SessionRecord, SessionTexts } from '../../base/store.js';
import { OTHER_RECORD } from '../../values/other-record.js';
import { toTexts } from '../../values/session-values.js';
import { expect, expectSame, expectSameKeys } from '../lib/failure.js';
import type { Rule } from '../lib/rule.js';
import { LONG, NOTHING } from '../lib/scene.js';
import { whereItHas } from '../lib/where.js';
import { allRecords, recordOf } from './all-pages.js';
import { NO_HANDLES } from './ends.js';

const VALUES = { a: 1, 'k\u00e9y\t\n"\\': ['\u0416 \ud83d\ude00 \u0000', { deep: [null] }], __proto__x: 'y'.repeat(3000) };

export const records: readonly Rule[] = [
  {
    sentence: 'A store with one of recordPage(), putRecord() and takeRecord() has all three, and handleOf()',
    check: async ({ a }) => {
      const has = (['recordPage', 'putRecord', 'takeRecord'] as const).filter(method => a.can(method));
      if (has.length > 0) expectSame('What the store has of them', [...has, a.hasHandles], ['recordPage', 'putRecord', 'takeRecord', true]);
    },
  },
  {
    sentence: 'recordPage(), if the store has it, returns all live records on its pages, also those that are no sessions, and changes none',
    check: whereItHas('recordPage', async scene => {
      const [ended, live, bound, other] = [await scene.session(), await scene.session(), await scene.bound(scene.user()), await scene.id()];
      await scene.a.create(other, new Map([[OTHER_RECORD, '["a message"]']]), { lifetime: LONG });
      await scene.b.end(ended);
      for (const [index, limit] of [1000, 20].entries()) {
        const handles = (await allRecords(scene.at(index), limit)).map(({ handle }) => handle);
        const found = [live, bound, other, ended].map(id => handles.includes(scene.a.handleOf(id)));
        expectSame('Whether they are on a page', found, [true, true, true, false]);
      }
      await scene.expectLive(bound, { a: 1 });
    }),
  },
  {
    sentence: 'recordPage(), if the store has it, returns large records, too, on pages that stay small',
    check: whereItHas('recordPage', async scene => {
      const text = JSON.stringify('x'.repeat(300_000));
      const ids = await Promise.all(Array.from({ length: 5 }, () => scene.id()));
      for (const id of ids) await scene.a.create(id, new Map([['large', text]]), { lifetime: LONG });
      const expected = new Set(ids.map(id => scene.a.handleOf(id)));
      let after: string | undefined;
      do {
        const { records: page, next } = await scene.b.recordPage({ after, limit: 1000 });
        const large = page.filter(({ handle }) => expected.delete(handle)).length;
        expect(large <= 4, () => `A page has ${large} records of 300 kB`);
        after = next ?? undefined;
      } while (after !== undefined);
      expectSame('How many large records are on no page', expected.size, 0);
    }),
  },
  {
    sentence: 'takeRecord(), if the store has it, removes a session whatever its id, leaves a mark that says "moved", and returns what was stored',
    check: whereItHas('takeRecord', async scene => {
      const user = scene.user();
      const id = await scene.bound(user);
      await scene.a.update(id, { set: toTexts({ b: [2] }), unset: [] }, { lifetime: LONG });
      const before = await recordOf(scene, id);
      const { newId } = await scene.move(scene.b, id, NOTHING);
      const taken = await scene.b.takeRecord(scene.b.handleOf(newId));
      expect(taken !== null && taken.hash !== before.hash, () => 'takeRecord() returned a hash that is not that of the current id');
      if (keepsNoSeals(before)) expectSameKeys('`texts` of the record', new Map(taken?.texts as SessionTexts), toTexts({ a: 1, b: [2] }));
      await scene.expectNoSession(newId);
      for (const each of [id, newId]) await scene.expectMark(each, true);
      if (scene.a.isIndexing) await scene.expectSessionsOf(user, []);
      expectSame('What takeRecord() returned the second time', await scene.a.takeRecord(scene.a.handleOf(newId)), null);
    }),
  },
  {
    sentence: 'takeRecord(), if the store has it, returns null for anything but the handle of a live record, and leaves no mark',
    check: whereItHas('takeRecord', async scene => {
      const [ended, unknown] = [await scene.session(), await scene.id()];
      await scene.a.end(ended);
      for (const handle of [...NO_HANDLES, scene.a.handleOf(ended), scene.a.handleOf(unknown)]) {
        expectSame('What takeRecord() returned', await scene.b.takeRecord(handle), null);
      }
      await scene.expectMark(ended, false);
      await scene.expectUnknown(unknown);
    }),
  },
  {
    sentence: 'putRecord(), if the store has it, stores all of a record: texts, info, times and former ids, also in the index',
    check: whereItHas('putRecord', async scene => {
      const user = scene.user('\u0416 "\\\ud800');
      const info = { user, details: 'details ~|{}' };
      const former = await scene.id();
      await scene.a.create(former, toTexts(VALUES), { lifetime: 3600, newInfo: { info } });
      const { newId } = await scene.move(scene.a, former, NOTHING, { lifetime: 3600 });
      const record = await recordOf(scene, newId);
      await scene.a.delete(newId);
      expectSame('The answer to putRecord()', await scene.b.putRecord(record), true);
      await scene.expectLive(newId, VALUES);
      await scene.expectRemaining(newId, 3600);
      await scene.expectMark(former, true, scene.a.keepsInfo ? info : undefined);
      if (scene.a.keepsInfo) await scene.expectInfo(newId, info);
      if (!scene.a.isIndexing) return;
      await scene.expectSessionsOf(user, [newId]);
      await scene.b.update(newId, { set: toTexts({ more: 1 }), unset: [] }, { lifetime: 3600 });
      const { newId: last } = await scene.move(scene.b, newId, NOTHING);
      await scene.expectLive(last, { ...VALUES, more: 1 });
      expectSame('The handles that endSessionsOf() returned', await scene.a.endSessionsOf(user), [scene.a.handleOf(last)]);
      await scene.expectEnded(last);
    }),
  },
  {
    sentence: 'putRecord(), if the store has it, stores records that are no sessions, and sessions without texts or info',
    check: whereItHas('putRecord', async scene => {
      const [other, empty] = [await scene.id(), await scene.session({})];
      const texts = new Map([[OTHER_RECORD, '["a message"]']]);
      await scene.a.create(other, texts, { lifetime: LONG });
      for (const id of [other, empty]) {
        const record = await recordOf(scene, id);
        await scene.a.delete(id);
        expectSame('The answer to putRecord()', await scene.b.putRecord(record), true);
        await scene.expectLive(id, id === other ? texts : {});
        await scene.expectInfo(id, undefined);
      }
    }),
  },
  {
    sentence: 'putRecord(), if the store has it, never overwrites: neither a live session nor a mark, nor does it store one whose time is over',
    check: whereItHas('putRecord', async scene => {
      const [live, ended, over] = [await scene.session({ a: 1 }), await scene.session(), await scene.session()];
      const [first, second, third] = [await recordOf(scene, live), await recordOf(scene, ended), await recordOf(scene, over)];
      await scene.a.update(live, { set: toTexts({ a: 2 }), unset: [] }, { lifetime: LONG });
      await scene.a.end(ended);
      await scene.a.delete(over);
      const refused = [first, second, { ...third, remaining: 0 }, { ...third, remaining: -5 }];
      for (const record of refused) expectSame('The answer to putRecord()', await scene.b.putRecord(record), false);
      await scene.expectLive(live, { a: 2 });
      await scene.expectEnded(ended);
      await scene.expectUnknown(over);
    }),
  },
  {
    sentence: 'putRecord(), if the store has it, refuses a record whose user\'s sessions were ended since it was read, and no other',
    check: whereItHas('putRecord', async scene => {
      if (!scene.a.isIndexing) return;
      const [user, other] = [scene.user(), scene.user()];
      const [revoked, theirs] = [await scene.bound(user), await scene.bound(other)];
      const readAt = performance.now();
      const terms = { get requestAge() { return (performance.now() - readAt) / 1000; } };
      const [record, spared] = [await recordOf(scene, revoked), await recordOf(scene, theirs)];
      for (const id of [revoked, theirs]) await scene.a.delete(id);
      await scene.a.endSessionsOf(user);
      expectSame('The answer to putRecord()', await scene.b.putRecord(record, terms), false);
      await scene.expectNoSession(revoked);
      await scene.expectSessionsOf(user, []);
      expectSame('The answer to putRecord() for another user', await scene.b.putRecord(spared, terms), true);
      await scene.expectSessionsOf(other, [theirs]);
    }),
  },
  {
    sentence: 'putRecord(), if the store has it, refuses what is no record, with a TypeError',
    check: whereItHas('putRecord', async scene => {
      const id = await scene.session();
      const record = await recordOf(scene, id);
      await scene.a.delete(id);
      const store = scene.a.store as unknown as Record<'putRecord', (record: unknown) => unknown>;
      const wrong = [
        null, {}, { ...record, handle: 'x' }, { ...record, hash: id }, { ...record, former: 'x' }, { ...record, texts: { a: '1' } }, { ...record, info: { user: 5 } },
        { ...record, remaining: Number.NaN }, { ...record, idle: '1' }, { ...record, former: [{ hash: '\'', remaining: 1 }] },
      ];
      for (const each of wrong) {
        const error: unknown = await (async () => store.putRecord(each))().then(() => undefined, thrown => thrown);
        expect(error instanceof TypeError, () => `putRecord() did not throw a TypeError, but: ${error}`);
      }
      await scene.expectUnknown(id);
    }),
  },
];

/** Whether the texts of a record are readable: those of an encrypted store are not. */
function keepsNoSeals({ texts }: SessionRecord): boolean {

  return texts.get('a') === '1';

}
