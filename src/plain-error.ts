/*
 * Drivers put into their errors what they were asked to do: the command with its
 * arguments, the statement with its parameters, the row that was refused. These
 * are the values of a session, and errors end up in logs.
 */

/** A chain of causes is rarely longer, and may lead back to its beginning. */
const DEEPEST = 5;

/** Of the errors of several attempts. */
const MOST_ERRORS = 10;

const LONGEST_MESSAGE = 1000;

/** Messages that repeat what they were given, and what is left of them. */
const REPEATING: ReadonlyArray<readonly [pattern: RegExp, without: string]> = [
  // A user and a password in an address.
  [/((?:\b[a-z][a-z\d+.-]*:)?\/\/)[^\s"']*@/gi, '$1…@'],
  // Redis, of a command that it does not know.
  [/(with args beginning with:).*/s, '$1 …'],
  [/(\bDuplicate entry )'.*'( for key )/gs, "$1'…'$2"],
  // MySQL: Incorrect string value: '…'. PostgreSQL: value "…" is out of range.
  [/(\b(?:value|near|text|token|on string):? )(['"]).*\2/gs, '$1…'],
  // PostgreSQL: invalid input syntax for type integer: "…".
  [/(: )".*"/gs, '$1…'],
  // Node.js: Unexpected token 'x', "…" is not valid JSON.
  [/(?:Unexpected token .*)?".*is not valid JSON/gs, 'The text is not valid JSON'],
  // Node.js: must be of type string. Received …
  [/(\bReceived |Invalid URL: ).*/s, '$1…'],
];

/** What stands in quotes: a value, unless it looks like the name of a table, a column, a user or a setting. */
const QUOTED = /(?<![A-Za-z])(['"])(.*?)\1(?![A-Za-z])/gs;
const NAME = /^(?:[\w.$@%:-]{0,64}|.)$/;

/** The errors that were copied, for tests of stores: nothing leads to them from the copies. */
const originals = new WeakMap<object, unknown>();

/**
 * Copies what may be told of an error that came from elsewhere: its name,
 * message, code and stack, and the same of its causes, without the values that
 * messages of databases repeat.
 */
export function plainError(error: unknown, depth = 0): unknown {

  if (typeof error === 'string') return withoutValues(error);
  if (typeof error !== 'object' || error === null) return typeof error === 'function' ? undefined : error;
  const { name, message, code, stack, cause, errors } = error as { readonly [Name in keyof AggregateError | 'code']?: unknown };
  const text = typeof message === 'string' ? withoutValues(message) : 'What was thrown is no error';
  const deeper = (other: unknown) => depth < DEEPEST ? plainError(other, depth + 1) : undefined;
  const copy = Array.isArray(errors) ? new AggregateError(errors.slice(0, MOST_ERRORS).map(deeper), text) : new Error(text);
  const shown = typeof name === 'string' && /^[\w.$ -]{1,64}$/.test(name) ? name : 'Error';
  const members: { [name: string]: unknown } = { stack: `${shown}: ${text}${framesOf(stack)}` };
  if (shown !== copy.name) members.name = shown;
  if (cause !== undefined) members.cause = deeper(cause);
  for (const [key, value] of Object.entries(members)) {
    Object.defineProperty(copy, key, { value, writable: true, configurable: true, enumerable: false });
  }
  originals.set(copy, error);
  return typeof code === 'number' || (typeof code === 'string' && /^[\w.-]{1,64}$/.test(code)) ? Object.assign(copy, { code }) : copy;

}

/** What an error was copied from, if it was. */
export function originalOf(error: unknown): unknown {

  return originals.get(error as object) ?? error;

}

/** A message without the values that it repeats, as far as databases and Node.js are known to. */
export function withoutValues(message: string): string {

  let text = message;
  for (const [pattern, without] of REPEATING) text = text.replace(pattern, without);
  text = text.replace(QUOTED, (quoted: string, quote: string, inner: string) => NAME.test(inner) ? quoted : `${quote}…${quote}`);
  return text.length > LONGEST_MESSAGE ? `${text.slice(0, LONGEST_MESSAGE)}…` : text;

}

/** The lines of a stack that say where: those before them repeat the message as it was. */
function framesOf(stack: unknown): string {

  if (typeof stack !== 'string') return '';
  return stack.split('\n').filter(line => /^ {4}at .*(?::\d+:\d+\)?|<anonymous>\)?|\(native\))$/.test(line)).map(line => `\n${line}`).join('');

}
