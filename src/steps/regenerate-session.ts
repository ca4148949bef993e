import { SessionEndedError } from '../base/errors.js';
import type { Awaitable } from '../base/store.js';
import { unixTime } from '../base/time.js';
import { publishRegenerated } from '../events/session-events.js';
import { keptFormSecret } from '../id/form-secret.js';
import { forwardId } from '../id/forwarded-id.js';
import { familyOf, renewedId } from '../id/id-family.js';
import type { Info, SessionDetails } from '../info/session-details.js';
import type { Regeneration } from '../session/named-change.js';
import { justStored, type LiveStored } from '../session/stored-session.js';
import type { Wanted } from '../session/wanted.js';
import { tooLarge } from '../values/session-size.js';
import { isEmpty, merge } from '../values/texts-change.js';
import { afterMove, canCount } from './after-sign-in.js';
import { changeWhereItWent } from './change-session.js';
import { abandon } from './create-record.js';
import { createSession } from './create-session.js';
import { moveInSteps } from './move-in-steps.js';
import { requireCookie, reserveId } from './new-id.js';
import { infoWithNewId, newInfo } from './new-info.js';
import { revoked, tooLate } from './refusals.js';
import type { CookieAction, Save, Shared } from './save.js';

/** Seconds for which stores remember that a user's sessions were ended. */
const REMEMBERED_ENDS = 86_400;

type Answer = 'moved' | 'gone' | 'conflict' | 'too-large' | 'revoked';

/** What a session is once it has its new id. */
interface Next {
  readonly id: string;
  /** As this request knows it. */
  readonly info: Info | undefined;
  /** As it is stored: the former id may lead to it. */
  readonly stored: Info | undefined;
  /** Whether it becomes a user's with that. */
  readonly isBinding: boolean;
}

/** Gives a session another id, and with it what else the request asks for. */
export async function regenerateSession(change: Regeneration, save: Save): Promise<CookieAction | 'conflict'> {

  requireCookie(save);
  const { session, shared } = save;
  const next = await nextOf(change, save);
  if (changesMore(change, save.wanted)) session.changing();
  let answer: Answer;
  try {
    answer = await move(change, next, save);
  } catch (error) {
    // Where the former id leads to it, its visitor finds it.
    if (!isForwarding(next)) abandon(next.id, next.info?.user, error, shared);
    session.release();
    throw error;
  }
  if (answer === 'conflict') return 'conflict';
  if (answer === 'too-large') throw tooLarge(shared.settings.maxBytes);
  return answer === 'moved' ? moved(change, next, save) : notMoved(change, answer, save);

}

async function nextOf(change: Regeneration, save: Save): Promise<Next> {

  const { session, shared } = save;
  const before = session.stored as LiveStored;
  const given = infoWithNewId(before.info, save);
  const isBinding = given?.user != null && given.user !== (before.info?.user ?? null);
  if (isBinding && change.reason !== 'binding') await canCount(given, shared);
  const reserved = await reserveId(save);
  const id = change.reason === 'renewal' ? renewedId(change.id, reserved) : reserved;
  if (!given) return { id, info: given, stored: given, isBinding };
  const info = { ...given, details: { ...given.details, ...keptUnasked(change, id, save) } };
  const { grace } = shared.settings;
  const isForwarded = grace > 0 && isPure(change, save);
  const stored = isForwarded ? { ...info, details: { ...info.details, forward: forwardId(change.id, id, unixTime() + grace) } } : info;
  return { id, info, stored, isBinding };

}

/** What a session keeps where the library gives it a new id by itself: its forms, and whether it can be ended with each id that it had before. */
function keptUnasked({ reason }: Regeneration, id: string, { session, shared: { settings } }: Save): Partial<SessionDetails> {

  if (!isUnasked(reason)) return {};
  const forms = keptFormSecret(session.stored as LiveStored, id);
  return reason === 'renewal' && settings.tracesRenewals ? { ...forms, family: familyOf(id) } : forms;

}

