import { show } from '../base/option-checks.js';
import { LONGEST_EXPIRY, NO_SECONDS } from '../base/time.js';
import type { SessionMetadata } from '../base/user-session.js';
import type { Authentication } from './session-details.js';

const KNOWN = ['persistent', 'expiry', 'absoluteExpiry', 'endsAt', 'metadata'];

const MOST_TEXTS = 5;
const LONGEST_TEXT = 100;

/** The least timestamp, of 2001: what is below it is a number of seconds from now, given by mistake. */
const NO_DURATION = 1_000_000_000;

/**
 * Checks the argument of `ctx.authenticated()`. Returns a copy of it, with its
 * texts cut to length.
 *
 * @throws {TypeError} that names the member, its value and what is allowed
 */
export function checkedAuthentication(given: Authentication): Authentication {

  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    throw new TypeError(`ctx.authenticated() was given ${show(given)}: it must be an object`);
  }
  for (const name of Object.keys(given)) {
    if (!KNOWN.includes(name)) throw new TypeError(`ctx.authenticated() has no member ${name}: it must be one of ${KNOWN.join(', ')}`);
  }
  const { persistent, expiry, absoluteExpiry, endsAt, metadata } = given;
  if (persistent !== undefined && typeof persistent !== 'boolean') throw wrong('persistent', persistent, 'must be true or false');
  for (const [name, value] of [['expiry', expiry], ['absoluteExpiry', absoluteExpiry]] as const) {
    if (value !== undefined && !(typeof value === 'number' && value >= 1 && value <= LONGEST_EXPIRY)) {
      throw wrong(name, value, `must be a number of seconds from 1 to ${LONGEST_EXPIRY}`);
    }
  }
  // A timestamp in milliseconds would never come, and a duration would be over at once.
  if (endsAt !== undefined && !(typeof endsAt === 'number' && endsAt >= NO_DURATION && endsAt < NO_SECONDS)) {
    throw wrong('endsAt', endsAt, 'must be a Unix timestamp in seconds, such as Date.now() / 1000 + 3600');
  }
  return metadata === undefined ? { ...given } : { ...given, metadata: checkedMetadata(metadata) };

}

function checkedMetadata(metadata: SessionMetadata): SessionMetadata {

  const allowed = `must be an object of at most ${MOST_TEXTS} texts, with names of up to 32 letters, digits, - and _`;
  if (typeof metadata !== 'object' || metadata === null || Array.isArray(metadata)) throw wrong('metadata', metadata, allowed);
  const entries = Object.entries(metadata);
  if (entries.length > MOST_TEXTS) throw new TypeError(`ctx.authenticated() was given ${entries.length} texts as metadata: it ${allowed}`);
  return Object.fromEntries(entries.map(([name, text]) => {
    if (typeof text !== 'string' || !/^[\w-]{1,32}$/.test(name)) throw wrong(`metadata.${name}`, text, allowed);
    // The cut must not leave half of a surrogate pair.
    return [name, text.slice(0, LONGEST_TEXT).replace(/[\ud800-\udbff]$/, '')];
  }));

}

function wrong(name: string, value: unknown, allowed: string): TypeError {

  return new TypeError(`ctx.authenticated() was given ${name}: ${show(value)}: it ${allowed}`);

}
