import { randomBytes } from 'node:crypto';

const USERS = 10 ** 9;

/** Values of a session whose JSON has about so many bytes. Their text is random: servers may compress. */
export function values(bytes, number = 0) {

  const made = { userId: USERS + number, visits: 1 };
  const least = JSON.stringify({ ...made, note: '' }).length;
  if (bytes <= least) return { ...made, n: 1 };
  return { ...made, cart: ['A-1', 'B-2'], note: randomBytes(bytes).toString('base64url').slice(0, Math.max(0, bytes - least - 21)) };

}

/** The same as texts, as stores take them. */
export function texts(bytes, number) {

  return new Map(Object.entries(values(bytes, number)).map(([key, value]) => [key, JSON.stringify(value)]));

}
