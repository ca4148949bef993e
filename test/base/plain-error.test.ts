import { deepStrictEqual, ok, strictEqual } from 'node:assert/strict';
import { describe, it } from 'node:test';
import { inspect } from 'node:util';
import fc from 'fast-check';
import { SessionStoreError } from '../../src/index.js';
import { originalOf, plainError, withoutValues } from '../../src/base/plain-error.js';

const SECRET = 'hunter2';

/** Everything of an error that a logger may show. */
const seen = (error: unknown) => inspect(error, { showHidden: true, depth: Number.POSITIVE_INFINITY, getters: true });

/** An error with a secret in each place where drivers have put one. */
function driverError(message: string): Error {

  return Object.assign(new Error(message), {
    code: '23514', detail: `Failing row contains (${SECRET})`, command: { name: 'set', args: [SECRET] },
    sql: `UPDATE t SET v = '${SECRET}'`, parameters: [SECRET], input: `redis://:${SECRET}@localhost`, [Symbol(SECRET)]: SECRET,
  });

}

describe('The copy of a driver\'s error', () => {

  it('has its name, message, code and stack, and nothing else', () => {

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

  it('has copies of its causes and of the errors of several attempts', () => {

    const several = new AggregateError([driverError('one'), driverError('two')], 'all failed', { cause: driverError('first') });
    const copy = plainError(driverErrorWith(several)) as Error;
    const cause = copy.cause as AggregateError;
    deepStrictEqual([copy.message, cause.message, cause.errors.map(({ message }) => message), (cause.cause as Error).message], ['outer', 'all failed', ['one', 'two'], 'first']);
    ok(!seen(copy).includes(SECRET), seen(copy));

  });

  it('ends where causes lead back to the first error', () => {

    const error: Error = driverError('again');
    error.cause = new AggregateError([error], 'and again', { cause: error });
    ok(seen(plainError(error)).length < 100_000);
    ok(!seen(plainError(error)).includes(SECRET));

  });

  it('has the stack without the message, also if a line of the message looks like a line of a stack', () => {

    const frames = '\n    at query (/app/node_modules/pg/lib/client.js:1:2)\n    at async /app/index.js:3:4';
    const stackOf = (message: string, stack: unknown) => (plainError(Object.defineProperty(new Error(message), 'stack', { value: stack })) as Error).stack;
    const forged = `one\n    at ${SECRET} (a:1:1)`;
    strictEqual(stackOf('one', `Error: one${frames}`), `Error: one${frames}`);
    strictEqual(stackOf('one', `Error [ERR_ONE]: one${frames}\n${SECRET}\n    at ${SECRET}`), `Error: one${frames}`);
    strictEqual(stackOf(forged, `Error: ${forged}${frames}`), `Error: ${withoutValues(forged)}${frames}`);
    strictEqual(stackOf('', `Error${frames}`), `Error: ${frames}`);
    strictEqual(stackOf('', `AggregateError [ECONNREFUSED]: ${frames}`), `Error: ${frames}`);
    strictEqual(stackOf(forged, `${forged}${frames}`), `Error: ${withoutValues(forged)}${frames}`);
    strictEqual(stackOf('one', `Some-other Error: one${frames}`), `Error: one${frames}`);
    // mysql2: the stack was written before there was a message.
    strictEqual(stackOf(forged, `Error${frames}`), `Error: ${withoutValues(forged)}${frames}`);
    // Knex: the message differs from that in the stack.
    for (const stack of [`Error: ${forged}${frames}`, `Error: \n    at ${SECRET} (a:1:1)${frames}`, undefined, 5, {}]) strictEqual(stackOf('two', stack), 'Error: two');

  });

  it('keeps a thrown value that is no error, without secrets', () => {

    for (const value of [undefined, null, true, 5]) strictEqual(plainError(value), value);
    strictEqual(plainError('down'), 'down');
    strictEqual(plainError(`Duplicate entry '${SECRET}' for key 'PRIMARY'`), 'Duplicate entry …');
    ok(!seen(plainError({ secret: SECRET, name: `${SECRET}!`, code: { SECRET } })).includes(SECRET));
    ok(!seen(plainError(() => SECRET)).includes(SECRET));

  });

  it('is the cause of every SessionStoreError', () => {

    const error = new SessionStoreError('The session store failed', { cause: driverError('down') });
    ok(!seen(error).includes(SECRET), seen(error));
    strictEqual((error.cause as Error).message, 'down');
    strictEqual('cause' in new SessionStoreError('without'), false);

  });

});

describe('A message that repeats a value', () => {

  for (const [message, without] of [
    [`Duplicate entry '${SECRET}' for key 'PRIMARY'`, 'Duplicate entry …'],
    ['Duplicate entry \'hunter\' for key \'PRIMARY\'', 'Duplicate entry …'],
    ["Incorrect string value: '\\xC4\\xA2' for column `test`.`t`.`c` at row 1", 'Incorrect string value: … at row 1'],
    [`Truncated incorrect DOUBLE value: '${SECRET}'`, 'Truncated incorrect DOUBLE value: …'],
    [`invalid input syntax for type json: "${SECRET}"`, 'invalid input syntax for type json: …'],
    [`value "${SECRET}" is out of range for type integer`, 'value … is out of range for type integer'],
    [`near "${SECRET}": syntax error`, 'near …: syntax error'],
    [`ERR unknown command 'EVAL', with args beginning with: '${SECRET}' 'x'`, "ERR unknown command 'EVAL', with args beginning with: …"],
    ['Unexpected token \'h\', "it\'s \'my\' hunter" is not valid JSON', 'Unexpected token … is not valid JSON'],
    ["Expected ',' or '}' after property value in JSON at position 9", 'Expected … after property value in JSON at position 9'],
    [`data must be of type number. Received type string ('${SECRET}')`, 'data must be of type number. Received type string …'],
    [`getaddrinfo ENOTFOUND for redis://app:${SECRET}@cache:6379/0`, 'getaddrinfo ENOTFOUND for redis://…@cache:6379/0'],
    [`connect to "redis://app:it's("@${SECRET}@cache:6379" failed`, 'connect to … failed'],
    [`the row 'a {"b":"${SECRET}"}' was refused`, 'the row … was refused'],
    [`the row 'a' and '${SECRET}' and "don't" was refused`, 'the row … was refused'],
    [`the row 'don't tell ${SECRET} to any`, 'the row …'],
    [`the row N'${SECRET}' was refused`, 'the row N… was refused'],
    [`no user 'app'${SECRET}'`, 'no user …'],
    [`no user 'app"${SECRET}'`, 'no user …'],
    ['Violation of PRIMARY KEY constraint \'PK_sessions\'. The duplicate key value is (4b3af625).', 'Violation of PRIMARY KEY constraint \'PK_sessions\'. The duplicate key value is ….'],
    ['not found [sess!4b3af6]', 'not found …'],
    ['update sessions set sess = {"card":"4111"} where it was {"card":"4112"} - timeout', 'update sessions set sess = … - timeout'],
    ['insert into "sessions" ("sess") values (\'{"a":"it\'\'s) - 4111"}\') - connect ECONNREFUSED 127.0.0.1:5432', 'insert into "sessions" … - connect ECONNREFUSED 127.0.0.1:5432'],
    ['session 4b3af625ac934b00a1ec41abbfff2e00 is busy', 'session … is busy'],
    ['session 0f7d1b1e-52c5-4f4f-9a55-8c6d9c2d9d11 is busy', 'session … is busy'],
    ['the card 4111111111111111 was refused', 'the card … was refused'],
    ["Access denied for user 'app'@'localhost' (using password: YES)", "Access denied for user 'app'@'localhost' …"],
    ["Unknown column 'a.b' in 'SET'", "Unknown column 'a.b' in …"],
    ['one\n    at two (a:1:1)', 'one     at two …'],
  ] as const) {
    it(`loses the value: ${without}`, () => {

      strictEqual(withoutValues(message), without);
      strictEqual(withoutValues(without), without);

    });
  }

  it('keeps the words that say where the mistake is', () => {

    for (const message of [
      'relation "sessions" does not exist', "Table 'test.sessions' doesn't exist", 'null value in column "v" of relation "my_sessions" violates not-null constraint',
      'duplicate key value violates unique constraint "sessions_pkey"', 'connect ECONNREFUSED 127.0.0.1:6379', "It can't be done, and isn't",
      'WRONGTYPE Operation against a key holding the wrong kind of value', 'no answer within 3 seconds', 'timeout exceeded when trying to connect',
      "Got a packet bigger than 'max_allowed_packet' bytes", 'password authentication failed for user "app"', "Access denied for user 'app'@'localhost'",
      "READONLY You can't write against a read only replica.", "OOM command not allowed when used memory > 'maxmemory'.", 'MOVED 3999 127.0.0.1:6381',
      'getaddrinfo ENOTFOUND redis-0.redis.svc.cluster.local', 'SQLITE_BUSY: database is locked', 'Command timed out',
    ]) strictEqual(withoutValues(message), message);

  });

  it('is cut to a length that fits into a log', () => {

    ok(withoutValues('x'.repeat(1_000_000)).length < 1100);

  });

  it('loses a value that is longer than the part of the message that is read', () => {

    for (const length of [3900, 3990, 4000, 4010, 100_000]) {
      const long = 'word '.repeat(length / 5);
      strictEqual(withoutValues(`the row '${long}${SECRET}' of "${SECRET}" was refused`), 'the row …'.concat(length < 4000 - 45 ? ' was refused' : ''));
      // What is at the cut may be the beginning of an id.
      ok(!withoutValues(`the row '${SECRET}' ${' '.repeat(length - 30)}${'abcdef'.repeat(3)}`, ['abcdef'.repeat(3)]).includes('abc'));
    }

  });

  it('loses each id of the call, and each longer part of one', () => {

    const id = 'QwertyuiopAsdfghjklZxcvbnmQwertyuiop';
    strictEqual(withoutValues(`session:${id} is locked by sess_${id}.json`, ['other-id-of-the-call', id]), 'session:<id> is locked by sess_<id>.json');
    strictEqual(withoutValues(`the end ${id.slice(20)} and the beginning ${id.slice(0, 16)}, but ${id.slice(0, 15)}`, [id]), `the end <id> and the beginning <id>, but ${id.slice(0, 15)}`);
    strictEqual(withoutValues('my-short-id and a', ['short-id', 'a', '']), 'my-<id> and a');
    const nested = plainError(new AggregateError([new Error(`at ${id}`)], 'all', { cause: `of ${id}` }), [id]);
    ok(!seen(nested).includes(id), seen(nested));

  });

});

describe('Messages of drivers that repeat a hostile value', () => {

  /** In milliseconds of processor time, so that other work on the machine does not count. */
  function timeOf(act: () => unknown): number {

    const before = process.cpuUsage();
    act();
    const { user, system } = process.cpuUsage(before);
    return (user + system) / 1000;

  }

  const ID = 'aab4b3af625ac934b00a1ec41abbfff2e00';
  /** Characters that the patterns look for, or stop at. */
  const PIECES = [
    '/', '//', '://', '@', '//@', '"', '\'', '`', ' \'', '\' ', ': "', '(', ')', '()', '[', '{', '}', '…', '’', 'a\'t', '\'s ', 'a', '1', 'a.', 'a1-', '\n', '\r\n', ' ',
    '    at ', '\n    at ', ':1:1', '\n    at a (b:1:1)', 'Error: ', 'table ', 'table "a"', 'table "a".', 'table `', 'for key \'', 'Duplicate entry \'', 'value "', 'is not valid JSON',
    'with args beginning with:', ID, ID.slice(1), ID.slice(0, 15), `${ID.slice(0, 15)} `, '<id>', 'é', '\u{1f511}', '\ud83d',
  ];
  const LONGEST = 100_000;
  const piece = fc.oneof(fc.constantFrom(...PIECES), fc.string({ maxLength: 20 }));
  const hostile = fc.tuple(
    fc.string({ maxLength: 10 }), fc.array(piece, { minLength: 1, maxLength: 4 }), fc.integer({ min: 1, max: LONGEST }), fc.array(piece, { maxLength: 4 }),
  ).map(([begin, pieces, times, end]) => begin + repeated(pieces.join(''), times) + end.join(''));

  function repeated(text: string, times = LONGEST): string {

    return text.repeat(Math.min(times, Math.ceil(LONGEST / Math.max(1, text.length))));

  }

  it('take no time to copy, however long they are', () => {

    fc.assert(fc.property(hostile, message => {
      const error = new Error(message);
      const time = timeOf(() => plainError(error, [ID]));
      // Usual is one; quadratic time would be seconds.
      ok(time < 500, `${time} ms`);
    }), { numRuns: 200, endOnFailure: true, examples: [...PIECES.map(text => [repeated(text)] as [string]), [`"${repeated('a')}`], [repeated('\n    at :1:1')]] });

  });

  it('take no time to copy, whatever the stack is', () => {

    fc.assert(fc.property(hostile, hostile, (message, stack) => {
      const error = Object.defineProperty(new Error(message), 'stack', { value: stack });
      const time = timeOf(() => plainError(error, [ID]));
      ok(time < 500, `${time} ms`);
    }), { numRuns: 200, endOnFailure: true, examples: PIECES.map(text => ['x', `Error: x\n    at ${repeated(text)}`] as [string, string]) });

  });

  it('lose it between quotes or brackets, whatever it is', () => {

    fc.assert(fc.property(hostile, fc.constantFrom('\'\'', '""', '``', '()', '[]', '{}'), (value, [open, close]) => {
      const shown = withoutValues(`the row ${open}${value}${SECRET}${value}${close} was refused`);
      ok(!shown.includes(SECRET), shown);
    }), { numRuns: 300 });

  });

});

function driverErrorWith(cause: unknown): Error {

  const error = driverError('outer');
  error.cause = cause;
  return error;

}
