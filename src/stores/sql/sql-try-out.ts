import { newSessionId, randomLetters } from '../../id/session-id.js';
import type { StoredId } from '../../id/stored-id.js';
import { fromJson, toJson } from './json-texts.js';
import { toStored } from './sql-info.js';
import { endData, readRow } from './sql-row.js';
import type { SqlTable } from './sql-table.js';

/** Milliseconds for which a row is kept if it can't be removed. */
const LIFETIME = 60_000;

const TEXTS = new Map([['é"\'\\', '1'], ['b', '2']]);

/** Characters that character sets, quotes and modes of a connection can get wrong. In some character set, each has the byte of an ASCII character as its second. */
const SET = new Map([['\u0122', '"\'\\"\u0122\u015c\u20ac\u{1f600}\u8868\u30bd~|[]{}@^`$%#\\u0000\\n"']]);
const EXPECTED = new Map([['b', '2'], ...SET]);

const USER = '\u0416"\'\\';
const DETAILS = '{"a":"~|\\\\"}';

/** Milliseconds by which the times of statements may differ, beside the time between them: several hosts may execute them. */
const APART = 1000;

/**
 * Tries out whether a table, through this pool, returns exactly what was stored.
 * If it did not, a visitor could get another's session, or lose their own.
 *
 * @param table without a trial of its own
 * @throws {Error} that says what is wrong
 */
export async function tryOut(table: SqlTable): Promise<void> {

  // No session has such handles: they have no colon.
  const handle = `t:${randomLetters(14)}`;
  const mark = `t:${randomLetters(14)}`;
  const ids = [newSessionId(), newSessionId()] as const;
  try {
    const read = await tryRow(table, handle, ids);
    await tryUsers(table, handle, mark, ids);
    await tryClock(table, handle, read);
  } finally {
    // If this fails, the rows expire by themselves.
    for (const hash of [...ids, '']) await removed(table, { handle, hash });
    await removed(table, { handle: mark, hash: '' });
  }

}

const terms = { lifetime: LIFETIME, deadline: Number.MAX_SAFE_INTEGER };
const changeTerms = (table: SqlTable) => ({ ...terms, version: null, most: table.most, data: null });

/** Writes, changes and reads a row. @returns the time at which it was read */
async function tryRow(table: SqlTable, handle: string, [hash]: readonly [string, string]): Promise<number> {

  const id = { handle, hash };
  const info = toStored({ user: USER + handle, details: DETAILS });
  const began = performance.now();
  const created = await table.create(id, toJson(TEXTS), info, { ...terms, former: '', idle: 0 });
  check('the time that INSERT answers', created);
  const change = { set: SET, unset: [...TEXTS.keys()].slice(0, 1) };
  const updated = await table.update(id, change, { ...changeTerms(table), user: info.user });
  check('the time that UPDATE answers', updated);
  const text = await table.read(handle);
  if (typeof text !== 'string') throw new Error('a row that has just been written is not found');
  const row = readRow(text);
  check('the time that SELECT answers', row.now);
  check('when a session ends', row.endsAt);
  check('the version', row.version);
  if (row.info !== info.text || row.idHash !== hash) throw different('the info of a session');
  const found = fromJson(row.data);
  if (found?.size !== EXPECTED.size || [...EXPECTED].some(([key, value]) => found.get(key) !== value)) throw different('a value');
  const apart = performance.now() - began + APART;
  if (Math.abs(updated - created) > apart || Math.abs(row.now - updated) > apart) throw stopped();
  return row.now;

}

/** Moves, lists, revokes and ends the session in that row. */
async function tryUsers(table: SqlTable, handle: string, mark: string, [hash, next]: readonly [string, string]): Promise<void> {

  const info = toStored({ user: USER + handle, details: DETAILS });
  const user = info.user as string;
  const has = (answers: ReadonlyArray<string | null>, part: string) => answers.length === 1 && answers[0]?.includes(part);
  const done = (what: string, time: number) => { if (!(time > 0)) throw undone(what); };
  done('given another id', await table.move({ handle, hash }, { handle, hash: next }, { set: new Map(), unset: [] }, { ...changeTerms(table), info }));
  if (!has(await table.rowsOf(user), ` ${handle} ${info.text}`)) throw undone('listed');
  await table.revoke(mark);
  if (!has(await table.marks(mark, mark), ' ')) throw undone('revoked');
  done('ended under a former id', await table.end({ handle, hash }, endData({})));
  // Once more, for the other way in which it ends.
  done('written over', await table.put({ handle, hash: next }, '{}', LIFETIME));
  done('refreshed', await table.touch({ handle, hash: next }, LIFETIME, user));
  if (!has(await table.endOf(user, { only: null, except: '' }, endData({})), handle)) throw undone('ended for a user');

}

/** @param before the time of an earlier answer */
async function tryClock(table: SqlTable, handle: string, before: number): Promise<void> {

  const time = async () => readRow(await table.read(handle) ?? null).now;
  if (await time() !== before) return;
  await new Promise(resolve => setTimeout(resolve, 5));
  if (await time() === before) throw stopped();

}

async function removed(table: SqlTable, id: StoredId): Promise<void> {

  await Promise.resolve(table.delete(id)).catch(() => {});

}

function check(what: string, number: number): void {

  if (!(Number.isFinite(number) && number > 0)) throw different(what);

}

function different(what: string): Error {

  return new Error(`${what} comes back different from what was written: a setting of the connection changes it, for instance its character set, SQL modes, or how the driver parses what it reads`);

}

function undone(what: string): Error {

  return new Error(`a session can't be ${what}: a setting of the connection changes what statements mean, for instance the SQL mode EMPTY_STRING_IS_NULL`);

}

function stopped(): Error {

  return new Error('the time does not go on from one statement to the next: a connection has a time of its own, for instance by SET timestamp, or one that is far from that of others');

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
