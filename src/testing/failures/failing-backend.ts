import type { AtomicSessionStore, IndexingSessionStore, LiveSession, SessionStore, StoredUserSession } from '../../base/store.js';
import { toTexts } from '../../values/session-values.js';
import { expect, expectSame, show } from '../lib/failure.js';
import type { Rule } from '../lib/rule.js';
import { changing, expireIn, LONG, NOTHING, type Scene } from '../lib/scene.js';
import { whereItFindsUsers } from '../lib/where.js';

/** A method is tried with a backend that fails at once, then after 1 command, 2 and so on, until the method answers or this number is reached. */
const MOST_COMMANDS = 40;

/** The arguments of a method, and a check of its answer. */
interface Call {
  readonly args: readonly unknown[];
  check(answer: unknown): Promise<void> | void;
}

type Prepare = (scene: Scene) => Promise<Call>;

/** The rules for every store whose backend fails. */
export const failingBackend: readonly Rule[] = [

  rule('get', async scene => ({
    args: [await stored(scene)],
    check: answer => expectSame('What get() returned', answer && { ...answer }, VALUES),
  })),

  rule('set', async scene => {
    const id = await stored(scene);
    return { args: [id, { c: 3 }, expireIn(LONG)], check: () => scene.expectValues(id, { c: 3 }) };
  }),

  rule('delete', async scene => {
    const id = await stored(scene);
    return { args: [id], check: () => scene.expectValues(id, null) };
  }),

];

/** The rules for an atomic store whose backend fails. */
export const failingAtomic: readonly Rule[] = [

  rule('load', async scene => ({
    args: [await scene.session(VALUES)],
    check(answer) {
      expectSame('The status of the session', (answer as LiveSession | null)?.status, 'live');
      expectSame('The texts of the session', new Map((answer as LiveSession).texts), toTexts(VALUES));
    },
  })),

  rule('create', async scene => {
    const id = await scene.id();
    return { args: [id, toTexts(VALUES), { lifetime: LONG }], check: answered(true, () => scene.expectLive(id, VALUES)) };
  }),

  rule('update', async scene => {
    const id = await scene.session(VALUES);
    return { args: [id, changing({ c: 3 }), { lifetime: LONG }], check: answered('updated', () => scene.expectLive(id, { ...VALUES, c: 3 })) };
  }),

  rule('touch', async scene => {
    const id = await scene.session(VALUES);
    return { args: [id, LONG * 2], check: answered(true, () => scene.expectRemaining(id, LONG * 2)) };
  }),

  rule('end', async scene => {
    const id = await scene.session(VALUES);
    return { args: [id], check: answered(true, () => scene.expectNoSession(id)) };
  }),

  rule('move', async scene => {
    const id = await scene.session(VALUES);
    const newId = await scene.id(id);
    return {
      args: [id, newId, NOTHING, { lifetime: LONG }],
      check: answered('moved', async () => {
        await scene.expectLive(newId, VALUES);
        await scene.expectNoSession(id);
      }),
    };
  }),

  rule('take', async scene => {
    const id = await scene.session(VALUES);
    return {
      args: [id, await scene.id(id)],
      async check(answer) {
        expectSame('The texts that take() returned', answer && new Map(answer as Map<string, string>), toTexts(VALUES));
        await scene.expectNoSession(id);
      },
    };
  }),

  ofUsers(rule('sessionsOf', async scene => {
    const user = scene.user();
    const handle = scene.a.handleOf(await scene.bound(user));
    return {
      args: [user],
      check: answer => expectSame('The handles that sessionsOf() returned', (answer as StoredUserSession[]).map(each => each.handle), [handle]),
    };
  })),

  ofUsers(rule('endSessionsOf', async scene => {
    const user = scene.user();
    const id = await scene.bound(user);
    return { args: [user], check: answered([scene.a.handleOf(id)], () => scene.expectNoSession(id)) };
  })),

];

/** Further rules, which need a store without any other sessions. */
export const failingEndAll: readonly Rule[] = [

  {
    ...ofUsers(rule('endAllSessions', async scene => {
      const id = await scene.bound(scene.user());
      return { args: [], check: () => scene.expectNoSession(id) };
    })),
    alone: true,
  },

];

const VALUES = { a: 1, b: 2 };

function rule(method: keyof (SessionStore & AtomicSessionStore & IndexingSessionStore), prepare: Prepare): Rule {

  return {
    sentence: `If the backend fails, ${method}() throws, or its answer is correct`,
    check: async scene => {
      let hasAnswered = false;
      for (let commands = 0; commands <= MOST_COMMANDS; commands++) {
        scene.journal.clear();
        const store = await scene.failing(commands);
        if (typeof store[method] !== 'function') return;
        const { args, check } = await prepare(scene);
        let answer: unknown;
        try {
          answer = await store[method]?.(...args);
        } catch {
          continue;
        }
        expect(commands > 0, () => `${method}() returned ${show(answer)} although every command of the backend failed\nIt must throw`);
        await check(answer);
        // The method may have hidden the failure of its last command, if it does not need the answer.
        if (hasAnswered) return;
        hasAnswered = true;
      }
    },
  };

}

function ofUsers({ sentence, check }: Rule): Rule {

  return { sentence, check: whereItFindsUsers(check) };

}

function answered(expected: unknown, check: () => Promise<void>): Call['check'] {

  return async answer => {
    expectSame('The answer', answer, expected);
    await check();
  };

}

/** Makes a session by `set()`. */
async function stored(scene: Scene): Promise<string> {

  const id = await scene.id();
  await scene.a.set(id, VALUES, expireIn(LONG));
  return id;

}
