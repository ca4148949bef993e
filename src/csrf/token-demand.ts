import type { Context } from '@curveball/kernel';

/** Checks the token of a request with the session that it knows. */
export interface TokenChecker {
  /** Whether the request brought a cookie of ours that could have an effect. */
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

/** Leaves a check to every session middleware that comes later. */
export function demandToken(ctx: Context, demand: TokenDemand): void {

  const marked: Marked = ctx;
  marked[DEMANDS] = [...marked[DEMANDS] ?? [], demand];

}

/** Makes the checks that were left, for one session: each session has its own token and cookie. */
export function answerDemands(ctx: Context, checker: TokenChecker): void {

  for (const demand of (ctx as Marked)[DEMANDS] ?? []) {
    demand.isAnswered = true;
    demand.check(checker);
  }

}

/** Records that no handler has seen the request: its session must stay as it was found. */
export function markRefused(ctx: Context): void {

  (ctx as Marked)[REFUSED] = true;

}

export function isRefused(ctx: Context): boolean {

  return (ctx as Marked)[REFUSED] === true;

}
