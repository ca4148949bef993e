import { toTexts } from '../../values/session-values.js';
import { A_WHILE } from '../contract/expiry.js';
import { expect, expectSame } from '../lib/failure.js';
import type { Rule } from '../lib/rule.js';
import { changing, LIFETIMES, LONG, NOTHING } from '../lib/scene.js';
import { whereItFindsUsers } from '../lib/where.js';

/** Seconds that the calls of a test may take. */
const SLOWEST = 30;

/** Names of users that differ as little as texts can. */
const ALIKE: readonly string[] = [
  'a', 'A', 'a ', 'a\t', 'a\0', 'a\0b', '\u00e9', 'e\u0301', '\u00df', 'ss', 'SS', 'i', '\u0131', '\u0130', 'I', '\ud800', '\ud801', '\ufffd', '\udc00',
  '\ud83d\ude00', 'a\r\n', 'a\n', '%', '_', '*', '1', '01', '1.0', '__proto__', 'constructor', ':', '{a}', '}', '\\', '\'', '"', 'x'.repeat(2000), 'x'.repeat(2001),
];

export const sessionsOf: readonly Rule[] = [
  {
    sentence: 'A store with sessionsOf() has endSessionsOf(), endAllSessions(), handleOf() and keepsInfo, too',
    check: whereItFindsUsers(async ({ a }) => {
      const store = a.store as unknown as Record<string, unknown>;
      for (const method of ['endSessionsOf', 'endAllSessions', 'handleOf']) expectSame(`The type of ${method}`, typeof store[method], 'function');
      expectSame('keepsInfo', store.keepsInfo, true);
    }),
  },
  {
    sentence: 'sessionsOf() returns the live sessions of the user and no others',
    check: whereItFindsUsers(async scene => {
      const [user, other] = [scene.user(), scene.user()];
      await scene.expectSessionsOf(user, []);
      const [one, two, ended, emptied, deleted] = await Promise.all(Array.from({ length: 5 }, () => scene.bound(user))) as [string, string, string, string, string];
      const theirs = await scene.bound(other);
      await scene.bound(null);
      await scene.session();
      await scene.expectSessionsOf(user, [one, two, ended, emptied, deleted]);
      await scene.b.end(ended);
      await scene.a.update(emptied, changing({ a: undefined }), { lifetime: LONG });
      await scene.b.delete(deleted);
      await scene.expectSessionsOf(user, [one, two, emptied]);
      await scene.expectSessionsOf(other, [theirs]);
    }),
  },
  {
    sentence: 'sessionsOf() returns no session whose time is over',
    waits: A_WHILE,
    check: whereItFindsUsers(async scene => {
      const user = scene.user();
      const [id] = [await scene.bound(user), await scene.bound(user, '', 1)];
      await scene.wait();
      await scene.expectSessionsOf(user, [id]);
    }),
  },
  {
    sentence: 'sessionsOf() returns a session once, however often it was changed, touched and moved',
    check: whereItFindsUsers(async scene => {
      const user = scene.user();
      let id = await scene.bound(user);
      for (const store of scene.both) {
        await store.update(id, changing({ b: 2 }), { lifetime: LONG, user });
        await store.touch(id, LONG, user);
        id = (await scene.move(store, id, NOTHING)).newId;
      }
      await scene.expectSessionsOf(user, [id]);
    }),
  },
  {
    sentence: 'sessionsOf() follows a session that becomes one of a user, of another user, and of no user',
    check: whereItFindsUsers(async scene => {
      if (!scene.a.canMove) return;
      const [one, two] = [scene.user(), scene.user()];
      let id = await scene.session();
      for (const user of [one, two, null, one]) {
        const { answer, newId } = await scene.move(scene.b, id, NOTHING, { lifetime: LONG, newInfo: { info: { user, details: '' } } });
        expectSame('The answer to move()', answer, 'moved');
        id = newId;
        for (const each of [one, two]) await scene.expectSessionsOf(each, each === user ? [id] : []);
      }
    }),
  },
  {
    sentence: 'sessionsOf() distinguishes users whose names are almost the same',
    check: whereItFindsUsers(async scene => {
      const name = scene.user();
      const ids = new Map<string, string>();
      for (const end of ALIKE) ids.set(name + end, await scene.bound(name + end));
      for (const [user, id] of ids) await scene.expectSessionsOf(user, [id]);
      const [first = ''] = ids.keys();
      await scene.a.endSessionsOf(first);
      for (const [user, id] of ids) await scene.expectSessionsOf(user, user === first ? [] : [id]);
    }),
  },
  {
    sentence: 'sessionsOf() finds a user by any name',
    check: whereItFindsUsers(async scene => {
      // Other runs of the tests may have sessions of the same users.
      for (const user of ALIKE) {
        const id = await scene.bound(user);
        const handles = (await scene.b.sessionsOf(user)).map(({ handle }) => handle);
        expect(handles.includes(scene.b.handleOf(id)), () => `sessionsOf(${JSON.stringify(user)}) lacks a session of that user`);
      }
    }),
  },
  {
    sentence: 'sessionsOf() returns the details of each session, and the seconds that it has left',
    check: whereItFindsUsers(async scene => {
      const user = scene.user();
      const expected = new Map<string, readonly [details: string, lifetime: number]>();
      for (const [index, lifetime] of LIFETIMES.entries()) {
        const details = `details ${index} ~`;
        expected.set(scene.a.handleOf(await scene.bound(user, details, lifetime)), [details, lifetime]);
      }
      for (const store of scene.both) {
        const listed = await store.sessionsOf(user);
        expectSame('How many sessions sessionsOf() returned', listed.length, expected.size);
        for (const { handle, details, remaining, idle } of listed) {
          const [known, lifetime] = expected.get(handle) ?? ['', NaN];
          expectSame('`details`', details, known);
          expect(remaining <= lifetime + 1.1 && remaining >= lifetime - SLOWEST, () =>
            `\`remaining\` is ${remaining} seconds\nIt must be about ${lifetime}`);
          expect(idle >= 0 && idle <= SLOWEST, () => `\`idle\` is ${idle} seconds\nIt must be about 0`);
        }
      }
    }),
  },
  {
    sentence: '`idle` is the number of seconds since a session was last written or touched, and load() is neither',
    waits: A_WHILE,
    check: whereItFindsUsers(async scene => {
      const users = [scene.user(), scene.user(), scene.user(), scene.user()] as const;
      const ids: string[] = [];
      // The session that is only loaded is the youngest: a store that counts from the creation returns less for it than for the others.
      for (const user of [...users].reverse()) ids.unshift(await scene.bound(user));
      const [looked, touched, updated, moved] = ids as [string, string, string, string];
      await scene.wait();
      await scene.a.load(looked);
      await scene.a.touch(touched, LONG);
      await scene.b.update(updated, { set: toTexts({ b: 1 }), unset: [] }, { lifetime: LONG });
      await scene.move(scene.b, moved, NOTHING);
      for (const [index, user] of users.entries()) {
        const [session] = await scene.at(index).sessionsOf(user);
        const idle = session?.idle ?? NaN;
        const [least, most] = index === 0 ? [1, A_WHILE + SLOWEST] : [0, SLOWEST];
        expect(idle >= least && idle <= most, () => `\`idle\` is ${idle} seconds\nIt must be from ${least} to ${most}`);
        // Compared with a session that was not used, since the machine may be slow.
        if (index > 0) {
          const [old] = await scene.at(index).sessionsOf(users[0]);
          expect(idle < (old?.idle ?? NaN), () => `\`idle\` is ${idle} seconds, and of a session that was not used ${old?.idle}`);
        }
      }
    }),
  },
];
