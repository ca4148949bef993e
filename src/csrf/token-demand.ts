import type { Context } from '@curveball/kernel';

/** Who knows the session of a request, and so whether its token is right. */
export interface TokenChecker {
  /** Whether the request brought a cookie of ours that could be good for something. */
  readonly hasCookie: boolean;
  /** @throws {CsrfError} if the token is missing or wrong */
  validateCsrf(): void;
}

/** A check that one `csrf()` leaves to the session middlewares after it. */
export interface TokenDemand {
  /** Throws unless the request may go on. */
  readonly check: (checker: TokenChecker) => void;
  /** Whether any session middleware has answered it. */
  isAnswered: boolean;
}

const DEMANDS = Symbol('@curveball/session csrf demands');
const REFUSED = Symbol('@curveball/session csrf refused');

type Marked = Context & { [DEMANDS]?: TokenDemand[]; [REFUSED]?: true };

/** Leaves it to every session middleware that comes to check a token. */
export function demandToken(ctx: Context, demand: TokenDemand): void {

  const marked: Marked = ctx;
  marked[DEMANDS] = [...marked[DEMANDS] ?? [], demand];

}

/** Answers what was left for one session: each has its own token, and its own cookie comes along. */
export function answerDemands(ctx: Context, checker: TokenChecker): void {

  for (const demand of (ctx as Marked)[DEMANDS] ?? []) {
    demand.isAnswered = true;
    demand.check(checker);
  }

}

/** Takes note that no handler has seen the request: its session stays as it was found. */
export function markRefused(ctx: Context): void {

  (ctx as Marked)[REFUSED] = true;

}

export function isRefused(ctx: Context): boolean {

  return (ctx as Marked)[REFUSED] === true;

}
