import { createHash } from 'node:crypto';
import { COUNT_STEP } from '../shared/counting.js';
import { ENTRY_LENGTH, MOST_LENGTH, TIME_LENGTH } from '../shared/former-ids.js';
import { REMEMBERED, REVOKED_FOR } from '../shared/mark-lifetimes.js';
import { OTHER_JSON } from '../shared/records.js';
import { LEASE, SWEEPER } from '../shared/sweeper.js';
import { endData } from './sql-row.js';
import { STEP } from './sql-users.js';

/*
 * The SQL of PostgreSQL. In a statement on a session, $1 is its handle and $2 the
 * hash of its id. In one that changes values, $3 is the merge patch, or all of
 * `data`, $4 the lifetime, $5 the deadline, $6 the version and $7 the most bytes of
 * `data`. All that a row answers is in one column, as a text: applications can
 * configure how drivers parse other types.
 *
 * An expression costs the server time at the begin of each execution, even one that
 * is not evaluated. So there are several statements where one could decide.
 */

/**
 * The server's time, in Unix milliseconds: at this moment, and not at the begin of
 * the statement, which may have waited for a lock since. It is cut, and not
 * rounded: it must never be early.
 */
const NOW = "floor(date_part('epoch', clock_timestamp()) * 1000)::bigint";

/** The same in microseconds, for revocations: they are compared with requests that begin in the same millisecond. */
const NOW_EXACTLY = "(date_part('epoch', clock_timestamp()) * 1000000)::bigint";

const LIVE = `handle = $1 AND id_hash = $2 AND ends_at > ${NOW}`;

/** The end of the mark of a session. */
const MARK_ENDS = `${NOW} + ${REMEMBERED}`;

/** The `former` of a session that loses its current id. */
const RETIRED = `${MARK_ENDS} || id_hash || CASE WHEN left(former, ${TIME_LENGTH}) > ${NOW}::text THEN left(former, ${MOST_LENGTH - ENTRY_LENGTH}) ELSE '' END`;

/** Whether the id is a former one. An unknown id has the position 0, before which there is no text. */
const IS_FORMER = `substr(former, position($2 in former) - ${TIME_LENGTH}, ${TIME_LENGTH}) > ${NOW}::text`;

/** Only for a patch that removes nothing. */
const WITH_SET = '(data::jsonb || $3::text::jsonb)';

/** All values are texts: only the patch has nulls. */
const CHANGED = `jsonb_strip_nulls${WITH_SET}`;

/** Whether the changed row is small enough, as it is if the patch is added to it. */
const FITS = 'octet_length(data) + octet_length($3::text) <= $7::bigint';

/** Whether a row is no session. Of a long text, the server reads no more than that. */
const IS_OTHER = `(substr(data, 1, ${OTHER_JSON.length}) = '${OTHER_JSON}')`;

/** Only the handles of rows that are no records have one. */
const HAS_NO_COLON = "position(':' in handle) = 0";

const DONE = 'RETURNING seen_at::text AS answer';

/**
 * After a wait for a locked row that was not changed, the server does not check a
 * condition again. If it is too late then, the statement fails here, and changes nothing.
 */
const doneInTime = (deadline: string) => `RETURNING (seen_at / CASE WHEN ${NOW} > ${deadline}::bigint THEN 0 ELSE 1 END)::text AS answer`;

/** What setup() creates, by name. */
export function creations(table: string, index: string, inSchema: (name: string) => string) {

  return {
    [inSchema(table)]: `CREATE TABLE IF NOT EXISTS ${inSchema(table)} (
      handle text COLLATE "C" PRIMARY KEY,
      id_hash text NOT NULL,
      former text NOT NULL,
      user_id text COLLATE "C",
      about text NOT NULL,
      data text NOT NULL,
      version bigint NOT NULL,
      ends_at bigint NOT NULL,
      seen_at bigint NOT NULL
    ) WITH (fillfactor = 90)`,
    [inSchema(index)]: `CREATE INDEX IF NOT EXISTS "${index}" ON ${inSchema(table)} (user_id) WHERE user_id IS NOT NULL`,
  };

}

