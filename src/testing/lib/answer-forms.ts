import type { SessionCount, SessionPage, SessionRecord, StorePing } from '../../base/store.js';
import { isTexts } from './is-texts.js';

/*
 * The forms that the answers of a store must have, and how errors describe them.
 */

export const STATES = `an array whose members are null, or { status: 'live', remaining: a number },
or { status: 'retired', reason: a reason, if any }, or { status: 'expired' }`;

const REASONS: readonly unknown[] = ['signed-out', 'revoked', 'limit', undefined];

export const FOUND = `null, or { status: 'retired', moved: a boolean, reason: a reason, if any }, or { status: 'expired' },
or { status: 'live', texts: a Map of strings, version: a string or a number, remaining: a number },
and \`info\`, if any, must be { user: a string or null, details: a string }`;

export const USER_SESSIONS = 'an array of { handle: a string, details: a string, idle: a number, remaining: a number }';

export const NOT_ATOMIC = 'The store does not declare `atomic: true`.\n'
  + 'If its four methods are all that it has, give storeTests() the option { atomic: false }';

export const FOUR = { set: true, get: true, delete: true, newSessionId: true };

export function isBoolean(answer: unknown): boolean {

  return typeof answer === 'boolean';

}

export function isValues(answer: unknown): boolean {

  return answer === null || answer === undefined || (typeof answer === 'object' && !Array.isArray(answer));

}

export function isFound(answer: unknown): boolean {

  if (typeof answer !== 'object' || answer === null) return answer === null;
  const { status, moved, reason, texts, version, remaining, info } = answer as Record<string, unknown>;
  if (info !== undefined && !isInfo(info)) return false;
  if (status === 'retired') return isBoolean(moved) && REASONS.includes(reason);
  return status === 'expired' || (status === 'live' && isTexts(texts) && ['string', 'number'].includes(typeof version) && Number.isFinite(remaining));

}

export function isState(state: unknown): boolean {

  const { status, remaining, reason } = (state ?? {}) as Record<string, unknown>;
  if (status === 'live') return Number.isFinite(remaining);
  return status === 'expired' || (status === 'retired' && REASONS.includes(reason));

}

export function isInfo(info: unknown): boolean {

  const { user, details } = (info ?? {}) as Record<string, unknown>;
  return (user === null || (typeof user === 'string' && user !== '')) && typeof details === 'string';

}

export function isUserSession(answer: unknown): boolean {

  const { handle, details, idle, remaining } = (answer ?? {}) as Record<string, unknown>;
  return typeof handle === 'string' && typeof details === 'string' && Number.isFinite(idle) && Number.isFinite(remaining);

}

// biome-ignore lint/suspicious/noExplicitAny: members can be anything
export function isList(isMember: (member: any) => boolean): (answer: unknown) => boolean {

  return answer => Array.isArray(answer) && answer.every(isMember);

}

export const PAGE = '{ sessions: an array of { handle, user, details, idle, remaining, size }, next: a string or null }';

export function isPage(answer: unknown): boolean {

  const { sessions, next } = (answer ?? {}) as Partial<SessionPage>;
  return isCursor(next) && isList(isStoredSession)(sessions);

}

function isStoredSession(session: unknown): boolean {

  const { user, idle, size } = (session ?? {}) as Record<string, unknown>;
  const isUser = user === null || (typeof user === 'string' && user !== '');
  return isUser && isIdle(idle) && Number.isInteger(size) && isUserSession({ ...session as object, idle: 0 });

}

export const COUNT = '{ live, ofUsers and expired: whole numbers, isExact: true or false }';

export function isCount(answer: unknown): boolean {

  const { live, ofUsers, expired, isExact } = (answer ?? {}) as Partial<SessionCount>;
  return [live, ofUsers, expired].every(number => Number.isInteger(number) && (number as number) >= 0) && isBoolean(isExact);

}

export const PING = "{ roundTrip: a number, clockDifference: a number or null, selfTest: 'passed', 'failed' or null, problem: a string if it failed }";

export function isPing(answer: unknown): boolean {

  const { roundTrip, clockDifference, selfTest, problem } = (answer ?? {}) as Partial<StorePing>;
  return Number.isFinite(roundTrip) && (clockDifference === null || Number.isFinite(clockDifference))
    && ['passed', 'failed', null].includes(selfTest as null) && typeof problem === (selfTest === 'failed' ? 'string' : 'undefined');

}

export const RECORDS = '{ records: an array of { handle, hash, former, texts, info, idle, remaining }, unreadable: an array of strings, next: a string or null }';

export function isRecordPage(answer: unknown): boolean {

  const { records, unreadable, next } = (answer ?? {}) as Record<string, unknown>;
  return isCursor(next) && isList(handle => typeof handle === 'string')(unreadable) && isList(isRecord)(records);

}

export function isRecord(answer: unknown): boolean {

  const { handle, hash, former, texts, info, idle, remaining } = (answer ?? {}) as Partial<SessionRecord>;
  return typeof handle === 'string' && typeof hash === 'string' && isTexts(texts) && (info === undefined || isInfo(info)) && isIdle(idle)
    && Number.isFinite(remaining) && isList(id => typeof id?.hash === 'string' && Number.isFinite(id.remaining))(former);

}

function isCursor(next: unknown): boolean {

  return next === null || typeof next === 'string';

}

function isIdle(idle: unknown): boolean {

  return idle === null || (Number.isFinite(idle) && (idle as number) >= 0);

}
