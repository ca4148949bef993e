import { SessionEndedError } from '../base/errors.js';
import type { Awaitable } from '../base/store.js';
import { unixTime } from '../base/time.js';
import { publishDestroyed, publishRegenerated } from '../events/session-events.js';
import { keptFormSecret } from '../id/form-secret.js';
import { forwardId } from '../id/forwarded-id.js';
import { familyOf, renewedId } from '../id/id-family.js';
import { derivedHandle } from '../id/session-id.js';
import type { Info, SessionDetails } from '../info/session-details.js';
import type { Regeneration } from '../session/named-change.js';
import { justStored, type LiveStored } from '../session/stored-session.js';
import type { Wanted } from '../session/wanted.js';
import { tooLarge } from '../values/session-size.js';
import { isEmpty, merge } from '../values/texts-change.js';
import { afterMove, checkCountable } from './after-sign-in.js';
import { changeUnderNewId } from './change-session.js';
import { abandon } from './create-record.js';
import { createSession } from './create-session.js';
import { moveInSteps } from './move-in-steps.js';
import { requireCookie, reserveId } from './new-id.js';
import { infoWithNewId, toNewInfo } from './new-info.js';
import { tooLate, userSessionsEnded } from './refusals.js';
import type { CookieAction, Save, Shared } from './save.js';
import { takePlace, type UserPlace } from './user-place.js';

/** Seconds for which stores remember that a user's sessions were ended. */
const REMEMBERED_ENDS = 86_400;

type Answer = 'moved' | 'gone' | 'conflict' | 'too-large' | 'revoked';

/** The new id of a session, with its info from then on. */
interface Next {
  readonly id: string;
  /** The info as this request knows it. */
  readonly info: Info | undefined;
  /** The info as it is stored: `info`, or a copy through which the former id leads to the new one. */
  readonly storedInfo: Info | undefined;
  /** Whether the session gets a user with the new id. */
  readonly getsUser: boolean;
  /** Taken for a session that gets a user, if sign-ins are refused at the limit. */
  readonly place?: UserPlace | undefined;
}

/**
 * Gives a session another id, and merges the request's changes into it.
 *
 * @returns `'conflict'` if `save.version` is outdated
 * @throws {SessionCookieError} if the response can't carry a cookie
 * @throws {SessionEndedError} if the session has ended or moved, and the request wanted to change it
 * @throws {SessionSizeError} if the session would be larger than `maxBytes`
 */
export async function regenerateSession(change: Regeneration, save: Save): Promise<CookieAction | 'conflict'> {

  requireCookie(save);
  const { session, shared } = save;
  const next = await nextOf(change, save);
  if (changesMore(change, save.wanted)) session.changing();
  let answer: Answer;
  try {
    answer = await move(change, next, save);
  } catch (error) {
    await next.place?.giveUp();
    // If the former id leads there, the visitor still finds the session.
    if (!isForwarding(next)) abandon(next.id, next.info?.user, error, shared);
    session.release();
    throw error;
  }
  if (answer !== 'moved') await next.place?.giveUp();
  if (answer === 'conflict') return 'conflict';
  if (answer === 'too-large') throw tooLarge(shared.settings.maxBytes);
  return answer === 'moved' ? finishMove(change, next, save) : insteadOfMove(change, answer, save);

}

async function nextOf(change: Regeneration, save: Save): Promise<Next> {

  const { shared } = save;
  const before = save.stored as LiveStored;
  const base = infoWithNewId(before.info, save);
  const getsUser = base?.user != null && base.user !== (before.info?.user ?? null);
  const isSignIn = getsUser && change.reason !== 'binding';
  if (isSignIn) await checkCountable(base, shared);
  // Another click of this sign-in may have moved the session already, or be about to.
  const place = isSignIn && shared.settings.maxUserSessions?.atLimit === 'refuse'
    ? await takePlace(base, { id: change.id, origin: derivedHandle(change.id) }, save)
    : undefined;
  const reserved = await reserveId(save);
  const id = change.reason === 'renewal' ? renewedId(change.id, reserved) : reserved;
  if (!base) return { id, info: base, storedInfo: base, getsUser };
  const info = { ...base, details: { ...base.details, ...keptUnasked(change, id, save), ...(place && { place: place.handle }) } };
  const { grace } = shared.settings;
  const isForwarded = grace > 0 && mayForward(change, save);
  const storedInfo = isForwarded ? { ...info, details: { ...info.details, forward: forwardId(change.id, id, unixTime() + grace) } } : info;
  return { id, info, storedInfo, getsUser, place };

}

/** The details that a session keeps if the library gives it a new id unasked: the secret of its forms, and the mark by which former ids are recognised. */
function keptUnasked({ reason }: Regeneration, id: string, { stored, shared: { settings } }: Save): Partial<SessionDetails> {

  if (!isUnasked(reason)) return {};
  const forms = keptFormSecret(stored as LiveStored, id);
  return reason === 'renewal' && settings.tracesRenewals ? { ...forms, family: familyOf(id) } : forms;

}

