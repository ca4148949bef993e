import type { Context } from '@curveball/kernel';

/** Who knows the session of a request, and so whether its token is right. */
export interface TokenChecker {
  /** Whether the request brought a cookie of ours that could be good for something. */
  readonly hasCookie: boolean;
  /** @throws {CsrfError} if the token is missing or wrong */
  validateCsrf(): void;
}

/** Throws unless the request may go on. */
export type TokenDemand = (checker: TokenChecker) => void;

const DEMAND = Symbol('@curveball/session csrf demand');
const REFUSED = Symbol('@curveball/session csrf refused');

type Marked = Context & { [DEMAND]?: TokenDemand | undefined; [REFUSED]?: true };

/** Leaves it to the session middleware that comes next to check a token. */
export function demandToken(ctx: Context, demand: TokenDemand): void {

  (ctx as Marked)[DEMAND] = demand;

}

/** Takes what was left: it is answered once. */
export function takeDemand(ctx: Context): TokenDemand | undefined {

  const marked: Marked = ctx;
  const demand = marked[DEMAND];
  if (demand) marked[DEMAND] = undefined;
  return demand;

}

/** Takes note that no handler has seen the request: its session stays as it was found. */
export function markRefused(ctx: Context): void {

  (ctx as Marked)[REFUSED] = true;

}

export function isRefused(ctx: Context): boolean {

  return (ctx as Marked)[REFUSED] === true;

}
