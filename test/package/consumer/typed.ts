// An application that types its session.
import type { Context } from '@curveball/kernel';
import session, { SessionError } from '@curveball/session';

declare module '@curveball/session' {
  interface SessionData {
    userId: number;
    theme: 'light' | 'dark';
  }
}

export const middlewares = [
  session({ store: 'memory', user: 'userId' }),
  session({ store: 'memory', user: values => values.userId }),
  // @ts-expect-error there is no such key
  session({ store: 'memory', user: 'usreId' }),
  // @ts-expect-error there is no such key
  session({ store: 'memory', user: values => values.usreId }),
];

export async function handler(ctx: Context): Promise<void> {

  ctx.session = { userId: 5 };
  ctx.session.theme = 'dark';
  // A session may be empty, so every key may be missing.
  const userId: number | undefined = ctx.session.userId;
  // @ts-expect-error it may be missing
  const certain: number = ctx.session.userId;
  // @ts-expect-error it is a number
  ctx.session.userId = 'five';
  // @ts-expect-error there is no such key
  ctx.session.usreId = 5;
  ctx.session = {};
  ctx.session = null;
  const { theme } = await ctx.updateSession(session => {
    session.theme = session.theme === 'dark' ? 'light' : 'dark';
    // @ts-expect-error it is one of two
    session.theme = 'blue';
  });
  ctx.response.body = { userId, certain, theme };

}

/** The code of an error says which class it has. */
export function advice(error: unknown): string {

  if (!(error instanceof SessionError)) return 'not ours';
  if (error.code === 'ERR_SESSION_VALUE') return error.path;
  // @ts-expect-error only one of the classes has a path
  if (error.code === 'ERR_SESSION_STORE') return error.path;
  // @ts-expect-error there is no such code
  if (error.code === 'ERR_SESSION_OTHER') return error.message;
  return error.code === 'ERR_SESSION_SCHEMA' ? error.paths.join() : error.detail;

}
