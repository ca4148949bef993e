import { deepStrictEqual, ok, strictEqual } from 'node:assert/strict';
import { describe, it } from 'node:test';
import { inspect } from 'node:util';
import { SessionStoreError } from '../src/index.js';
import { originalOf, plainError, withoutValues } from '../src/plain-error.js';

const SECRET = 'hunter2';

/** Everything that can be seen of an error, as a logger may show it. */
const seen = (error: unknown) => inspect(error, { showHidden: true, depth: Number.POSITIVE_INFINITY, getters: true });

/** An error with a secret wherever drivers have put one. */
function driverError(message: string): Error {

  return Object.assign(new Error(message), {
    code: '23514', detail: `Failing row contains (${SECRET})`, command: { name: 'set', args: [SECRET] },
    sql: `UPDATE t SET v = '${SECRET}'`, parameters: [SECRET], input: `redis://:${SECRET}@localhost`, [Symbol(SECRET)]: SECRET,
  });

}

describe('What may be told of a driver\'s error', () => {

  it('is its name, message, code and stack, and nothing else', () => {

    const error = driverError('violates a check constraint');
    error.name = 'ReplyError';
    const copy = plainError(error) as Error & { code: unknown };
    ok(copy instanceof Error);
    deepStrictEqual({ ...copy }, { code: '23514' });
    deepStrictEqual([copy.name, copy.message], ['ReplyError', 'violates a check constraint']);
    strictEqual(copy.stack, error.stack?.replace(/^Error/, 'ReplyError'));
    ok(!seen(copy).includes(SECRET), seen(copy));
    strictEqual(originalOf(copy), error);

  });

  it('is the same of its causes and of the errors of several attempts', () => {

    const several = new AggregateError([driverError('one'), driverError('two')], 'all failed', { cause: driverError('first') });
    const copy = plainError(driverErrorWith(several)) as Error;
    const cause = copy.cause as AggregateError;
    deepStrictEqual([copy.message, cause.message, cause.errors.map(({ message }) => message), (cause.cause as Error).message], ['outer', 'all failed', ['one', 'two'], 'first']);
    ok(!seen(copy).includes(SECRET), seen(copy));

  });

  it('has an end where causes lead back to the beginning', () => {

    const error: Error = driverError('again');
    error.cause = new AggregateError([error], 'and again', { cause: error });
    ok(seen(plainError(error)).length < 100_000);
    ok(!seen(plainError(error)).includes(SECRET));

  });

  it('holds no line of the message in its stack', () => {

    const error = driverError('one');
    error.stack = `Error: one\n    at ${SECRET}\n${SECRET}\n    at query (/app/node_modules/pg/lib/client.js:1:2)\n    at async /app/index.js:3:4`;
    strictEqual((plainError(error) as Error).stack, 'Error: one\n    at query (/app/node_modules/pg/lib/client.js:1:2)\n    at async /app/index.js:3:4');
    for (const stack of [undefined, 5, {}]) {
      Object.defineProperty(error, 'stack', { value: stack });
      strictEqual((plainError(error) as Error).stack, 'Error: one');
    }

  });

  it('takes what is no error for what it is', () => {

    for (const value of [undefined, null, true, 5]) strictEqual(plainError(value), value);
    strictEqual(plainError('down'), 'down');
    strictEqual(plainError(`Duplicate entry '${SECRET}' for key 'PRIMARY'`), "Duplicate entry '…' for key 'PRIMARY'");
    ok(!seen(plainError({ secret: SECRET, name: `${SECRET}!`, code: { SECRET } })).includes(SECRET));
    ok(!seen(plainError(() => SECRET)).includes(SECRET));

  });

  it('is what a SessionStoreError has for its cause, whoever makes it', () => {

    const error = new SessionStoreError('The session store failed', { cause: driverError('down') });
    ok(!seen(error).includes(SECRET), seen(error));
    strictEqual((error.cause as Error).message, 'down');
    strictEqual('cause' in new SessionStoreError('without'), false);

  });

});

describe('A message that repeats a value', () => {

  for (const [message, without] of [
    [`Duplicate entry '${SECRET}' for key 'PRIMARY'`, "Duplicate entry '…' for key 'PRIMARY'"],
    ["Incorrect string value: '\\xC4\\xA2' for column `test`.`t`.`c` at row 1", 'Incorrect string value: … for column `test`.`t`.`c` at row 1'],
    [`Truncated incorrect DOUBLE value: '${SECRET}'`, 'Truncated incorrect DOUBLE value: …'],
    [`invalid input syntax for type json: "${SECRET}"`, 'invalid input syntax for type json: …'],
    [`value "${SECRET}" is out of range for type integer`, 'value … is out of range for type integer'],
    [`near "${SECRET}": syntax error`, 'near …: syntax error'],
    [`ERR unknown command 'EVAL', with args beginning with: '${SECRET}' 'x'`, "ERR unknown command 'EVAL', with args beginning with: …"],
    [`Unexpected token 'h', "${SECRET}" is not valid JSON`, 'The text is not valid JSON'],
    [`Expected ',' or '}' after property value in JSON at position 9`, "Expected ',' or '}' after property value in JSON at position 9"],
    [`The "data" argument must be of type number. Received type string ('${SECRET}')`, 'The "data" argument must be of type number. Received …'],
    [`getaddrinfo ENOTFOUND for redis://app:${SECRET}@cache:6379/0`, 'getaddrinfo ENOTFOUND for redis://…@cache:6379/0'],
    [`the row 'a {"b":"${SECRET}"}' was refused`, "the row '…' was refused"],
    [`the row '${'x'.repeat(65)}' was refused`, "the row '…' was refused"],
  ] as const) {
    it(`tells of it: ${without}`, () => {

      strictEqual(withoutValues(message), without);

    });
  }

  it('keeps what says where the mistake is', () => {

    for (const message of [
      'relation "sessions" does not exist', "Table 'test.sessions' doesn't exist", "Access denied for user 'app'@'localhost' (using password: YES)",
      'duplicate key value violates unique constraint "sessions_pkey"', 'connect ECONNREFUSED 127.0.0.1:6379', "It can't be done, and isn't",
      'WRONGTYPE Operation against a key holding the wrong kind of value', "Unknown column 'a.b' in 'SET'", 'no answer within 3 seconds',
      "Got a packet bigger than 'max_allowed_packet' bytes", 'password authentication failed for user "app"',
    ]) strictEqual(withoutValues(message), message);

  });

  it('is not longer than a log can bear', () => {

    ok(withoutValues('x'.repeat(1_000_000)).length < 1100);

  });

});

function driverErrorWith(cause: unknown): Error {

  const error = driverError('outer');
  error.cause = cause;
  return error;

}
