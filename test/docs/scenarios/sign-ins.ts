import assert from 'node:assert/strict';
import { Application } from '@curveball/core';
import type { Middleware } from '@curveball/kernel';
import { oauthSignIn } from './recipes.js';
import session, { MemoryStore, UserSessions } from '../../../src/index.js';
import { pageOf } from '../../support/site.js';
import { type Answer, Site, type Visitor } from '../support/browser.js';

type Step = (visitor: Visitor) => Promise<Answer>;

/** How an example of the documentation signs a user in. */
interface SignIn {
  /** The visitor's requests, one after the other; the last one signs in. By default, a form without fields is sent. */
  readonly requests: ReadonlyArray<string | Step>;
  /** The example's application, if the example does not export one. */
  // biome-ignore lint/suspicious/noExplicitAny: the example was compiled apart
  readonly application?: (exported: Record<string, any>) => Application;
}

/** Every example that signs a user in, by page and name. */
export const signIns: Record<string, SignIn> = {
  'README.md: sign-in': { requests: ['/sign-in'] },
  'README.md: users': { requests: ['/sign-in'] },
  'docs/csrf.md: provider': { requests: ['/callback', '/second-factor'] },
  'docs/lifetimes.md: remember': { requests: ['/sign-in?remember=yes'] },
  'docs/moving-from-express-session.md: after': { requests: ['/sign-in'] },
  'docs/recipes.md: oauth': { requests: [oauthSignIn] },
  'docs/recipes.md: passport': { requests: [visitor => visitor.post('/sign-in', { username: 'ada', password: 'secret' })] },
  'docs/recipes.md: passwords': { requests: [visitor => visitor.post('/sign-in', { name: 'ada', password: 'engine' })] },
  'docs/user-sessions.md: back-channel': {
    requests: ['/callback?token=ada'],
    application: ({ singleSignOn }) => withUsers(sessions => (
      singleSignOn(sessions, async (sub: string) => ({ sub, exp: Date.now() / 1000 + 600 }))
    )),
  },
  'docs/user-sessions.md: choose': { requests: ['/sign-in'] },
  'docs/user-sessions.md: devices': { requests: ['/sign-in'] },
  'docs/user-sessions.md: reset': {
    requests: ['/reset'],
    application: ({ passwordReset }) => withUsers(sessions => [passwordReset(sessions)]),
  },
  'docs/user-sessions.md: second-factor': { requests: ['/sign-in', '/second-factor'] },
};

/** The calls in an example that sign a user in, or begin to. */
export const SIGNS_IN = /session\??\.(userId|user|pending)\s*=[^=]|session\s*=\s*\{[^}]*(userId|user|sub)\b|\.authenticated\(/;

function withUsers(pages: (sessions: UserSessions) => Middleware[]): Application {

  const store = new MemoryStore();
  const app = new Application();
  app.use(session({ store, user: 'userId' }) as never, ...pages(new UserSessions(store)) as never[]);
  return app;

}

/**
 * Signs a visitor in whose id an attacker has planted, and checks after each
 * request what the id is worth.
 */
export async function signInWithPlantedId(app: Application, requests: SignIn['requests']): Promise<void> {

  app.use(pageOf({
    '/-begin': ctx => { ctx.session.planted = 'a cart'; },
    '/-peek': ctx => ({ ...ctx.session }),
  }) as never);
  const site = await Site.open(app);
  try {
    for (const planted of ['alive', 'made up'] as const) {
      const [attacker, victim] = [site.visitor(), site.visitor()];
      await attacker.get('/-begin');
      if (planted === 'made up') attacker.cookies.set('CB', (attacker.cookies.get('CB') as string).replace(/.{20}$/, 'A'.repeat(20)));
      const id = attacker.cookies.get('CB') as string;
      victim.cookies.set('CB', id);
      for (const step of requests) {
        const { status, text } = typeof step === 'string' ? await victim.post(step, {}, { 'Sec-Fetch-Site': 'same-origin' }) : await step(victim);
        assert.ok(status === 200 || status === 303, text);
        assert.notEqual(victim.cookies.get('CB'), id, `${step}, with an id that is ${planted}`);
        attacker.cookies.set('CB', id);
        assert.deepEqual(await peekAt(attacker), {}, `${step}, with an id that is ${planted}`);
      }
      assert.match(JSON.stringify(await peekAt(victim)), /"userId":/);
    }
  } finally {
    site.close();
  }

}

async function peekAt(visitor: Visitor): Promise<unknown> {

  return JSON.parse((await visitor.get('/-peek')).text);

}