function move(change: Regeneration, { id, info, stored, isBinding }: Next, save: Save): Awaitable<Answer> {

  const { session, shared, version } = save;
  const { store, lifetimes, settings: { maxBytes } } = shared;
  const before = session.stored as LiveStored;
  const began = change.reason === 'binding' ? signedInAt(before.info, shared) : save.began;
  const terms = { lifetime: lifetimes.left(info), newInfo: newInfo(stored, isBinding ? began : undefined, shared) };
  return store.canMove
    ? store.move(change.id, id, change, { lifetime: terms.lifetime, newInfo: terms.newInfo, version, maxBytes })
    : moveInSteps({ store, id: change.id, newId: id, base: before.texts, own: change, terms });

}

async function moved(change: Regeneration, next: Next, save: Save): Promise<CookieAction> {

  const { session, shared: { store, lifetimes } } = save;
  const { id, reason } = change;
  const { info } = next;
  const { texts } = session.stored as LiveStored;
  const stored = justStored({ id: next.id, texts: isEmpty(change) ? texts : merge(texts, change), info }, lifetimes);
  session.moved(stored, isForwarding(next) && !isUnasked(reason));
  if (!isUnasked(reason)) session.leaveForms();
  publishRegenerated([id, next.id], info?.user ?? null, reason, store);
  if (!next.isBinding || !info) return 'set';
  try {
    await afterMove(info, save);
  } catch (error) {
    // Another sign-in has ended it, as it might a moment later: what was only read was right.
    if (reason === 'binding' && isEmpty(change) && error instanceof SessionEndedError) return 'keep';
    throw error;
  }
  return 'set';

}

async function notMoved(change: Regeneration, answer: 'gone' | 'revoked', save: Save): Promise<CookieAction> {

  const { session, wanted } = save;
  const { id, reason } = change;
  // `moveInSteps` has left a mark there: a second try must not find it in use.
  session.release();
  if (answer === 'revoked' && !(reason === 'binding' && isEmpty(change))) throw revoked();
  // What the handler did not ask for may fail without a word.
  if (reason !== 'asked' && isEmpty(change)) return 'keep';
  if (isUnasked(reason)) return changeWhereItWent(change, save);
  if (reason === 'asked' || change.set.size === 0) throw tooLate();
  // The second click of a sign-in gets a session of its own: leading it to the
  // winner's would hand the account to whoever planted the id.
  session.committed({ kind: 'retired', id, moved: true });
  const action = await createSession({ texts: change.set }, save);
  session.refresh(wanted.texts);
  return action;

}

/**
 * When the user signed in whom the values have named all along: if sessions of
 * the user were ended since, this one was not found. Where the time is unknown,
 * it was before anything that the store remembers.
 */
function signedInAt(before: Info | undefined, { lifetimes }: Shared): number {

  const age = before ? unixTime() - before.details.created : REMEMBERED_ENDS;
  return lifetimes.now() - Math.max(0, age) * 1000;

}

/** Whether the library gives the new id by itself, whatever the request does. */
function isUnasked(reason: Regeneration['reason']): boolean {

  return reason === 'renewal' || reason === 'binding';

}

function isForwarding({ info, stored }: Next): boolean {

  return stored !== info;

}

/**
 * Whether the former id may lead to the session: where the library gave the new
 * one by itself, or where nothing but the id changes in the whole request, before
 * this and after it.
 */
function isPure(change: Regeneration, { session, wanted }: Save): boolean {

  if (isUnasked(change.reason)) return wanted.authentication === undefined;
  return !session.isChanged && !session.isForwarding && !changesMore(change, wanted);

}

function changesMore(change: Regeneration, { authentication }: Wanted): boolean {

  return change.reason === 'user' || authentication !== undefined || !isEmpty(change);

}

/**
 * Stops the former id from leading to the session, by one more new id, before a
 * change that could give rights to whoever has it.
 *
 * @returns whether it did lead there
 */
export async function withdrawForward(save: Save): Promise<boolean> {

  const { session: { stored, isForwarding: forwards }, wanted } = save;
  if (!forwards || stored.kind !== 'live') return false;
  const nothing = { texts: stored.texts, user: undefined, authentication: undefined };
  const change: Regeneration = { name: 'regenerate', id: stored.id, reason: 'asked', set: new Map(), unset: [] };
  await regenerateSession(change, { ...save, wanted: { ...wanted, ...nothing }, version: undefined });
  return true;

}
