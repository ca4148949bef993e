/** What the requests with a session whose row was damaged must get. */
export type Outcome =
  /** 503 for all of them, and the event; the cookie stays. */
  | 'unreadable'
  /** The same for those that read the values. */
  | 'unreadable values'
  /** As if the id were unknown. */
  | 'gone'
  /** As if the row were intact. */
  | 'served'
  /** One of these. */
  | 'any';

/** The user of the damaged session, and another user. */
export interface Names {
  readonly user: string;
  readonly other: string;
}

/** The text that is written, made from the one before, and what must come of it. */
export interface Damage {
  readonly of: string;
  readonly make: (before: string, names: Names) => unknown;
  readonly outcome: Outcome;
  /** The value of `note` then, if the session is served. */
  readonly note?: unknown;
}

const DEEP = 100_000;
const LONG = 8 * 2 ** 20;


/** In the place of one value's JSON text. */
export const VALUE_TEXTS: ReadonlyArray<readonly [what: string, text: string, note?: unknown]> = [
  ['no JSON', 'x'],
  ['nothing', ''],
  ['a space', ' '],
  ['half a text', '"x'],
  ['a text that goes on', '"a"b"'],
  ['a trailing comma', '[1,]'],
  ['a byte order mark', '\ufeff1'],
  ['NaN', 'NaN'],
  ['a number with letters', '1x'],
  ['a hexadecimal number', '0x10'],
  ['a number that begins with 0', '01'],
  ['brackets too many', `${'['.repeat(DEEP)}${']'.repeat(DEEP)}`],
  ['brackets some too many', `${'['.repeat(600)}${']'.repeat(600)}`],
  ['keys in keys in keys', `${'{"a":'.repeat(DEEP)}1${'}'.repeat(DEEP)}`],
  ['brackets that never end', '['.repeat(DEEP)],
  ['a key twice', '{"a":1,"a":2}', { a: 2 }],
  ['a key __proto__', '{"__proto__":{"admin":true}}', JSON.parse('{"__proto__":{"admin":true}}')],
  ['a constructor', '{"constructor":{"prototype":{"admin":true}}}', JSON.parse('{"constructor":{"prototype":{"admin":true}}}')],
  ['keys that promises and JSON look for', '{"then":1,"toJSON":2,"valueOf":3}', JSON.parse('{"then":1,"toJSON":2,"valueOf":3}')],
  ['a text of eight megabytes', `"${'x'.repeat(LONG)}"`, 'x'.repeat(LONG)],
];

/** A number that JavaScript does not have: its text is JSON. */
export const TOO_LARGE = '{"n":1e400}';

/** In the place of all values. */
export const TEXTS: ReadonlyArray<readonly [what: string, make: (before: string) => string]> = [
  ['nothing', () => ''],
  ['no JSON', () => 'garbage'],
  ['the JSON 1', () => '1'],
  ['the JSON "x"', () => '"x"'],
  ['the JSON []', () => '[]'],
  ['the JSON true', () => 'true'],
  ['half of an object', () => '{'],
  ['a byte order mark before it', before => `\ufeff${before}`],
  ['a comma behind it', before => `${before},`],
  ['the first part of it', before => before.slice(0, -3)],
  ['eight megabytes of nothing', () => 'x'.repeat(LONG)],
];

/** Key by key, names that no object must inherit from. */
export const NAMES: ReadonlyArray<readonly [key: string, text: string]> = [
  ['__proto__', '{"admin":true}'], ['constructor', '{"prototype":{"admin":true}}'], ['toJSON', '1'], ['then', '"then"'],
  ['hasOwnProperty', 'null'], ['toString', '2'],
];

/** In the place of the info: no `[user, details]`. */
export const INFO: ReadonlyArray<readonly [what: string, text: string]> = [
  ['no JSON', 'x'], ['null', 'null'], ['a number', '5'], ['an empty list', '[]'], ['an object', '{"length":2}'],
  ['a user alone', '["ada"]'], ['a number for a user', '[1,"{}"]'], ['a number for details', '["ada",1]'], ['no user', '["","{}"]'],
  ['more than two', '["ada","{}",0]'], ['a byte order mark', '\ufeff["ada","{}"]'], ['too much', JSON.stringify(['ada', 'x'.repeat(5000)])],
];

const TIMES = '"created":1,"renewed":1';

/** In the place of the details. */
export const DETAILS: ReadonlyArray<readonly [what: string, text: string]> = [
  ['nothing', ''], ['no JSON', 'x'], ['a number', '1'], ['null', 'null'], ['a list', '[]'], ['no times', '{}'],
  ['a time that is a text', '{"created":"x","renewed":1}'],
  ['a time before all times', '{"created":-1,"renewed":1}'],
  ['a deadline that is a text', `{${TIMES},"endsAt":"2099-01-01"}`],
  ['a deadline that is NaN', `{${TIMES},"endsAt":NaN}`],
  ['a deadline that is null', `{${TIMES},"endsAt":null}`],
  ['a deadline that never comes', `{${TIMES},"endsAt":1e400}`],
  ['a deadline in milliseconds', `{${TIMES},"endsAt":${Date.now() + 3_600_000}}`],
  ['an expiry that is endless', `{${TIMES},"expiry":1e400}`],
  ['persistence of another kind', `{${TIMES},"persistent":"yes"}`],
  ['metadata that are a list', `{${TIMES},"metadata":["a"]}`],
  ['metadata that are no texts', `{${TIMES},"metadata":{"a":{}}}`],
  ['a new id that is no record', `{${TIMES},"forward":"x"}`],
];

/** Texts that are written whatever the one before. */
export const damage = (of: string, value: unknown, outcome: Outcome): Damage => ({ of, make: () => value, outcome });

export const nul = (outcome: Outcome) => damage('NULL', null, outcome);