/** @param table its name between quotes, with its schema */
export function statements(table: string) {

  const insert = (values: string, overwritten: string, condition: string, deadline?: string) => statement(`
    INSERT INTO ${table} AS old (handle, id_hash, user_id, about, data, version, ends_at, former, seen_at)
    SELECT ${values}${deadline ? ` WHERE ${NOW} <= ${deadline}::bigint` : ''}
    ON CONFLICT (handle) DO UPDATE SET ends_at = excluded.ends_at, seen_at = excluded.seen_at${overwritten} WHERE ${condition}
    ${deadline ? doneInTime(deadline) : DONE}`);
  const session = (userId: string, info: string, former: string, seenAt: string) => (
    `$1, $2, ${userId}, ${info}, $3, ${NOW}, ${NOW} + $4::bigint, ${former}, ${seenAt}`);
  const mark = (handle: string, version: string, lasts: number) => `${handle}, '', NULL, '', '{}', ${version}, ${NOW} + ${lasts}, '', ${NOW}`;
  const asNew = ', id_hash = excluded.id_hash, data = excluded.data, version = greatest(old.version + 1, excluded.version)';
  // A time further away than a lease is from before the clock was set back.
  const isFree = `(old.ends_at <= ${NOW} OR old.ends_at > ${NOW} + ${LEASE}) AND (old.version + $1::bigint <= ${NOW} OR old.version > ${NOW})`;
  const isOver = `old.ends_at <= ${NOW}`;
  const isAlive = `id_hash <> '' AND ends_at > ${NOW}`;

  const isExpected = 'version = coalesce($6::bigint, version)';
  const isNew = `position($8 in former) = 0 AND ${isExpected}`;
  const newUser = 'CASE WHEN $9::text IS NULL THEN user_id ELSE $10::text END';
  const newInfo = 'coalesce($9::text, about)';
  // A column that keeps its value is not entered into its index again.
  const healed = (userId: string) => `coalesce(${userId}::text, user_id)`;
  const fromNow = `${NOW} + $4::bigint`;
  const change = (condition: string, columns: string) => {
    const update = (data: string) => statement(`
    UPDATE ${table} SET version = version + 1, seen_at = ${NOW}, data = ${data}, ${columns}
    WHERE ${LIVE} AND ${NOW} <= $5::bigint AND ${condition} AND ${FITS} ${doneInTime('$5')}`);
    return { sets: update(`${WITH_SET}::text`), unsets: update(`${CHANGED}::text`), overwrites: update('$3::text') };
  };
  const channel = `concat('session_ends:', '${table}'::regclass::oid)`;
  /** Reports an end to whoever listens, when the statement is committed. */
  const notified = (payload: string) => `pg_notify(${channel}, ${payload})::text`;
  const ending = (condition: string, answer: string, data: string) => statement(`
    UPDATE ${table} SET data = ${data}, version = version + 1, id_hash = '', former = ${RETIRED}, user_id = NULL, about = '',
      ends_at = ${MARK_ENDS}, seen_at = ${NOW}
    WHERE ${condition} AND ${isAlive} ${answer}`);

  const rowWith = (data: string) => `${NOW} || ' ' || ends_at || ' ' || version || ' ' || length(about) || ' ' || about || id_hash || former || ${data}`;
  const row = rowWith('data');
  const read = (data: string) => statement(`
    SELECT ${rowWith(data)} AS answer
    FROM ${table} WHERE handle = $1`);

  return {
    columns: statement(`
    SELECT handle, id_hash, former, user_id, about, data, version, ends_at, seen_at FROM ${table} LIMIT 0`),
    encoding: statement("SELECT current_setting('server_encoding') AS answer"),
    exists: statement("SELECT coalesce(to_regclass($1)::text, '') AS answer"),
    now: statement(`SELECT (${NOW})::text AS answer`),
    read: read('data'),
    readWithoutData: read("CASE WHEN data IS NOT NULL THEN '{' END"),
    states: statement(`
    SELECT ${NOW} || ' ' || ends_at || ' ' || handle || ' ' || CASE WHEN id_hash = '' THEN data ELSE '' END AS answer
    FROM ${table} WHERE handle = ANY ($1::text[])`),
    create: insert(
      session('$5', '$6', '$8', `${NOW} - $9::bigint`), `${asNew}, former = excluded.former, user_id = excluded.user_id, about = excluded.about`, isOver, '$7',
    ),
    put: insert(
      session('NULL', "''", "''", NOW),
      `${asNew}, former = CASE WHEN ${isOver} OR old.id_hash = '' THEN '' ELSE old.former END,
      user_id = CASE WHEN ${isOver} OR old.id_hash = '' THEN NULL ELSE old.user_id END,
      about = CASE WHEN ${isOver} OR old.id_hash = '' THEN '' ELSE old.about END`,
      `${isOver} OR old.id_hash IN ('', $2)`,
    ),
    update: change(isExpected, `ends_at = greatest(ends_at, ${fromNow}), user_id = ${healed('$8')}`),
    move: change(isNew, `id_hash = $8, former = ${RETIRED}, user_id = ${newUser}, about = ${newInfo}, ends_at = ${fromNow}`),
    touch: statement(`
    UPDATE ${table} SET ends_at = greatest(ends_at, ${NOW} + $3::bigint), seen_at = ${NOW}, user_id = ${healed('$4')} WHERE ${LIVE} ${DONE}`),
    end: ending(`handle = $1 AND (id_hash = $2 OR ${IS_FORMER})`, `RETURNING seen_at || ${notified('handle')} AS answer`, '$3'),
    delete: statement(`DELETE FROM ${table} WHERE handle = $1 AND id_hash = $2 RETURNING ${notified('handle')} AS answer`),
    revoke: insert(mark('$1', NOW_EXACTLY, REVOKED_FOR), `, version = ${NOW_EXACTLY}`, 'true'),
    marks: statement(`SELECT ${NOW_EXACTLY} || ' ' || version AS answer FROM ${table} WHERE handle IN ($1, $2)`),
    rowsOf: statement(`
    SELECT ${NOW} || ' ' || ends_at || ' ' || seen_at || ' ' || handle || ' ' || about AS answer FROM ${table} WHERE user_id = $1 AND ${isAlive}`),
    endAt: ending('handle = $1', `RETURNING seen_at || ${notified('handle')} AS answer`, '$2'),
    endRead: ending(
      'handle = $1 AND id_hash = $2 AND version = $3::bigint AND ends_at = $4::bigint', `RETURNING seen_at || ${notified('handle')} AS answer`, '$5',
    ),
    listed: statement(`
    SELECT ${NOW} || ' ' || ends_at || ' ' || seen_at || ' ' || octet_length(data) || ' ' || CASE WHEN ${IS_OTHER} THEN 1 ELSE 0 END || ' ' || handle || ' ' || about AS answer
    FROM ${table} WHERE handle > $1 AND ${isAlive} AND ${HAS_NO_COLON} ORDER BY handle LIMIT $2`),
    records: statement(`SELECT handle || ' ' || seen_at || ' ' || ${row} AS answer FROM ${table} WHERE handle = ANY ($1::text[]) AND ${isAlive}`),
    count: statement(`
    SELECT concat_ws(' ', count(*), count(*) FILTER (WHERE kept AND lives), count(*) FILTER (WHERE kept AND lives AND known),
      count(*) FILTER (WHERE kept AND NOT lives), max(handle)) AS answer
    FROM (
      SELECT handle, id_hash <> '' AND ${HAS_NO_COLON} AND NOT ${IS_OTHER} AS kept, ends_at > ${NOW} AS lives, user_id IS NOT NULL AS known
      FROM ${table} WHERE handle > $1 ORDER BY handle LIMIT ${COUNT_STEP}
    ) AS rows`),
    endOf: ending('user_id = $1 AND handle = coalesce($2::text, handle) AND handle <> $3', `RETURNING handle || ${notified('handle')} AS answer`, '$4'),
    live: statement(`SELECT handle AS answer FROM ${table} WHERE handle > $1 AND ${isAlive} ORDER BY handle LIMIT ${STEP}`),
    // For so many, one report that any may have ended: equal ones of a transaction are sent once.
    endThese: ending('handle = ANY ($1::text[])', `RETURNING ${notified("''")} AS answer`, `'${endData({ reason: 'revoked' })}'`),
    channel: statement(`SELECT ${channel} AS answer`),
    notify: statement(`SELECT ${notified('$1')} AS answer`),
    begin: insert(mark(`'${SWEEPER}'`, '0', LEASE), '', isFree),
    keep: statement(`UPDATE ${table} SET ends_at = ${NOW} + ${LEASE} WHERE handle = '${SWEEPER}'`),
    page: statement(`
    SELECT CASE WHEN ends_at > ${NOW} THEN '+' ELSE '-' END || handle AS answer FROM ${table}
    WHERE handle > $1 AND handle <> '${SWEEPER}' ORDER BY handle LIMIT $2`),
    remove: statement(`DELETE FROM ${table} WHERE handle = ANY ($1::text[]) AND ends_at <= ${NOW}`),
    done: statement(`UPDATE ${table} SET version = ${NOW}, ends_at = ${NOW} WHERE handle = '${SWEEPER}'`),
  };

}

export interface Statement {
  /** No statement of the application or another table has it. */
  readonly name: string;
  readonly text: string;
}

function statement(text: string): Statement {

  return { name: `session_${createHash('sha256').update(text).digest('base64url')}`, text };

}
