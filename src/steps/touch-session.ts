import { isThenable } from '../base/awaitable.js';
import type { Awaitable } from '../base/store.js';
import { justStored, type LiveStored } from '../session/stored-session.js';
import type { CookieAction, Save } from './save.js';

/** Prolongs a session that was only read. Never fails. */
export function touchSession(id: string, { session, stored, now, shared: { store, lifetimes } }: Save): Awaitable<CookieAction> {

  const before = stored as LiveStored;
  const done = (isTouched: boolean): CookieAction => {
    if (!isTouched) return 'keep';
    session.nowStored(justStored(before, lifetimes, now));
    return lifetimes.isCookieDue(before, now) ? 'set' : 'keep';
  };
  // The request changed nothing, so nothing is lost if the store fails.
  const failed = () => 'keep' as const;
  try {
    const answer = store.touch(id, lifetimes.left(before.info), before.user ?? undefined);
    return isThenable(answer) ? answer.then(done, failed) : done(answer);
  } catch {
    return failed();
  }

}
