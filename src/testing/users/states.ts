import type { SessionState } from '../../base/store.js';
import { A_WHILE } from '../contract/expiry.js';
import { expect, expectOneOf, expectSame, show } from '../lib/failure.js';
import { race } from '../lib/race.js';
import type { Rule } from '../lib/rule.js';
import { LONG, NOTHING, type Scene } from '../lib/scene.js';
import { whereItKeepsReasons, whereItTellsStates } from '../lib/where.js';

/** Texts that are no handle of a store, or only by chance. */
const NO_HANDLES: readonly string[] = ['', 'nothing', 'A'.repeat(16), 'a b', "' OR 1=1 --", '%', '*', '\0', '\ud800', 'ж'.repeat(16), '-'.repeat(5000)];

/** More handles than most engines take in one command. */
const MANY = 2500;

export const states: readonly Rule[] = [
  {
    sentence: 'statesOf(), if the store has it, says of each handle in turn whether its session lives, has ended, or is unknown',
    check: whereItTellsStates(async scene => {
      const [live, bound, ended, replaced] = [await scene.session(), await scene.bound(scene.user()), await scene.session(), await scene.session()];
      const [first] = await scene.moved(2) as [string];
      const [former, last] = await scene.moved(1) as [string, string];
      await scene.b.end(ended);
      await scene.b.end(replaced, { moved: true, reason: 'signed-out' });
      await scene.b.end(last);
      const unknown = await scene.id();
      const statuses = { live, bound, first, ended, replaced, former, unknown };
      await expectStatuses(scene, Object.values(statuses), ['live', 'live', 'live', 'retired', 'retired', 'retired', undefined]);
      for (const store of scene.both) expectSame('The answer to statesOf() without handles', await store.statesOf([]), []);
    }),
  },
  {
    sentence: 'statesOf(), if the store has it, returns null for a text that is no handle, and answers twice for a handle that is given twice',
    check: whereItTellsStates(async scene => {
      const [live, ended] = [scene.a.handleOf(await scene.session()), await scene.session()];
      await scene.a.end(ended);
      const handles = [...NO_HANDLES.slice(3), live, scene.a.handleOf(ended), ...NO_HANDLES, live];
      for (const store of scene.both) {
        const answer = (await store.statesOf(handles)).map(state => state?.status);
        const none = NO_HANDLES.map(() => undefined);
        expectSame('What statesOf() said', answer, [...none.slice(3), 'live', 'retired', ...none, 'live']);
      }
    }),
  },
  {
    sentence: 'statesOf(), if the store has it, answers for any number of handles',
    check: whereItTellsStates(async scene => {
      const ids = await Promise.all(Array.from({ length: 20 }, () => scene.session()));
      await scene.b.end(ids[0] as string);
      const handles = await Promise.all(Array.from({ length: MANY }, async (_, index) => (
        scene.a.handleOf(index % 125 === 0 ? ids[index / 125] as string : await scene.a.newSessionId()))));
      const answer = await scene.b.statesOf(handles);
      expectSame('How many answers statesOf() gave', answer.length, MANY);
      for (const [index, state] of answer.entries()) {
        const expected = index % 125 === 0 ? ['live', 'retired'][index === 0 ? 1 : 0] : undefined;
        expectSame('What statesOf() said', state?.status, expected);
      }
    }),
  },
  {
    sentence: '`remaining` in statesOf(), if the store has it, is the number of seconds that the session has left, and being asked for it is no use',
    check: whereItTellsStates(async scene => {
      for (const lifetime of [60.5, LONG]) {
        const id = await scene.session({ a: 1 }, lifetime);
        for (const store of [...scene.both, ...scene.both]) {
          const [state] = await store.statesOf([store.handleOf(id)]);
          const remaining = state?.status === 'live' ? state.remaining : Number.NaN;
          expect(Math.abs(remaining - lifetime) < 10, () => `\`remaining\` is ${remaining} seconds\nIt must be about ${lifetime}`);
        }
      }
    }),
  },
  {
    sentence: 'statesOf(), if the store has it, says of a session whose time is over that it has expired, or returns null',
    waits: A_WHILE,
    check: whereItTellsStates(async scene => {
      const [expired, ended] = [await scene.session({ a: 1 }, 1), await scene.session({ a: 1 }, 1)];
      await scene.b.end(ended, { reason: 'limit' });
      await scene.wait();
      for (const store of scene.both) {
        const [over, mark] = await store.statesOf([store.handleOf(expired), store.handleOf(ended)]);
        expectOneOf('What statesOf() said', over?.status, ['expired', undefined]);
        expectSame('What statesOf() said of a mark', mark?.status, 'retired');
      }
    }),
  },
  {
    sentence: 'statesOf(), if the store has it, returns the reason that the mark has, if the store keeps reasons',
    check: whereItKeepsReasons(whereItTellsStates(async scene => {
      const user = scene.user();
      const ids = [await scene.session(), await scene.bound(user), await scene.bound(user), await scene.session()] as const;
      await scene.a.end(ids[0], { reason: 'signed-out' });
      await scene.a.endSessionsOf(user, { only: scene.a.handleOf(ids[1]), reason: 'limit' });
      await scene.a.endSessionsOf(user, { reason: 'revoked' });
      await scene.a.end(ids[3]);
      for (const store of scene.both) {
        const answer = await store.statesOf(ids.map(id => store.handleOf(id)));
        expectSame('The reasons that statesOf() gave', answer.map(state => state?.status === 'retired' ? state.reason : state), ['signed-out', 'limit', 'revoked', undefined]);
      }
    })),
  },
  {
    sentence: 'Race: statesOf(), if the store has it, says "live" of a session however often it moves, and does not bring back one that ends',
    check: whereItTellsStates(scene => scene.trials(async random => {
      const [moving, ending] = [await scene.session(), await scene.session()];
      const handles = [scene.a.handleOf(moving), scene.a.handleOf(ending)];
      const asked = scene.both.flatMap(store => [() => store.statesOf(handles), () => store.statesOf(handles)]);
      const [{ newId }, ended, ...answers] = await race(
        random, () => scene.move(scene.a, moving, NOTHING), () => scene.b.end(ending), ...asked,
      );
      expectSame('The answer to end()', ended, true);
      for (const answer of answers as ReadonlyArray<ReadonlyArray<SessionState | null>>) {
        expectSame('What statesOf() said of a session that moved', answer[0]?.status, 'live');
        expect(['live', 'retired'].includes(String(answer[1]?.status)), () => `statesOf() returned ${show(answer[1])} for a session that ended`);
      }
      await expectStatuses(scene, [newId, moving, ending], ['live', 'live', 'retired']);
      await scene.expectNoSession(ending);
    })),
  },
];

async function expectStatuses(scene: Scene, ids: readonly string[], statuses: ReadonlyArray<string | undefined>): Promise<void> {

  for (const store of scene.both) {
    const answer = await store.statesOf(ids.map(id => store.handleOf(id)));
    expectSame('What statesOf() said', answer.map(state => state?.status), statuses);
  }

}
