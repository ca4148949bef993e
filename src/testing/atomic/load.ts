import type { SessionTexts, SessionValues } from '../../base/store.js';
import { toTexts } from '../../values/session-values.js';
import { A_WHILE } from '../contract/expiry.js';
import { anySession, CORPUS, ESCAPED_CORPUS } from '../lib/corpus.js';
import { expect, expectSame } from '../lib/failure.js';
import type { Rule } from '../lib/rule.js';
import { changing, LIFETIMES, LONG, NOTHING, type Scene } from '../lib/scene.js';

export const load: readonly Rule[] = [
  {
    sentence: 'load() returns null for an unknown id',
    check: async scene => {
      const id = await scene.id();
      await scene.expectUnknown(id);
    },
  },
  {
    sentence: 'load() returns null for a session whose time is over, or says that it has expired',
    waits: A_WHILE,
    check: async scene => {
      const id = await scene.session({ a: 1 }, 1);
      await scene.wait();
      await scene.expectOver(id);
    },
  },
  {
    sentence: 'load() returns "expired" for no other id',
    waits: A_WHILE,
    check: async scene => {
      const [expired, ended, first] = [await scene.session({ a: 1 }, 1), await scene.session(), await scene.session()];
      await scene.b.end(ended);
      const { newId } = await scene.move(scene.a, first, NOTHING, { lifetime: 1 });
      // A store may find what has expired by a part of its id.
      const others = [await scene.id(), await scene.id(expired), await scene.id(newId)];
      await scene.wait();
      for (const id of [expired, newId]) await scene.expectOver(id);
      for (const id of others) await scene.expectUnknown(id);
      for (const id of [ended, first]) {
        for (const store of scene.both) {
          expect((await store.load(id))?.status !== 'expired', () => 'load() says "expired" of an id that had ended before');
        }
      }
    },
  },
  {
    sentence: 'An expired session is gone for every method, also after load() has returned "expired"',
    waits: A_WHILE,
    check: async scene => {
      const change = changing({ b: 2 });
      const methods: ReadonlyArray<readonly [string, (id: string) => Promise<unknown>, unknown]> = [
        ['touch()', id => scene.a.touch(id, LONG), false],
        ['update()', id => scene.b.update(id, change, { lifetime: LONG }), 'gone'],
        ['the move', async id => (await scene.move(scene.a, id, change)).answer, 'gone'],
        ['end()', id => scene.b.end(id), false],
        ['get()', id => scene.a.get(id), null],
      ];
      const ids = await Promise.all(methods.map(() => scene.session({ a: 1 }, 1)));
      await scene.wait();
      for (const [index, [name, call, answer]] of methods.entries()) {
        const id = ids[index] as string;
        await scene.expectOver(id);
        expectSame(`The answer to ${name}`, await call(id), answer);
        await scene.expectOver(id);
        expectSame('The answer to create()', await scene.a.create(id, change.set, { lifetime: LONG }), true);
        await scene.expectLive(id, { b: 2 });
      }
    },
  },
  {
    sentence: 'load() returns a live session',
    check: async scene => {
      const id = await scene.session({ a: 1, b: [2] });
      await scene.expectLive(id, { a: 1, b: [2] });
    },
  },
  {
    sentence: 'load() returns the mark of a session that was ended or moved',
    check: async scene => {
      const ended = await scene.session();
      await scene.b.end(ended);
      await scene.expectMark(ended, false);
      const [first] = await scene.moved(1) as [string];
      await scene.expectMark(first, true);
    },
  },
  ...Object.entries({ ...CORPUS, ...ESCAPED_CORPUS }).map(([name, session]): Rule => ({
    sentence: `load() returns exactly the texts that create() and update() were given: ${name}`,
    check: scene => roundTrip(scene, session),
  })),
  {
    sentence: 'load() returns exactly the texts that create() and update() were given: values of a generator',
    check: scene => scene.trials(random => roundTrip(scene, anySession(random))),
  },
  {
    sentence: 'load() returns a copy, and a caller that later changes texts that it gave or got changes nothing in the store',
    check: async scene => {
      const id = await scene.id();
      const texts = new Map([['a', '1']]);
      await scene.a.create(id, texts, { lifetime: LONG });
      texts.set('a', '2');
      await scene.expectLive(id, { a: 1 });
      await spoil(scene, id);
      await scene.expectLive(id, { a: 1 });
      const set = new Map([['b', '1']]);
      await scene.a.update(id, { set, unset: [] }, { lifetime: LONG });
      set.set('b', '2');
      await scene.expectLive(id, { a: 1, b: 1 });
      await spoil(scene, id);
      await scene.expectLive(id, { a: 1, b: 1 });
    },
  },
  {
    sentence: '`remaining` is the number of seconds that the session has left',
    check: async scene => {
      for (const lifetime of LIFETIMES) {
        await scene.expectRemaining(await scene.session({ a: 1 }, lifetime), lifetime);
      }
    },
  },
];

/** Creates texts as they are, and puts them beside others and in the place of others. */
async function roundTrip(scene: Scene, session: SessionValues): Promise<void> {

  const texts = toTexts(session);
  const created = await scene.id();
  expectSame('The answer to create()', await scene.a.create(created, texts, { lifetime: LONG }), true);
  await scene.expectLive(created, texts);

  const keys = [...texts.keys()];
  const half = keys.filter((_, index) => index % 2 === 0);
  const updated = await scene.id();
  await scene.a.create(updated, new Map([['first', '0'], ...half.map(key => [key, '"old"'] as const)]), { lifetime: LONG });
  const unset = texts.has('first') ? [] : ['first'];
  expectSame('The answer to update()', await scene.b.update(updated, { set: texts, unset }, { lifetime: LONG }), 'updated');
  await scene.expectLive(updated, texts);

  if (keys.length < 2) return;
  expectSame('The answer to update()', await scene.b.update(updated, { set: new Map(), unset: half }, { lifetime: LONG }), 'updated');
  await scene.expectLive(updated, new Map([...texts].filter(([key]) => !half.includes(key))));

}

/** Changes loaded texts, as a caller may do with its own copy. */
async function spoil(scene: Scene, id: string): Promise<void> {

  for (const store of scene.both) {
    const found = await store.load(id);
    expect(found?.status === 'live', () => 'load() found no live session');
    const texts = (found as { texts: SessionTexts }).texts as Map<string, string>;
    // A copy that can only be read is fine, too.
    if (typeof texts.set !== 'function') continue;
    texts.set('a', '"spoiled"');
    texts.set('more', '1');
    texts.delete('b');
  }

}