function move(change: Regeneration, { id, info, storedInfo, getsUser }: Next, save: Save): Awaitable<Answer> {

  const { shared, version } = save;
  const { store, lifetimes, settings: { maxBytes } } = shared;
  const before = save.stored as LiveStored;
  const began = change.reason === 'binding' ? signedInAt(before.info, shared) : save.visit.began;
  const terms = { lifetime: lifetimes.left(info), newInfo: toNewInfo(storedInfo, getsUser ? began : undefined, shared) };
  return store.canMove
    ? store.move(change.id, id, change, { lifetime: terms.lifetime, newInfo: terms.newInfo, version, maxBytes })
    : moveInSteps({ store, id: change.id, newId: id, base: before.texts, own: change, terms });

}

/** Records the move, and ends the sessions that the user has too many. */
async function finishMove(change: Regeneration, next: Next, save: Save): Promise<CookieAction> {

  const { session, now, shared: { store, lifetimes } } = save;
  const { id, reason } = change;
  const { info } = next;
  const { texts } = save.stored as LiveStored;
  const stored = justStored({ id: next.id, texts: isEmpty(change) ? texts : merge(texts, change), info }, lifetimes, now);
  session.moved(stored, isForwarding(next) && !isUnasked(reason));
  if (!isUnasked(reason)) session.leaveForms();
  publishRegenerated([id, next.id], info?.user ?? null, reason, store);
  if (!next.getsUser || !info) return 'set';
  try {
    await afterMove(info, save, next.place);
  } catch (error) {
    // Another sign-in has ended the session, but this request has only read it, while it was alive.
    if (reason === 'binding' && isEmpty(change) && error instanceof SessionEndedError) return 'keep';
    throw error;
  }
  return 'set';

}

/** Does what is possible without the move: the store had no such session, or the user's sessions were ended. */
async function insteadOfMove(change: Regeneration, answer: 'gone' | 'revoked', save: Save): Promise<CookieAction> {

  const { session, wanted, shared: { store } } = save;
  const { id, reason } = change;
  // In several steps, nothing has ended.
  if (answer === 'revoked' && store.canMove) publishDestroyed(id, (save.stored as LiveStored).user, 'revoked', store);
  // `moveInSteps` may have left a mark under the reserved id: a second try needs another.
  session.release();
  if (answer === 'revoked' && !(reason === 'binding' && isEmpty(change))) throw userSessionsEnded();
  // The handler asked for nothing, so nothing that it expects is missing.
  if (reason !== 'asked' && isEmpty(change)) return 'keep';
  if (isUnasked(reason)) return changeUnderNewId(change, save);
  if (reason === 'asked' || change.set.size === 0) throw tooLate();
  // The second click of a sign-in gets a session of its own. Leading it to the session
  // of the first would hand the account to an attacker who planted the id.
  const stored = { kind: 'retired', id, moved: true } as const;
  session.committed(stored);
  const action = await createSession({ texts: change.set }, { ...save, stored });
  session.refresh(wanted.texts);
  return action;

}

/**
 * When the session began whose values already name a user. If the user's sessions
 * were ended after that, the index missed this one, and the store must refuse it.
 * An unknown time counts as earlier than every end that stores remember.
 */
function signedInAt(before: Info | undefined, { lifetimes }: Shared): number {

  const age = before ? unixTime() - before.details.created : REMEMBERED_ENDS;
  return lifetimes.now() - Math.max(0, age) * 1000;

}

/** Whether the library gives the new id without being asked by the handler. */
function isUnasked(reason: Regeneration['reason']): boolean {

  return reason === 'renewal' || reason === 'binding';

}

function isForwarding({ info, storedInfo }: Next): boolean {

  return storedInfo !== info;

}

/**
 * Whether the former id may lead to the session: either the library gave the new
 * id unasked, or the whole request, before and after this, changes only the id.
 */
function mayForward(change: Regeneration, { session, wanted }: Save): boolean {

  if (isUnasked(change.reason)) return wanted.authentication === undefined;
  return !session.isChanged && !session.isForwarding && !changesMore(change, wanted);

}

function changesMore(change: Regeneration, { authentication }: Wanted): boolean {

  return change.reason === 'user' || authentication !== undefined || !isEmpty(change);

}

/**
 * Gives the session one more new id if the former id leads to it. To be called
 * before a change, which could otherwise give rights to whoever has the former id.
 *
 * @returns whether the session got another id
 */
export async function withdrawForward(save: Save): Promise<boolean> {

  const { session: { stored, isForwarding: forwards }, wanted } = save;
  if (!forwards || stored.kind !== 'live') return false;
  const nothing = { texts: stored.texts, user: undefined, authentication: undefined };
  const change: Regeneration = { name: 'regenerate', id: stored.id, reason: 'asked', set: new Map(), unset: [] };
  await regenerateSession(change, { ...save, stored, wanted: { ...wanted, ...nothing }, version: undefined });
  return true;

}
