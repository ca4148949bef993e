import { SessionSizeError, SessionValueError } from '../base/errors.js';
import { show } from '../base/option-checks.js';
import type { SessionTexts } from '../base/store.js';
import { OTHER_RECORD } from '../values/other-record.js';
import { fromText, toTexts } from '../values/session-values.js';
import { pathOf } from '../values/value-path.js';

/*
 * The record that keeps the messages of one request until a page shows them. It is
 * in the store of the sessions, is never changed, and is no session.
 */

/** The kind of a message, and its value as JSON text. */
export type MessageText = readonly [kind: string, text: string];

/** The messages of one request. */
export interface KeptMessages {
  /** The name of the session's cookie: another application may use the same store. */
  readonly cookie: string;
  /** Whose session the request left; null if that was no one's, or without the option `user`. */
  readonly user: string | null;
  readonly messages: readonly MessageText[];
}

/** The most messages that a request leaves. */
const MOST_MESSAGES = 20;

/** The most bytes of all of them, in UTF-8. */
const MOST_BYTES = 16_384;

const LONGEST_KIND = 100;

/**
 * Turns a message into text.
 *
 * @throws {TypeError} for a kind that is not a short text
 * @throws {SessionValueError} for a value that JSON can't represent
 */
export function toMessage(kind: unknown, message: unknown): MessageText {

  if (typeof kind !== 'string' || kind === '' || kind.length > LONGEST_KIND || !kind.isWellFormed()) {
    throw new TypeError(`ctx.flash() was given the kind ${shown(kind)}: it must be a text of 1 to ${LONGEST_KIND} characters, such as 'notice'`);
  }
  try {
    const text = toTexts({ [kind]: message }).get(kind);
    if (text === undefined) throw new SessionValueError(pathOf([kind]), 'is undefined, which JSON has no text for');
    return [kind, text];
  } catch (error) {
    if (!(error instanceof SessionValueError)) throw error;
    throw new SessionValueError(error.path.replace(/^session/, 'flash'), error.message.slice(error.path.length + 1));
  }

}

/** A long kind is one by mistake: most likely the message itself. */
function shown(kind: unknown): string {

  return typeof kind === 'string' && kind.length > LONGEST_KIND ? `of ${kind.length} characters` : show(kind);

}

/** @throws {SessionSizeError} if these are more messages than a request may leave */
export function checkMessages(messages: readonly MessageText[]): void {

  if (messages.length > MOST_MESSAGES) throw new SessionSizeError(`ctx.flash() was called more than ${MOST_MESSAGES} times in one request: a request leaves at most ${MOST_MESSAGES} messages`);
  const size = messages.reduce((sum, [kind, text]) => sum + Buffer.byteLength(kind) + Buffer.byteLength(text), 0);
  if (size > MOST_BYTES) throw new SessionSizeError(`The messages of ctx.flash() would have ${size} bytes: those of one request have at most ${MOST_BYTES}`);

}

/** Makes the texts of a record. */
export function toRecord({ cookie, user, messages }: KeptMessages): SessionTexts {

  return new Map([[OTHER_RECORD, JSON.stringify([cookie, user, messages])]]);

}

/** Reads a record; returns null for a session, and for anything that {@link toRecord} has not made. */
export function readRecord(texts: SessionTexts): KeptMessages | null {

  const text = texts.get(OTHER_RECORD);
  if (text === undefined || texts.size > 1) return null;
  try {
    const [cookie, user, messages] = JSON.parse(text);
    return typeof cookie === 'string' && (user === null || typeof user === 'string') && areMessages(messages) ? { cookie, user, messages } : null;
  } catch {
    return null;
  }

}

function areMessages(messages: unknown): messages is readonly MessageText[] {

  return Array.isArray(messages) && messages.every(message => {
    if (!Array.isArray(message) || typeof message[0] !== 'string' || typeof message[1] !== 'string') return false;
    fromText(message[1]);
    return true;
  });

}
