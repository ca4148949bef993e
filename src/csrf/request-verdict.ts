/** Why a request is refused by its headers. */
export type Refusal = 'cross-site' | 'same-site' | 'foreign-origin';

/** What the headers say: the request may pass, only a token can tell, or it is refused. */
export type Verdict = 'pass' | 'ask' | Refusal;

/** The headers that a browser adds by itself, and no page can forge. */
export interface Sender {
  readonly site: string | null;
  readonly origin: string | null;
}

/**
 * Judges where a request comes from (OWASP CSRF Prevention Cheat Sheet, "Fetch
 * Metadata headers" with the fallback to `Origin`).
 *
 * `Sec-Fetch-Site` goes first: a page without referrers sends `Origin: null` to
 * its own server. A value that is none of the four, as when the header came
 * twice, counts as absent. Origins are compared as a whole.
 *
 * @param own the application's origin, from its configuration
 */
export function verdictOn({ site, origin }: Sender, own: string | null, trusted: ReadonlySet<string>): Verdict {

  switch (site) {
    case 'same-origin':
    // Typed into the address bar, or from a bookmark.
    case 'none':
      return 'pass';
    case 'same-site':
    case 'cross-site':
      return origin !== null && trusted.has(origin) ? 'pass' : site;
  }
  if (origin === null) return 'ask';
  return origin === own || trusted.has(origin) ? 'pass' : 'foreign-origin';

}

/**
 * Says whether the headers name another origin than the application's. Returns
 * false if they are missing.
 *
 * @param ownOrigin the application's origin, from its configuration
 */
export function isFromElsewhere(headers: { get(name: string): string | null }, ownOrigin: string): boolean {

  const own = serializedOrigin(ownOrigin);
  // The kernel's default is not the real origin: compared with it, the application's own pages would seem to be elsewhere.
  const isSet = own !== null && new URL(own).hostname !== 'localhost';
  const sender = { site: headers.get('sec-fetch-site'), origin: isSet ? headers.get('origin') : null };
  return !['pass', 'ask'].includes(verdictOn(sender, own, new Set()));

}

/** Returns an origin as browsers write it; null if the text has none that can be compared. */
export function serializedOrigin(text: string): string | null {

  try {
    const { origin } = new URL(text);
    // The origin of a `file:` address, for example: many different pages send it.
    return origin === 'null' ? null : origin;
  } catch {
    return null;
  }

}
