/*
 * What the list of devices shows of each: enough for its owner to recognise it. Both
 * texts come from the client, so they are only shown, and decide nothing.
 */

/** The first match counts: most browsers send several names. */
const browsers: Record<string, RegExp> = {
  'Edge': /\bEdg(e|A|iOS)?\//,
  'Opera': /\bOPR\//,
  'Samsung Internet': /\bSamsungBrowser\//,
  'Firefox': /\b(Firefox|FxiOS)\//,
  'Chrome': /\b(HeadlessChrome|Chrome|CriOS)\//,
  'Safari': /\bSafari\//,
};

const systems: Record<string, RegExp> = {
  'iPhone': /\biPhone\b/,
  'iPad': /\biPad\b/,
  'Android': /\bAndroid\b/,
  'Windows': /\bWindows\b/,
  'ChromeOS': /\bCrOS\b/,
  'macOS': /\bMac OS X\b/,
  'Linux': /\bLinux\b/,
};

/** Names a device by its `User-Agent`, such as "Firefox on Windows". */
export function deviceLabel(userAgent: string | null): string {

  const browser = firstMatch(browsers, userAgent ?? '');
  const system = firstMatch(systems, userAgent ?? '');
  if (browser && system) return `${browser} on ${system}`;
  return browser ?? system ?? 'Unknown device';

}

/** Keeps the part of an address that tells networks apart, and drops the part that finds a person: `203.0.113.x`, `2001:db8:…`. */
export function maskedAddress(address: string | null): string {

  const [, ipv4] = /^(?:::ffff:)?(\d+\.\d+\.\d+)\.\d+$/i.exec(address ?? '') ?? [];
  if (ipv4) return `${ipv4}.x`;
  const [first, second] = (address ?? '').split(':');
  return second === undefined ? 'unknown address' : `${first}:${second}:…`;

}

function firstMatch(names: Record<string, RegExp>, text: string): string | undefined {

  return Object.keys(names).find(name => names[name]?.test(text));

}
