import { changeWhereItWent } from './change-session.js';
import { abandon, afterMove, canCount, createSession, reserveId } from './create-session.js';
import { SessionEndedError } from '../base/errors.js';
import { keptFormSecret } from '../id/form-secret.js';
import { forwardId } from '../id/forwarded-id.js';
import { familyOf, renewedId } from '../id/id-family.js';
import { type LoadedSession, NOTHING, unixTime } from './load-session.js';
import { moveInSteps } from './move-in-steps.js';
import { infoWithNewId, newInfo, type CookieAction, lifeOf, live, requireCookie, revoked, type Saving, tooLate } from './saving.js';
import { tooLarge } from '../values/session-size.js';
import type { Info } from '../info/session-details.js';
import type { Session, Wanted } from '../session/session.js';
import { publishDestroyed, publishRegenerated } from '../events/session-events.js';
import { isEmpty, merge, type NamedChange } from '../session/session-change.js';
import type { SessionTexts } from '../base/store.js';

/** For so many seconds stores remember that a user's sessions were ended. */
const REMEMBERED_ENDS = 86_400;

type Regeneration = Extract<NamedChange, { name: 'regenerate' }>;

/**
 * Gives a session another id, and what it becomes with that.
 *
 * @param version what is moved must have it; nothing for whatever is there
 */
export async function regenerateSession(
  change: Regeneration, wanted: Wanted, session: Session, saving: Saving, version?: string | number,
): Promise<CookieAction | 'conflict'> {

  requireCookie(saving);
  const { id, reason } = change;
  const { info: before, texts } = session.stored as LoadedSession;
  const next = infoWithNewId(before, wanted, saving);
  const isBinding = next?.user != null && next.user !== (before?.user ?? null);
  if (isBinding && reason !== 'binding') await canCount(next, saving);
  const reserved = await reserveId(session, saving);
  const newId = reason === 'renewal' ? renewedId(id, reserved) : reserved;
  const formed = isUnasked(reason) ? withForms(next, session.stored as LoadedSession, newId) : next;
  const info = reason === 'renewal' ? withFamily(formed, newId, saving) : formed;
  const given = isPure(change, wanted, session) ? forwarding(info, id, newId, saving) : info;
  session.changed ||= changesMore(change, wanted);
  const began = reason === 'binding' ? signedInAt(before, saving) : session.began;
  const becomes = newInfo(given, isBinding ? began : undefined, saving);
  const life = lifeOf(saving, info);
  let answer: 'moved' | 'gone' | 'conflict' | 'too-large' | 'revoked';
  try {
    answer = saving.store.canMove
      ? await saving.store.move(id, newId, change, { lifetime: life, newInfo: becomes, version, maxBytes: saving.settings.maxBytes })
      : await moveInSteps(saving.store, id, newId, texts, change, life, becomes);
  } catch (error) {
    // With `grace`, whoever has the former id finds it.
    if (given === info) abandon(newId, info?.user, error, saving);
    session.newId = undefined;
    throw error;
  }

  switch (answer) {
    case 'conflict':
      return 'conflict';
    case 'too-large':
      throw tooLarge(saving.settings.maxBytes);
    case 'moved':
      session.committed(live(newId, isEmpty(change) ? texts : merge(texts, change), info, saving));
      if (!isUnasked(reason)) session.leavesForms = true;
      session.forwards = given !== info && !isUnasked(reason);
      publishRegenerated(id, newId, info?.user ?? null, reason, saving.store);
      if (!isBinding || !info) return 'set';
      try {
        await afterMove(info, session, saving);
      } catch (error) {
        // Another sign-in has ended it, as it might a moment later: what was only read was right.
        if (reason === 'binding' && isEmpty(change) && error instanceof SessionEndedError) return 'keep';
        throw error;
      }
      return 'set';
  }

  // `moveInSteps` has left a mark there: a second try must not find it in use.
  session.newId = undefined;
  if (answer === 'revoked' && !(reason === 'binding' && isEmpty(change))) throw revoked();
  // What nobody has asked for may fail without a word.
  if (reason !== 'asked' && isEmpty(change)) return 'keep';
  if (isUnasked(reason)) return changeWhereItWent(id, change, session, saving);
  if (reason === 'asked' || change.set.size === 0) throw tooLate();
  // The second click of a sign-in gets a session of its own: to lead it to the
  // winner's would hand the account to whoever planted the id.
  session.committed({ kind: 'retired', id, moved: true });
  const action = await createSession(change.set, wanted, session, saving);
  session.refresh(wanted.texts);
  return action;

}

