// An application that says nothing about its session: any values, under either framework package.
import { Application as CoreApplication } from '@curveball/core';
import { Application, type Context } from '@curveball/kernel';
import session, {
  type AtomicSessionStore, CsrfError, MemoryStore, SessionEndedError, type SessionOptions, type SessionStore,
  SessionStoreError, type SessionValues,
} from '@curveball/session';

const options: SessionOptions = {
  store: 'memory',
  cookieName: 'MY_SESSION',
  expiry: 7200,
  cookieOptions: { secure: true, path: '/', sameSite: true },
  touchInterval: 60,
  storeTimeout: 3,
};

new Application().use(session(options));
const app = new CoreApplication();
app.use(session({ store: new MemoryStore({ maxSessions: 1000 }) }));

app.use(async (ctx: Context) => {

  ctx.session = { userId: 5, anything: { nested: [1, 'two', null] } };
  ctx.session.more = new Date().toISOString();
  const id: string | null = ctx.sessionId;
  ctx.session = null;
  ctx.sessionId = null;
  const token: string = await ctx.getCsrf();
  ctx.validateCsrf();
  ctx.validateCsrf(token);
  const { visits } = await ctx.updateSession(values => {
    values.visits = (values.visits ?? 0) + 1;
  });
  await ctx.updateSession(async values => ({ ...values, visits, id }));
  await ctx.saveSession();

});

// @ts-expect-error a session id can't be chosen
app.use(ctx => { ctx.sessionId = 'mine'; });
// @ts-expect-error a session is a record
app.use(ctx => { ctx.session = 'text'; });
// @ts-expect-error the store is missing
session({});
// @ts-expect-error seconds are a number
session({ store: 'memory', expiry: '1h' });

/** A store with the four methods, as the documentation of 1.x has them. */
export class FourMethods implements SessionStore {

  readonly #sessions = new Map<string, SessionValues>();

  async set(id: string, values: SessionValues, _expire: number): Promise<void> {
    this.#sessions.set(id, values);
  }

  async get(id: string): Promise<SessionValues | null> {
    return this.#sessions.get(id) ?? null;
  }

  async delete(id: string): Promise<void> {
    this.#sessions.delete(id);
  }

  async newSessionId(): Promise<string> {
    return crypto.randomUUID();
  }

}

session({ store: new FourMethods() });

const atomic: AtomicSessionStore = new MemoryStore();
session({ store: atomic });

const expire: number | undefined = new MemoryStore().store.get('id')?.[0];

export const problems: Array<{ httpStatus: number; code: string; detail: string }> = [
  new CsrfError('no'), new SessionEndedError('late'), new SessionStoreError('down', { cause: expire }),
];
