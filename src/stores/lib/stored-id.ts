import * as crypto from 'node:crypto';
import { isOwnId, newSessionId } from '../../session-id.js';

/*
 * The ids of stores that outlive the process: a public handle, under which the
 * session is stored, and a secret, of which the store keeps only a hash. The
 * handle stays through moves, so that a move changes one record in its place.
 */

/** 95 bits: enough that no two sessions meet, and no secret. */
const HANDLE_LENGTH = 16;

/** As long as the ids of {@link newSessionId}, 256 bits. */
const SECRET_LENGTH = 43;

/**
 * Makes an id.
 *
 * @param moving the id whose handle it takes over; a new handle without one
 */
export function newStoredId(moving?: string): string {

  const handle = moving !== undefined && isStoredId(moving) ? moving : newSessionId();
  return handle.slice(0, HANDLE_LENGTH) + newSessionId();

}

/** Says whether a text has the form of the ids that {@link newStoredId} makes. */
export function isStoredId(text: string): boolean {

  return text.length === HANDLE_LENGTH + SECRET_LENGTH && isOwnId(text.slice(HANDLE_LENGTH)) && /^[a-z\d]+$/i.test(text);

}

/** What a store keeps of an id. */
export interface StoredId {
  readonly handle: string;
  /** SHA-256 of the whole id, in base64url: 43 characters. It is shorter than an id, so it is none. */
  readonly hash: string;
}

/** Splits an id into what may be stored of it; an id of another form gets a handle of its own. */
export function storedId(id: string): StoredId {

  const hash = sha256(id);
  return { handle: (isStoredId(id) ? id : hash).slice(0, HANDLE_LENGTH), hash };

}

/** @throws {TypeError} if two ids have different handles, so that no session can move from one to the other */
export function movedId(id: string, newId: string): { from: StoredId; to: StoredId } {

  const from = storedId(id);
  const to = storedId(newId);
  if (from.handle !== to.handle || from.hash === to.hash) {
    throw new TypeError('The new id of a session must be made by newSessionId(), with the id that it has now');
  }
  return { from, to };

}

function sha256(text: string): string {

  // Twice as fast, but not in the first releases of Node 20.
  return crypto.hash?.('sha256', text, 'base64url') ?? crypto.createHash('sha256').update(text).digest('base64url');

}
