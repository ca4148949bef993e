import type { Context } from '@curveball/core';

/** What a form sent. A field that was sent twice would be a list. */
export function field(ctx: Context, name: string): string {

  const value: unknown = ctx.request.body?.[name];
  return typeof value === 'string' ? value : '';

}

/** Returns the user who is signed in, and refuses the request if no one is. */
export function requireUser(ctx: Context): string {

  if (!ctx.session.name) throw new SignedOutError('Sign in first');
  return ctx.session.name;

}

/** What earlier requests have left for the next page: it is shown once. */
export async function takeMessages(ctx: Context): Promise<string[]> {

  const messages = await ctx.flashes();
  return messages.map(({ message }) => message);

}

class SignedOutError extends Error {

  // Not 401, which would have to name an HTTP authentication scheme.
  readonly httpStatus = 403;
  readonly title = 'You are signed out';

}
