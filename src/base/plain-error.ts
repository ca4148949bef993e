/*
 * Drivers put the input of the failed command into their errors: its arguments,
 * the parameters of a statement, the row that was refused. These contain the
 * values of a session, and errors end up in logs. So a copied message keeps only
 * the parts that do not look like a value, whichever library wrote it.
 */

/** Causes that are copied. A chain is rarely longer, and may be a circle. */
const DEEPEST = 5;

/** Errors that are copied from an `AggregateError`. */
const MOST_ERRORS = 10;

/** Characters of a message and of a stack that are read: either may repeat a value of any size. */
const MOST_READ = 4000;
const LONGEST_MESSAGE = 1000;

/** The shortest part of an id that is removed. */
const PART_OF_ID = 16;
/** Ids below this length are too short to be recognised in a text. */
const SHORT_ID = 8;

/** Names that the operator chose, in quotes after the word for what they name: table "sessions". */
const NAMES = '\\b(?:relation|table|column|constraint|index|database|schema|role|user|for key|type|command|insert into|packet bigger than|used memory >) '
  + '(?:[.@]?(?:"[a-z_.]{1,64}"|\'[a-z_.]{1,64}\'|`[a-z_.]{1,64}`)(?!\\w))+';

/** From a quote or bracket to the last one that could close it, since a value may contain some, too. */
const CLOSED = '(?:([\'"`]).*\\2|\\(.*\\)|\\[.*\\]|\\{.*\\})(?:.*[\'"`)\\]}])?';
const OPEN = '[\'"`([{].*';

const PARTS = new RegExp(`(${NAMES})|${CLOSED}|${OPEN}`, 'gis');
const PARTS_OF_CUT = new RegExp(`(${NAMES})|${OPEN}`, 'gis');

/** An apostrophe does not begin a quotation: can't, isn't. */
const APOSTROPHE = /(?<=[a-z])'(?=(?:[dmst]|ll|re|ve)\b)/gi;

/** Ids, hashes, tokens and card numbers, if there is a digit among the characters. */
const RUN = /[\p{L}\p{N}_+%~-]{16,}/gu;

const FRAME = /^ {4}at .*(?::\d+:\d+\)?|<anonymous>\)?|\(native\))$/;

/** From each copy to the error that it was made from, for tests of stores. The copy itself does not refer to it. */
const originals = new WeakMap<object, unknown>();

/**
 * Copies the parts of another library's error that may be logged: its name,
 * message, code and stack, and the same of its causes, without the values that
 * messages of databases repeat.
 *
 * @param ids of the sessions that the failed call was about
 */
export function plainError(error: unknown, ids: readonly string[] = [], depth = 0): unknown {

  if (typeof error === 'string') return withoutValues(error, ids);
  if (typeof error !== 'object' || error === null) return typeof error === 'function' ? undefined : error;
  if (ids.length === 0 && originals.has(error)) return error;
  const { name, message, code, stack, cause, errors } = error as { readonly [Name in keyof AggregateError | 'code']?: unknown };
  const text = typeof message === 'string' ? withoutValues(message, ids) : 'Something other than an error was thrown';
  const deeper = (other: unknown) => depth < DEEPEST ? plainError(other, ids, depth + 1) : undefined;
  const copy = Array.isArray(errors) ? new AggregateError(errors.slice(0, MOST_ERRORS).map(deeper), text) : new Error(text);
  const shown = typeof name === 'string' && /^[\w.$ -]{1,64}$/.test(name) ? name : 'Error';
  const members: { [name: string]: unknown } = { stack: `${shown}: ${text}${framesOf(stack, message)}` };
  if (shown !== copy.name) members.name = shown;
  if (cause !== undefined) members.cause = deeper(cause);
  for (const [key, value] of Object.entries(members)) {
    Object.defineProperty(copy, key, { value, writable: true, configurable: true, enumerable: false });
  }
  originals.set(copy, originalOf(error));
  return typeof code === 'number' || (typeof code === 'string' && /^[\w.-]{1,64}$/.test(code)) ? Object.assign(copy, { code }) : copy;

}

/** Makes an error of our own, which may be logged as it is. */
export function ownError(message: string): Error {

  const error = new Error(message);
  originals.set(error, error);
  return error;

}

/** Returns the error that a copy was made from; anything else as it is. */
export function originalOf(error: unknown): unknown {

  return originals.get(error as object) ?? error;

}

/**
 * Returns a message without the parts that could be a value. A longer message
 * takes no longer.
 *
 * @param ids ids of sessions, to be removed wherever they are
 */
export function withoutValues(message: string, ids: readonly string[] = []): string {

  const isCut = message.length > MOST_READ;
  const text = ids.reduce(withoutId, message.slice(0, MOST_READ))
    .replace(/\/\/\S+/g, address => address.replace(/^.*@/s, '//…@'))
    .replace(APOSTROPHE, '’')
    .replace(isCut ? PARTS_OF_CUT : PARTS, (_, name?: string) => name ?? '…')
    .replaceAll('’', '\'')
    .replace(RUN, run => /\p{N}/u.test(run) ? '…' : run)
    // In a log it would look like the stack.
    .replace(/[\r\n]+/g, ' ');
  // The last characters before a cut may be the beginning of an id, too short to be recognised.
  const length = Math.min(LONGEST_MESSAGE, isCut && !text.endsWith('…') ? Math.max(0, text.length - PART_OF_ID) : text.length);
  return length < text.length ? `${text.slice(0, length)}…` : text;

}

/** Returns a text without an id and its longer parts, such as an id that was cut off. */
function withoutId(text: string, id: string): string {

  if (id.length < SHORT_ID) return text;
  const least = Math.min(id.length, PART_OF_ID);
  let rest = '';
  for (let at = 0; at < text.length;) {
    let end = at + least;
    if (end > text.length) return rest + text.slice(at);
    if (id.includes(text.slice(at, end))) {
      while (end < text.length && id.includes(text.slice(at, end + 1))) end++;
      rest += '<id>';
      at = end;
    } else {
      rest += text.charAt(at++);
    }
  }
  return rest;

}

/** Returns the lines of a stack that say where. A line of the message may look like one, so only the lines after it count. */
function framesOf(stack: unknown, message: unknown): string {

  if (typeof stack !== 'string' || typeof message !== 'string') return '';
  const [header] = /^[\w.$ -]{0,64}(?:\[[\w.-]{1,64}\])?(?:: )?/.exec(stack) as RegExpExecArray;
  const at = [header.length, 0].find(start => stack.startsWith(message, start));
  // Without the colon, the stack was written before the driver gave the error its message.
  if (at === undefined && header.endsWith(': ')) return '';
  const start = at === undefined ? header.length : at + message.length;
  const [rest, ...lines] = stack.slice(start, start + MOST_READ).split('\n');
  return rest === '' ? lines.filter(line => FRAME.test(line)).map(line => `\n${line}`).join('') : '';

}
