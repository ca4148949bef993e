import { expect, expectOneOf, expectSame, show } from '../lib/failure.js';
import type { Rule } from '../lib/rule.js';
import { type Handler, Visitor } from '../lib/visitor.js';

/** The number of requests of one browser that are under way at once. */
const CROWD = 10;

const FIRST = { kept: 'yes', gone: 'not yet', count: 0 };

const sets = (index: number): Handler => ctx => {
  ctx.session[`key${index}`] = index;
};

const counts: Handler = ctx => ctx.updateSession(values => {
  values.count = (values.count ?? 0) + 1;
});

export const parallel: readonly Rule[] = [
  {
    sentence: 'Requests: an id that the store does not know is never used',
    check: async scene => scene.trials(async random => {
      const { visitor, cookie } = await Visitor.begin(scene, random, FIRST);
      const unknown = encodeURIComponent(await scene.id());
      await visitor.expectSession(unknown, {});
      const answer = await visitor.send(unknown, sets(1));
      expect(
        Boolean(answer.cookie) && answer.cookie !== unknown,
        () => `A request with the unknown id ${unknown} got the cookie ${show(answer.cookie)}`,
      );
      await visitor.expectSession(cookie, FIRST);
    }),
  },
  {
    sentence: 'Requests: parallel changes of different keys are all kept, and a key that one of them removes stays removed',
    check: async scene => scene.trials(async random => {
      const { visitor, cookie } = await Visitor.begin(scene, random, FIRST);
      const removes: Handler = ctx => {
        delete ctx.session.gone;
      };
      const answers = await visitor.sendTogether(cookie, [removes, ...Array.from({ length: CROWD }, (_, index) => sets(index))]);
      for (const answer of answers) expectSame('The answer to a change', answer, { status: 200, cookie: undefined });
      const keys = Object.fromEntries(answers.slice(1).map((_, index) => [`key${index}`, index]));
      await visitor.expectSession(cookie, { kept: 'yes', count: 0, ...keys });
    }),
  },
  {
    sentence: 'Requests: updateSession() counts exactly',
    check: async scene => scene.trials(async random => {
      const { visitor, cookie } = await Visitor.begin(scene, random, FIRST);
      const answers = await visitor.sendTogether(cookie, Array.from({ length: CROWD }, () => counts));
      for (const { status } of answers) expectSame('The status of a count', status, 200);
      await visitor.expectSession(cookie, { ...FIRST, count: CROWD });
    }),
  },
  {
    sentence: 'Requests: a request that removes the last key does not remove a key that another one adds',
    check: async scene => scene.trials(async random => {
      const { visitor, cookie } = await Visitor.begin(scene, random, { only: 1 });
      const removes: Handler = ctx => {
        delete ctx.session.only;
      };
      const [removed, added] = await visitor.sendTogether(cookie, [removes, sets(1)]);
      for (const answer of [removed, added]) expectSame('The answer', answer, { status: 200, cookie: undefined });
      await visitor.expectSession(cookie, { key1: 1 });
    }),
  },
  {
    sentence: 'Requests: a sign-out during slow requests is final, and none of them sets a cookie',
    check: async scene => scene.trials(async random => {
      const { visitor, cookie } = await Visitor.begin(scene, random, FIRST);
      const ends: Handler = ctx => {
        ctx.session = null;
      };
      const reads: Handler = ctx => ctx.session.kept;
      const [signOut, ...others] = await visitor.sendTogether(cookie, [ends, sets(1), counts, reads, sets(2), counts]);
      expectSame('The answer to the sign-out', signOut, { status: 200, cookie: '' });
      for (const answer of others) {
        expectOneOf('The status of another request', answer.status, [200, 409]);
        expectSame('The cookie of another request', answer.cookie, undefined);
      }
      await visitor.expectSession(cookie, {});
      expectSame('The answer to a later change', await visitor.send(cookie, sets(3)), { status: 409, cookie: undefined });
    }),
  },
  {
    sentence: 'Requests: a regeneration keeps every acknowledged change, and a later change gets 409 and no cookie',
    check: async scene => scene.trials(async random => {
      const { visitor, cookie } = await Visitor.begin(scene, random, FIRST);
      const changes = Array.from({ length: CROWD }, (_, index) => sets(index));
      const [moved, ...others] = await visitor.sendTogether(cookie, [signsIn(5), ...changes]);
      expectSame('The status of the sign-in', moved?.status, 200);
      expect(Boolean(moved?.cookie), () => `The sign-in was answered with the cookie ${show(moved?.cookie)}`);
      for (const answer of others) {
        expectOneOf('The status of another request', answer.status, [200, 409]);
        expectSame('The cookie of another request', answer.cookie, undefined);
      }
      const kept = Object.fromEntries(others.flatMap(({ status }, index) => status === 200 ? [[`key${index}`, index]] : []));
      await visitor.expectSession(moved?.cookie as string, { ...FIRST, user: 5, ...kept });
      await visitor.expectSession(cookie, {});
    }),
  },
  {
    sentence: 'Requests: of two regenerations of one id, exactly one succeeds',
    check: async scene => scene.trials(async random => {
      const { visitor, cookie } = await Visitor.begin(scene, random, FIRST);
      const answers = await visitor.sendTogether(cookie, [signsIn(5), signsIn(6)]);
      expectSame('The statuses', answers.map(({ status }) => status).toSorted(), [200, 409]);
      const winner = answers.findIndex(({ status }) => status === 200);
      expectSame('The cookie of the one that lost', answers[1 - winner]?.cookie, undefined);
      await visitor.expectSession(answers[winner]?.cookie as string, { ...FIRST, user: 5 + winner });
      await visitor.expectSession(cookie, {});
    }),
  },
  {
    sentence: 'Requests: a late request with an old id reads nothing, changes nothing, and takes no newer cookie away',
    check: async scene => scene.trials(async random => {
      const { visitor, cookie } = await Visitor.begin(scene, random, FIRST);
      const { cookie: newer } = await visitor.send(cookie, signsIn(5));
      expectSame('The answer to a change', await visitor.send(cookie, sets(1)), { status: 409, cookie: undefined });
      const answer = await visitor.send(cookie, ctx => expectSame('The session of the old id', { ...ctx.session }, {}));
      expectSame('The answer to a request that reads', answer, { status: 200, cookie: undefined });
      await visitor.expectSession(newer as string, { ...FIRST, user: 5 });
    }),
  },
  {
    sentence: 'Requests: a sign-out with the old id of a moved session ends the session under its new id',
    check: async scene => scene.trials(async random => {
      const { visitor, cookie } = await Visitor.begin(scene, random, FIRST);
      const { cookie: second } = await visitor.send(cookie, signsIn(5));
      const { cookie: third } = await visitor.send(second, signsIn(6));
      const answer = await visitor.send(cookie, ctx => {
        ctx.session = null;
      });
      expectSame('The answer to the sign-out', answer, { status: 200, cookie: '' });
      for (const each of [cookie, second, third]) {
        await visitor.expectSession(each as string, {});
      }
    }),
  },
];

function signsIn(user: number): Handler {

  return ctx => {
    ctx.sessionId = null;
    ctx.session.user = user;
  };

}
