import type { StoredInfo } from '../../base/store.js';
import { toTexts } from '../../values/session-values.js';
import { A_WHILE } from '../contract/expiry.js';
import { KEYS } from '../lib/corpus.js';
import { expect, expectSame } from '../lib/failure.js';
import type { Rule } from '../lib/rule.js';
import { changing, LONG, NOTHING } from '../lib/scene.js';
import { whereItFindsUsers, whereItHasHandles, whereItKeepsInfo, whereItTellsByHandle } from '../lib/where.js';
import { NO_HANDLES } from '../operations/ends.js';

const ASCII = String.fromCharCode(...Array.from({ length: 95 }, (_, index) => 32 + index));

const LONGEST = ASCII.repeat(44).slice(0, 4096);

/** Users that some engine, format or language takes for something else. */
const USERS: readonly string[] = [...KEYS.filter(key => key !== ''), 'ada@example.org', 'A', 'a ', 'i', 'I', '1.0', '😀', 'ſ', 's'];

/** The characters of an id that must stay secret: 128 bits in base64url. */
const SECRET = 22;

export const info: readonly Rule[] = [
  {
    sentence: 'load() returns exactly the info that create() was given, if the store has keepsInfo: any user, any details',
    check: whereItKeepsInfo(async scene => {
      const all: StoredInfo[] = [
        ...USERS.map((user, index) => ({ user, details: ['', '{"a":"\\\\u0000"}', '\'; --', LONGEST][index % 4] as string })),
        { user: null, details: '{}' }, { user: null, details: LONGEST },
      ];
      for (const [index, each] of all.entries()) {
        const id = await scene.id();
        const answer = await scene.at(index).create(id, toTexts({ a: 1 }), { lifetime: LONG, newInfo: { info: each } });
        expectSame('The answer to create()', answer, true);
        await scene.expectInfo(id, each);
        await scene.expectLive(id, { a: 1 });
        await scene.expectValues(id, { a: 1 });
      }
    }),
  },
  {
    sentence: 'The info that move() is given replaces the info of the session, if the store has keepsInfo',
    check: whereItKeepsInfo(async scene => {
      if (!scene.a.canMove) return;
      const before: ReadonlyArray<StoredInfo | undefined> = [undefined, { user: null, details: 'a' }, { user: scene.user(), details: 'b' }];
      for (const old of before) {
        for (const new_ of [{ user: scene.user('\ud800"\0'), details: LONGEST }, { user: null, details: '{}' }]) {
          const id = await scene.id();
          await scene.a.create(id, toTexts({ a: 1 }), { lifetime: LONG, newInfo: old && { info: old } });
          const { answer, newId } = await scene.move(scene.b, id, changing({ b: 2 }), { lifetime: LONG, newInfo: { info: new_ } });
          expectSame('The answer to move()', answer, 'moved');
          await scene.expectInfo(newId, new_);
          await scene.expectLive(newId, { a: 1, b: 2 });
          await scene.expectMark(id, true, new_);
        }
      }
    }),
  },
  {
    sentence: 'A move without info keeps the info of the session, if the store has keepsInfo',
    check: whereItKeepsInfo(async scene => {
      if (!scene.a.canMove) return;
      for (const user of [scene.user(), null]) {
        const ids = [await scene.bound(user, 'details')];
        for (const store of scene.both) ids.push((await scene.move(store, ids.at(-1) as string, NOTHING)).newId);
        await scene.expectInfo(ids.at(-1) as string, { user, details: 'details' });
        for (const id of ids.slice(0, -1)) await scene.expectMark(id, true, { user, details: 'details' });
      }
    }),
  },
  {
    sentence: 'update() and touch() do not change the info of a session, if the store has keepsInfo',
    check: whereItKeepsInfo(async scene => {
      for (const user of [scene.user(), null]) {
        const id = await scene.bound(user, 'details');
        const given = user ?? undefined;
        expectSame('The answer to touch()', await scene.a.touch(id, LONG), true);
        expectSame('The answer to update()', await scene.b.update(id, changing({ b: 2 }), { lifetime: LONG, user: given }), 'updated');
        expectSame('The answer to touch()', await scene.b.touch(id, LONG, given), true);
        await scene.expectInfo(id, { user, details: 'details' });
        await scene.expectLive(id, { a: 1, b: 2 });
      }
    }),
  },
  {
    sentence: 'The info of a session stays when no key is left, and is gone when the session has ended, if the store has keepsInfo',
    check: whereItKeepsInfo(async scene => {
      const user = scene.user();
      const [emptied, moved, ended] = [await scene.bound(user, 'details'), await scene.bound(user), await scene.bound(user)];
      expectSame('The answer to update()', await scene.b.update(emptied, changing({ a: undefined }), { lifetime: LONG }), 'updated');
      await scene.expectLive(emptied, {});
      await scene.expectInfo(emptied, { user, details: 'details' });
      if (scene.a.canMove) {
        const newInfo = { info: { user: scene.user(), details: '' } };
        const { answer, newId } = await scene.move(scene.b, moved, changing({ a: undefined }), { lifetime: LONG, newInfo });
        expectSame('The answer to move()', answer, 'moved');
        await scene.expectInfo(newId, newInfo.info);
      }
      expectSame('The answer to end()', await scene.b.end(ended), true);
      await scene.expectEnded(ended);
    }),
  },
  {
    sentence: 'The info that load() returns for an expired session is the one that it had, if the store has keepsInfo',
    waits: A_WHILE,
    check: whereItKeepsInfo(async scene => {
      const all: StoredInfo[] = [{ user: scene.user('\ud800"\0'), details: 'details' }, { user: null, details: '{}' }];
      const ids = await Promise.all(all.map(({ user, details }) => scene.bound(user, details, 1)));
      await scene.wait();
      for (const [index, id] of ids.entries()) await scene.expectOver(id, all[index]);
    }),
  },
  {
    sentence: 'A session without info does not get the info of another one',
    check: async scene => {
      const [id] = await scene.moved(0) as [string];
      await scene.expectInfo(id, undefined);
      const { newId } = await scene.move(scene.b, id, NOTHING);
      await scene.expectInfo(newId, undefined);
    },
  },
  {
    sentence: 'A caller that later changes an info that it gave or got changes nothing in the store, if the store has keepsInfo',
    check: whereItKeepsInfo(async scene => {
      const told = { user: scene.user(), details: 'told' };
      const kept = { ...told };
      const id = await scene.id();
      await scene.a.create(id, toTexts({ a: 1 }), { lifetime: LONG, newInfo: { info: told } });
      told.details = 'spoiled';
      await scene.expectInfo(id, kept);
      for (const store of scene.both) {
        const found = await store.load(id);
        // An object that can't be changed is as good as a copy.
        if (found?.info && !Object.isFrozen(found.info)) Object.assign(found.info, { user: 'spoiled' });
      }
      await scene.expectInfo(id, kept);
    }),
  },
  {
    sentence: 'handleOf(), if the store has it, gives each session a name of its own, which is not an id and does not reveal one',
    check: whereItHasHandles(async scene => {
      const ids = await Promise.all(Array.from({ length: 20 }, () => scene.session()));
      const handles = ids.map(id => scene.a.handleOf(id));
      expectSame('How many handles the sessions have', new Set(handles).size, ids.length);
      for (const [index, id] of ids.entries()) {
        const handle = handles[index] as string;
        expectSame('The handle by another process', scene.b.handleOf(id), handle);
        expect(/^[\x21-\x7e]{1,64}$/.test(handle), () => `The handle is ${JSON.stringify(handle)}\nIt must be short, printable text`);
        expect(!id.includes(handle) || id.length - handle.length >= SECRET, () =>
          `The handle is ${JSON.stringify(handle)}, of the id ${JSON.stringify(id)}\nIt must leave 128 bits of it secret`);
        expect(!handle.includes(id), () => 'The handle has the id in it');
        for (const coding of ['hex', 'base64'] as const) {
          expect(!Buffer.from(handle, coding).includes(id), () => `The handle is the id in ${coding}`);
        }
        await scene.expectUnknown(handle);
      }
    }),
  },
  {
    sentence: 'infoByHandle(), if the store has it, returns the current info of a live session that has moved, and null for one that has ended',
    check: whereItTellsByHandle(async scene => {
      const [user, other] = [scene.user('\ud800"\0'), scene.user()];
      const [first, id] = await scene.moved(1) as [string, string];
      const handle = scene.a.handleOf(first);
      for (const store of scene.both) expectSame('The answer to infoByHandle()', await store.infoByHandle(handle), null);
      let current = id;
      for (const info of [{ user, details: 'first' }, { user: other, details: LONGEST }]) {
        current = (await scene.move(scene.b, current, NOTHING, { lifetime: LONG, newInfo: { info } })).newId;
        for (const store of scene.both) expectSame('The answer to infoByHandle()', await store.infoByHandle(handle), info);
      }
      for (const none of NO_HANDLES) expectSame('The answer to infoByHandle()', await scene.a.infoByHandle(none), null);
      await scene.b.end(current);
      for (const store of scene.both) expectSame('The answer to infoByHandle()', await store.infoByHandle(handle), null);
    }),
  },
  {
    sentence: 'The handle of a session stays the same when it moves, if the store indexes by user',
    check: whereItFindsUsers(async scene => {
      const ids = await scene.moved(3);
      for (const store of scene.both) {
        const handles = new Set(ids.map(id => store.handleOf(id)));
        expectSame('How many handles the session has had', handles.size, 1);
      }
    }),
  },
];
