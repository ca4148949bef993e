/*
 * Drivers put into their errors what they were asked to do: the command with its
 * arguments, the statement with its parameters, the row that was refused. These
 * are the values of a session, and errors end up in logs. So of a message stays
 * only what has not the form of a value, whoever wrote it.
 */

/** A chain of causes is rarely longer, and may lead back to its beginning. */
const DEEPEST = 5;

/** Of the errors of several attempts. */
const MOST_ERRORS = 10;

/** What is looked at of a message and of a stack: either may repeat a value of any size. */
const MOST_READ = 4000;
const LONGEST_MESSAGE = 1000;

/** As many characters of an id as are too many, and those of ids that are too short to be known again. */
const PART_OF_ID = 16;
const SHORT_ID = 8;

/** Names that are the operator's, in quotes behind what they are the name of: table "sessions". */
const NAMES = '\\b(?:relation|table|column|constraint|index|database|schema|role|user|for key|type|command|insert into|packet bigger than|used memory >) '
  + '(?:[.@]?(?:"[a-z_.]{1,64}"|\'[a-z_.]{1,64}\'|`[a-z_.]{1,64}`)(?!\\w))+';

/** From a quote or a bracket to the last that could close it: a value may hold some, too. */
const CLOSED = '(?:([\'"`]).*\\2|\\(.*\\)|\\[.*\\]|\\{.*\\})(?:.*[\'"`)\\]}])?';
const OPEN = '[\'"`([{].*';

const PARTS = new RegExp(`(${NAMES})|${CLOSED}|${OPEN}`, 'gis');
const PARTS_OF_CUT = new RegExp(`(${NAMES})|${OPEN}`, 'gis');

/** It is no quote: can't, isn't. */
const APOSTROPHE = /(?<=[a-z])'(?=(?:[dmst]|ll|re|ve)\b)/gi;

/** Ids, hashes, tokens and card numbers, where a digit is among them. */
const RUN = /[\p{L}\p{N}_+%~-]{16,}/gu;

const FRAME = /^ {4}at .*(?::\d+:\d+\)?|<anonymous>\)?|\(native\))$/;

/** The errors that were copied, for tests of stores: nothing leads to them from the copies. */
const originals = new WeakMap<object, unknown>();

/**
 * Copies what may be told of an error that came from elsewhere: its name,
 * message, code and stack, and the same of its causes, without the values that
 * messages of databases repeat.
 *
 * @param ids of the sessions that the call was about
 */
export function plainError(error: unknown, ids: readonly string[] = [], depth = 0): unknown {

  if (typeof error === 'string') return withoutValues(error, ids);
  if (typeof error !== 'object' || error === null) return typeof error === 'function' ? undefined : error;
  if (ids.length === 0 && originals.has(error)) return error;
  const { name, message, code, stack, cause, errors } = error as { readonly [Name in keyof AggregateError | 'code']?: unknown };
  const text = typeof message === 'string' ? withoutValues(message, ids) : 'What was thrown is no error';
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

/** An error of our own, which may be told as it is. */
export function ownError(message: string): Error {

  const error = new Error(message);
  originals.set(error, error);
  return error;

}

/** What an error was copied from, if it was. */
export function originalOf(error: unknown): unknown {

  return originals.get(error as object) ?? error;

}

/**
 * A message without what could be a value. It takes no longer, however long the
 * message is.
 *
 * @param ids of sessions, known to be some
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
  // Before a cut may stand the beginning of an id, too short to be seen as one.
  const length = Math.min(LONGEST_MESSAGE, isCut && !text.endsWith('…') ? Math.max(0, text.length - PART_OF_ID) : text.length);
  return length < text.length ? `${text.slice(0, length)}…` : text;

}

/** A text without an id and the longer parts of it, such as one that was cut. */
function withoutId(text: string, id: string): string {

  if (id.length < SHORT_ID) return text;
  const least = Math.min(id.length, PART_OF_ID);
  let told = '';
  for (let at = 0; at < text.length;) {
    let end = at + least;
    if (end > text.length) return told + text.slice(at);
    if (id.includes(text.slice(at, end))) {
      while (end < text.length && id.includes(text.slice(at, end + 1))) end++;
      told += '<id>';
      at = end;
    } else {
      told += text.charAt(at++);
    }
  }
  return told;

}

/** The lines of a stack that say where. One of the message may look like one, so what counts stands behind it. */
function framesOf(stack: unknown, message: unknown): string {

  if (typeof stack !== 'string' || typeof message !== 'string') return '';
  const [header] = /^[\w.$ -]{0,64}(?:\[[\w.-]{1,64}\])?(?:: )?/.exec(stack) as RegExpExecArray;
  const at = [header.length, 0].find(start => stack.startsWith(message, start));
  // A driver may give an error its message when its stack has been written, and has none.
  if (at === undefined && header.endsWith(': ')) return '';
  const start = at === undefined ? header.length : at + message.length;
  const [rest, ...lines] = stack.slice(start, start + MOST_READ).split('\n');
  return rest === '' ? lines.filter(line => FRAME.test(line)).map(line => `\n${line}`).join('') : '';

}