/**
 * When the user signed in whom the values have named all along: if sessions of
 * the user were ended since, this one was not found. Where it is not known, it
 * was before anything that the store remembers.
 */
function signedInAt(before: Info | undefined, { now }: Saving): number {

  const age = before ? unixTime() - before.details.created : REMEMBERED_ENDS;
  return now() - Math.max(0, age) * 1000;

}

/** Whether it is the library that gives the new id, whatever the request does. */
function isUnasked(reason: Regeneration['reason']): boolean {

  return reason === 'renewal' || reason === 'binding';

}

/**
 * Whether whoever has the former id may be led to the session: where the library
 * gave the new one by itself, or where nothing but the id changes in the whole
 * request, before this and after it.
 */
function isPure(change: Regeneration, wanted: Wanted, { changed, forwards }: Session): boolean {

  return isUnasked(change.reason) ? wanted.authentication === undefined : !changed && !forwards && !changesMore(change, wanted);

}

function changesMore(change: Regeneration, { authentication }: Wanted): boolean {

  return change.reason === 'user' || authentication !== undefined || !isEmpty(change);

}

/**
 * Takes it back that the former id leads to the session, by one more new id,
 * before a change that could give rights to whoever has it.
 *
 * @returns whether there was something to take back
 */
export async function withdrawForward(wanted: Wanted, session: Session, saving: Saving): Promise<boolean> {

  const { stored, forwards } = session;
  if (!forwards || stored.kind !== 'live') return false;
  const nothing = { texts: stored.texts, user: undefined, authentication: undefined };
  await regenerateSession(
    { name: 'regenerate', id: stored.id, reason: 'asked', set: new Map(), unset: [] }, { ...wanted, ...nothing }, session, saving,
  );
  return true;

}

/** What the library gives a new id by itself keeps its forms. */
function withForms(info: Info | undefined, before: LoadedSession, newId: string): Info | undefined {

  return info && { ...info, details: { ...info.details, ...keptFormSecret(before, newId) } };

}

/** What was only renewed can be ended with each id that it had before. */
function withFamily(info: Info | undefined, newId: string, { settings }: Saving): Info | undefined {

  if (!info || !settings.tracesRenewals) return info;
  return { ...info, details: { ...info.details, family: familyOf(newId) } };

}

function forwarding(info: Info | undefined, id: string, newId: string, { settings }: Saving): Info | undefined {

  if (!info || settings.grace === 0) return info;
  return { ...info, details: { ...info.details, forward: forwardId(id, newId, unixTime() + settings.grace) } };

}

/**
 * Ends a user's session and begins another one's. The new one stands before the
 * old one goes: who fails in between is who he was.
 */
export async function replaceSession(
  id: string, texts: SessionTexts, wanted: Wanted, session: Session, saving: Saving,
): Promise<CookieAction> {

  const { stored } = session;
  session.stored = NOTHING;
  try {
    const action = await createSession(texts, wanted, session, saving, id);
    // What was another's must not be stored again.
    session.refresh(wanted.texts);
    if (await saving.store.end(id, { moved: true })) publishDestroyed(id, stored.kind === 'live' ? stored.user : null, saving.store);
    return action;
  } catch (error) {
    // The new session has no cookie then, and no one will use it.
    abandon(session.id ?? undefined, session.stored.kind === 'live' ? session.stored.user : null, error, saving);
    session.committed(stored);
    throw error;
  }

}
