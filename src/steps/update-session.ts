import { SessionStoreError } from '../base/errors.js';
import { show } from '../base/option-checks.js';
import type { Awaitable, SessionTexts, SessionValues } from '../base/store.js';
import type { NamedChange } from '../session/named-change.js';
import type { Session } from '../session/session.js';
import { type LiveStored, type StoredSession, textsOf } from '../session/stored-session.js';
import { claimOf, isWholeSession, type UserReader, type Wanted } from '../session/wanted.js';
import { noSession, OTHER_RECORD } from '../values/other-record.js';
import { checkSize, tooLarge } from '../values/session-size.js';
import { fromTexts, isPlainObject, NO_TEXTS, toTexts } from '../values/session-values.js';
import { ofStored, readStored } from '../values/stored-values.js';
import { difference, isEmpty, merge } from '../values/texts-change.js';
import { changed } from './change-session.js';
import { decide } from './decide.js';
import { loadAgain } from './load-session.js';
import { tooLate } from './refusals.js';
import { withdrawForward } from './regenerate-session.js';
import { requestEvents } from './request-event.js';
import type { CookieAction, Save, Shared, Visit } from './save.js';
import { carryOut } from './save-session.js';

/** Changes the values that it is given, or returns others in a plain object. May be called more than once. */
export type SessionUpdate = (values: SessionValues) => Awaitable<SessionValues | void>;

/** What the function of an update made. */
interface Updated extends Pick<Wanted, 'texts' | 'user'> {
  /** Whether it returned another object. */
  readonly isWhole: boolean;
}

const NOTHING_DUE = { touch: false };

/** This many conflicts in a row can only come from a loop. */
const MOST_TRIES = 100;

/** Tries without a pause between them. More conflicts mean that many processes are changing the session. */
const HASTY_TRIES = 4;

/** Milliseconds of the longest pause between two tries. */
const LONGEST_PAUSE = 250;

/**
 * Reads, changes and stores the whole session as one atomic step. If another request
 * has changed the session in the meantime, calls `update` again with the values that
 * are stored then. Changes that this request made before are stored with it, but not
 * a new id that its handler asked for: that must be stored before.
 *
 * @throws {SessionSizeError} if the session would be too large
 * @throws {SessionStoreError} if the store failed. It is not asked again, since the
 *   change may have been stored
 * @throws {SessionEndedError} if the session has ended or moved
 */
export async function updateSession(update: SessionUpdate, visit: Visit): Promise<CookieAction> {

  checkUpdate(update);
  const { session, shared: { updates } } = visit;
  const key = session.id ?? session;
  const call: SessionUpdate = values => updates.call(key, session, () => update(values));
  const task = async (hasWaited: boolean) => {
    for (let tries = 0; tries < MOST_TRIES; tries++) {
      if (tries >= HASTY_TRIES) await pause(tries - HASTY_TRIES);
      const action = await tryUpdate(call, visit, hasWaited || tries > 0);
      if (action !== 'conflict') return action;
    }
    throw new SessionStoreError('Other requests kept changing the session');
  };
  return updates.isWithin(key, session) ? task(false) : updates.run(key, task);

}

function checkUpdate(update: unknown): void {

  if (typeof update !== 'function') throw new TypeError(`ctx.updateSession() was given ${show(update)}: it must be a function of the values`);

}

/** Waits for a random time, up to a limit that grows, so that processes whose updates conflicted do not meet again. */
async function pause(times: number): Promise<void> {

  const longest = Math.min(2 ** (times + 1), LONGEST_PAUSE);
  await new Promise(resolve => setTimeout(resolve, Math.random() * longest));

}

/**
 * Makes one try.
 *
 * @param isOutdated whether others may have changed the session since this request read it
 */
async function tryUpdate(update: SessionUpdate, visit: Visit, isOutdated: boolean): Promise<CookieAction | 'conflict'> {

  const { session, shared } = visit;
  const { userOf, maxBytes } = shared.settings;
  const before = session.stored;
  const latest = await latestOf(before, shared, isOutdated);
  const wanted = session.take(userOf);
  // The new id that a handler asked for is given when the session is saved, not here.
  if (latest.kind === 'live') session.giveBack({ regenerate: wanted.regenerate, authentication: wanted.authentication });
  try {
    const isOwn = isWholeSession(wanted, latest);
    const base = isOwn ? wanted.texts : merge(textsOf(latest), difference(textsOf(session.stored), wanted.texts));
    const updated = await callUpdate(base, update, userOf);
    if (updated.texts.has(OTHER_RECORD)) throw noSession();
    checkSize(textsOf(latest), updated.texts, maxBytes);
    const action = await session.inTurn(() => {
      if (session.stored === before) {
        const version = latest.kind === 'live' ? latest.version : undefined;
        const now = performance.now();
        return attempt({ visit, session, shared, now, stored: latest, wanted: withUpdate({ ...wanted, assigned: isOwn }, updated, latest, userOf), due: NOTHING_DUE, version });
      }
      // The handler has called `saveSession()` or another update in the meantime, so `latest` is outdated.
      if (before.kind === 'live' && session.id === null) throw tooLate();
      return 'conflict';
    });
    if (action === 'conflict') {
      session.giveBack(wanted);
      return action;
    }
    if (requestEvents.hasSubscribers) {
      const change = { name: 'update', id: '', ...difference(textsOf(latest), updated.texts) } as const;
      session.decided({ change, before: latest, refreshDueIn: 0 });
    }
    session.refresh(wanted.texts);
    return action;
  } catch (error) {
    session.giveBack(wanted);
    throw error;
  }

}

