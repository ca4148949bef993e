import { show, wrong } from '../base/option-checks.js';

/** What a browser can be asked to remove, by its name in the W3C's Clear Site Data. */
export type SiteData = 'cache' | 'cookies' | 'storage' | 'executionContexts' | 'clientHints' | 'prefetchCache' | 'prerenderCache' | '*';

const KNOWN = ['cache', 'cookies', 'storage', 'executionContexts', 'clientHints', 'prefetchCache', 'prerenderCache', '*'];

/** Checks the option `clearSiteData`, and makes it the text of the header. */
export function checkedSiteData(names: unknown): string | undefined {

  if (names === undefined) return undefined;
  const allowed = `must be a list of ${KNOWN.map(show).join(', ')}`;
  if (!Array.isArray(names) || names.length === 0) throw wrong('clearSiteData', names, allowed);
  for (const [index, name] of names.entries()) {
    if (!KNOWN.includes(name)) throw wrong(`clearSiteData[${index}]`, name, allowed);
  }
  return names.map(name => `"${name}"`).join(', ');

}
