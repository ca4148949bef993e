import { newSessionId, randomLetters } from '../../id/session-id.js';
import { fromJson, toJson } from './json-texts.js';
import { toStored } from './sql-about.js';
import { readRow } from './sql-row.js';
import type { SqlTable } from './sql-table.js';

/** For how many milliseconds a row is kept that could not be removed. */
const LIFETIME = 60_000;

const TEXTS = new Map([['é"\'\\', '1'], ['b', '2']]);

/** What character sets, quotes and modes of a connection can get wrong, each with an ASCII letter in its second byte somewhere. */
const SET = new Map([['\u0122', '"\'\\"\u0122\u015c\u20ac\u{1f600}\u8868\u30bd~|[]{}@^`$%#\\u0000\\n"']]);
const EXPECTED = new Map([['b', '2'], ...SET]);

const ABOUT = { user: '\u0416"\'\\', details: '{"a":"~|\\\\"}' };

/**
 * Tries out whether a table, through this pool, returns exactly what was stored.
 * With one that does not, visitors would get another's session, or none.
 *
 * @param table without a trial of its own
 * @throws {Error} that says what is wrong
 */
export async function tryOut(table: SqlTable): Promise<void> {

  // No session's: no handle has a colon.
  const id = { handle: `t:${randomLetters(14)}`, hash: newSessionId() };
  const about = toStored(ABOUT);
  const terms = { lifetime: LIFETIME, deadline: Number.MAX_SAFE_INTEGER };
  try {
    check('the time that INSERT answers', await table.create(id, toJson(TEXTS), about, terms));
    const change = { set: SET, unset: [...TEXTS.keys()].slice(0, 1) };
    check('the time that UPDATE answers', await table.update(id, change, { ...terms, version: null, most: table.most, data: null, user: about.user }));
    const text = await table.read(id.handle);
    if (typeof text !== 'string') throw new Error('a row that has just been written is not found');
    const row = readRow(text);
    check('the time that SELECT answers', row.now);
    check('when a session ends', row.endsAt);
    check('the version', row.version);
    if (row.about !== about.text || row.idHash !== id.hash) throw different('what a session is');
    const found = fromJson(row.data);
    if (found?.size !== EXPECTED.size || [...EXPECTED].some(([key, value]) => found.get(key) !== value)) throw different('a value');
  } finally {
    // If this fails, the row expires within a minute.
    await Promise.resolve(table.delete(id)).catch(() => {});
  }

}

function check(what: string, number: number): void {

  if (!(Number.isFinite(number) && number > 0)) throw different(what);

}

function different(what: string): Error {

  return new Error(`${what} comes back as something else than was written: a setting of the connection changes it, for instance its character set, SQL modes, or how the driver parses what it reads`);

}

/**
 * Does something with a table, and says what is wrong with it.
 *
 * @param kindOf whether an error says that the table, or one of its columns, is missing
 */
export async function explained<T>(
  table: string, kindOf: (error: unknown) => 'no table' | 'no column' | undefined, task: () => PromiseLike<T>,
): Promise<T> {

  try {
    return await task();
  } catch (cause) {
    const kind = kindOf(cause);
    const reason = kind === 'no column'
      ? 'it is not one of this store. Choose another name with the option table'
      : kind === 'no table' ? 'it does not exist. setup() makes it' : (cause as Error).message;
    throw new Error(`The table ${table} can't keep sessions: ${reason}`, { cause });
  }

}