/** Adds what the function made to what the request has asked for before. */
function withUpdate(wanted: Wanted, { texts, user, isWhole }: Updated, latest: StoredSession, userOf: UserReader | undefined): Wanted {

  const isLive = latest.kind === 'live';
  return {
    texts,
    assigned: wanted.assigned === true || (isWhole && latest.kind === 'retired'),
    cleared: wanted.cleared && texts.size === 0,
    regenerate: wanted.regenerate && !isLive,
    proved: wanted.proved === true && !isLive,
    authentication: wanted.authentication,
    isFound: false,
    ...claimOf(user, texts, latest, userOf),
  };

}

/** Changes the values of a session that will not be stored, and returns them. */
export async function updateUnstored(session: Session, update: SessionUpdate): Promise<SessionValues> {

  checkUpdate(update);
  const before = toTexts(session.values, NO_TEXTS);
  session.values = fromTexts((await callUpdate(before, update, undefined)).texts);
  return session.values;

}

/**
 * Calls the function of an update. Returns the values that it changed, or the plain
 * object that it returned, as texts, with the user whom they name. Anything else that
 * it returns is ignored: it is the value of an arrow function's expression, as in
 * `session => session.visits++`.
 */
async function callUpdate(
  before: SessionTexts, update: SessionUpdate, userOf: UserReader | undefined,
): Promise<Updated> {

  const values = readStored(before);
  const returned = await update(values);
  const changed = ofStored(before, values, toTexts);
  if (!isPlainObject(returned) || holds(values, returned)) return { texts: changed, user: userOf && ofStored(before, values, userOf), isWhole: false };
  const texts = toTexts(returned, changed);
  if (changed !== before && texts !== changed) {
    throw new TypeError('The function of updateSession() changed the session and returned another object: it must do one of the two');
  }
  return { texts, user: userOf?.(returned), isWhole: true };

}

/** Whether an object is the container or somewhere in it, as in `session => session.cart = {}`. */
function holds(container: unknown, object: object): boolean {

  if (container === object) return true;
  return typeof container === 'object' && container !== null
    && Object.values(container).some(member => holds(member, object));

}

/** Stores what the function made of the latest values, unless the stored session has changed since. */
async function attempt(save: Save): Promise<CookieAction | 'conflict'> {

  const { stored, shared: { store, lifetimes } } = save;
  const change = decide(save);
  if (stored.kind !== 'live') return carryOut(change, save);
  const isChange = change.name === 'update' || change.name === 'regenerate';
  if (isChange && !isEmpty(change) && await store.upgrade?.(change.id, stored.texts, lifetimes.left(stored.info))) return 'conflict';
  if (change.name !== 'update' && change.name !== 'none') return carryOut(change, save);
  const action = change.name === 'update' ? await updateRecord(change, save) : await keepRecord(stored, save);
  // If it was found by its former id, the browser does not know the new one yet.
  return action === 'keep' && stored.forwarded ? 'set' : action;

}

/** Changes the stored values, if they are still those of the version that the save names. */
async function updateRecord(change: Extract<NamedChange, { name: 'update' }>, save: Save): Promise<CookieAction | 'conflict'> {

  const { session, stored, wanted, now, version, shared: { store, lifetimes, settings: { grace, maxBytes } } } = save;
  if (await withdrawForward(save)) return 'conflict';
  session.changing();
  const latest = stored as LiveStored;
  const { lifetime, user } = lifetimes.changeTerms(latest, now);
  const answer = await store.update(change.id, change, { lifetime, version, user, maxBytes, loaded: latest.texts });
  // With the option `grace`, the next try may find it under its new id.
  if (answer === 'conflict' || (answer === 'gone' && grace > 0)) return 'conflict';
  if (answer === 'gone') throw tooLate();
  if (answer === 'too-large') throw tooLarge(maxBytes);
  return changed(wanted.texts, lifetime, save);

}

/** Leaves the stored values as they are, which must be those that the function was given. */
async function keepRecord(latest: LiveStored, { session, shared }: Save): Promise<CookieAction | 'conflict'> {

  // The session may have been loaded long ago, at the beginning of the request.
  if (latest === session.stored && !isUnchanged(latest, await latestOf(latest, shared, true))) return 'conflict';
  session.committed(latest);
  return 'keep';

}

/** Returns the stored session, with the version that a change of it must name. */
async function latestOf(stored: StoredSession, shared: Shared, isOutdated: boolean): Promise<StoredSession> {

  if (stored.kind !== 'live' || (stored.version !== undefined && !isOutdated)) return stored;
  const latest = await loadAgain(stored.id, shared);
  if (!latest) throw tooLate();
  return latest;

}

function isUnchanged(before: LiveStored, now: StoredSession): boolean {

  return now.kind === 'live' && now.id === before.id && now.version === before.version;

}
