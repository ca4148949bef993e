import type { SessionChange } from '../../base/store.js';
import { HANDLE_LENGTH } from '../../id/session-id.js';
import { HASH_LENGTH } from '../../id/stored-id.js';
import { ENTRY_LENGTH, MOST_LENGTH, TIME_LENGTH } from '../shared/former-ids.js';
import { REMEMBERED, REVOKED_FOR } from '../shared/mark-lifetimes.js';
import { LEASE, SWEEPER } from '../shared/sweeper.js';
import { endData } from './sql-row.js';
import { STEP } from './sql-users.js';

/*
 * The SQL of MySQL and MariaDB. In a statement on a session, $1 is its handle and
 * $2 the hash of its id. In one that changes values, $3 is the merge patch, or
 * all of `data`, $4 the lifetime, $5 the deadline, $6 the version, $7 the most bytes
 * of `data`, $8 those of the patch, and $9 and $10 the guard. A value is sent once for each
 * place of its `$`, so a statement has only one place for the patch.
 *
 * A SET goes from left to right, and a column that was set before has its new
 * value, unless `sql_mode` has SIMULTANEOUS_ASSIGNMENT. So no column is read
 * after it has been set.
 */

/** When the statement began, in Unix microseconds, whatever the time zone of the connection. */
export const BEGAN = "TIMESTAMPDIFF(MICROSECOND, TIMESTAMP'1970-01-01 00:00:00', UTC_TIMESTAMP(6))";

/**
 * The microseconds since then: a statement may have waited for a lock. The only
 * function that tells uses the time zone of the connection, which leaps by half an
 * hour or more when summer time begins or ends.
 */
const WAITED = 'GREATEST(0, MOD(TIMESTAMPDIFF(MICROSECOND, NOW(6), SYSDATE(6)), 1800000000))';

/** The server's time, in Unix milliseconds. */
const NOW = `((${BEGAN} + ${WAITED}) DIV 1000)`;

/** The same in microseconds, for revocations: they are compared with requests that begin in the same millisecond. */
const NOW_EXACTLY = `(${BEGAN} + ${WAITED})`;

const OWN = 'handle = $1 AND id_hash = $2';

const later = (lifetime: string) => `${NOW} + CAST(${lifetime} AS SIGNED)`;

/** The end of the mark of a session. */
const MARK_ENDS = `${NOW} + ${REMEMBERED}`;

/** The `former` of a session that loses its current id. */
const RETIRED = `CONCAT(${MARK_ENDS}, id_hash, IF(LEFT(former, ${TIME_LENGTH}) > CAST(${NOW} AS CHAR), LEFT(former, ${MOST_LENGTH - ENTRY_LENGTH}), ''))`;

/** Whether the id is a former one. */
const IS_FORMER = `(LOCATE($2, former) > ${TIME_LENGTH} AND SUBSTRING(former, LOCATE($2, former) - ${TIME_LENGTH}, ${TIME_LENGTH}) > CAST(${NOW} AS CHAR))`;

/** Only for a patch that removes nothing. */
const WITH_SET = 'JSON_MERGE_PATCH(data, $3)';

/**
 * MariaDB (10.11, and by its sources all others) misses members of a patch after
 * it has removed the first members of the object. So another member is put before
 * them for the time of the merge.
 */
const CHANGED = 'JSON_MERGE_PATCH($9, data, $3, $10)';

/** Sets and removes that other member. No key of a session is packed into this name. */
export const GUARD = ['{"\\\\":""}', '{"\\\\":null}'] as const;

/** The begin of the form of `readRow()`. */
export const ROW_BUT_DATA = `${BEGAN} DIV 1000, ' ', ends_at, ' ', version, ' ', LENGTH(about), ' ', about, id_hash, former`;

/** The most members of a patch that is merged into a row of any length. */
const FEW = 8;

/** The most bytes that the server is to read for one change. */
const MOST_READ = 0x100000;

/**
 * The most bytes that a row may have for a change to be merged as a patch. MariaDB
 * (10.11) reads all of the object for each member: 4,000 took it 20 seconds.
 */
export function mostMerged({ set, unset }: SessionChange): number {

  const members = set.size + unset.length;
  return members <= FEW ? Infinity : MOST_READ / members;

}

/** Whether the changed row is small enough, as it is if the patch is added to it. */
const FITS = 'LENGTH(data) + CAST($8 AS SIGNED) <= CAST($7 AS SIGNED)';

/** MySQL has no UPDATE … RETURNING, so the time comes back as the last inserted id. */
const SEEN_NOW = `seen_at = LAST_INSERT_ID(${NOW})`;

const SEEN_BEFORE = `${SEEN_NOW} - CAST($9 AS SIGNED)`;

/** Whether a statement is in time for a row that lives. One comparison, since the time of each takes the server a microsecond. */
const inTime = (deadline: string) => `${NOW} < LEAST(ends_at, CAST(${deadline} AS SIGNED) + 1)`;

/** The number of rows that are deleted or ended at a time. */
export const BATCH = 100;

/** The number of rows that are asked for at a time, if there are more than {@link BATCH}. */
export const LARGE_BATCH = 1000;

export const inBatch = (rows: number) => `handle IN (${Array.from({ length: rows }, (_, index) => `$${index + 1}`).join(', ')})`;

/** Repeats a handle: one statement serves all numbers of rows. */
export function filled(handles: readonly string[], rows: number): string[] {

  return Array.from({ length: rows }, (_, index) => handles[index] ?? handles[0] as string);

}

/** What setup() creates. */
export function creation(table: string): Statement {

  return statement(`CREATE TABLE IF NOT EXISTS ${table} (
    handle VARCHAR(${HANDLE_LENGTH}) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    id_hash VARCHAR(${HASH_LENGTH}) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    former VARCHAR(${MOST_LENGTH}) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    user_id VARCHAR(${HASH_LENGTH}) CHARACTER SET ascii COLLATE ascii_bin,
    about MEDIUMTEXT CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    data LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    version BIGINT NOT NULL,
    ends_at BIGINT NOT NULL,
    seen_at BIGINT NOT NULL,
    PRIMARY KEY (handle),
    KEY user_id (user_id)
  ) ENGINE = InnoDB`);

}

/** @param table its name between backticks */
export function statements(table: string) {

  const columns = '(handle, id_hash, former, user_id, about, data, version, ends_at, seen_at)';
  const mark = (handle: string, version: string, lasts: number) => (
    `${columns} VALUES (${handle}, '', '', NULL, '', '{}', ${version}, ${NOW} + ${lasts}, ${NOW})`);
  const overwrite = (former: string, userId: string, info: string, condition: string) => statement(`
    UPDATE ${table} SET former = ${former}, user_id = ${userId}, about = ${info}, id_hash = $2, ends_at = ${later('$4')},
      ${SEEN_BEFORE}, data = $3, version = GREATEST(version + 1, ${NOW})
    WHERE handle = $1 AND ${NOW} <= CAST($7 AS SIGNED) AND (${condition})`);
  const isOver = `ends_at <= ${NOW}`;
  const isAlive = `id_hash <> '' AND ends_at > ${NOW}`;

  const isExpected = 'version = COALESCE(CAST($6 AS SIGNED), version)';
  const isNew = `LOCATE($11, former) = 0 AND ${isExpected}`;
  const newUser = 'IF($12 IS NULL, user_id, $13)';
  const newInfo = 'COALESCE($12, about)';
  const change = (condition: string, columns: string) => {
    const update = (data: string) => statement(`
    UPDATE ${table} SET ${columns}, ${SEEN_NOW}, version = version + 1, data = ${data}
    WHERE ${OWN} AND ${inTime('$5')} AND ${condition} AND ${FITS}`);
    return { sets: update(WITH_SET), unsets: update(CHANGED), overwrites: update('$3') };
  };

  const ending = (condition: string, userId: string, data: string) => statement(`
    UPDATE ${table} SET former = ${RETIRED}, user_id = ${userId}, about = '', id_hash = '', ends_at = ${MARK_ENDS}, ${SEEN_NOW},
      version = version + 1, data = ${data}
    WHERE ${condition} AND ${isAlive}`);

  // As bytes: in another character set of a connection, a backslash may be another letter.
  const read = (data: string) => statement(`
    SELECT CAST(CONCAT(${ROW_BUT_DATA}, ${data}) AS BINARY) AS answer FROM ${table} WHERE handle = $1`);

  const states = (rows: number) => statement(`
    SELECT CAST(CONCAT(${BEGAN} DIV 1000, ' ', ends_at, ' ', handle, ' ', IF(id_hash = '', data, '')) AS BINARY) AS answer
    FROM ${table} WHERE ${inBatch(rows)}`);

  return {
    columns: statement(`SELECT ${columns.slice(1, -1)} FROM ${table} LIMIT 0`),
    now: statement(`SELECT CAST(CONCAT(${NOW}) AS BINARY) AS answer`),
    read: read('data'),
    readWithoutData: read("IF(data IS NULL, NULL, '{')"),
    states: states(BATCH),
    manyStates: states(LARGE_BATCH),
    insert: statement(`
    INSERT INTO ${table} ${columns} SELECT $1, $2, $8, $5, $6, $3, ${NOW}, ${later('$4')}, LAST_INSERT_ID(${NOW}) - CAST($9 AS SIGNED)
    FROM DUAL WHERE ${NOW} <= CAST($7 AS SIGNED)`),
    create: overwrite('$8', '$5', '$6', isOver),
    put: overwrite(
      `IF(${isOver} OR id_hash = '', '', former)`, `IF(${isOver} OR id_hash = '', NULL, user_id)`,
      `IF(${isOver} OR id_hash = '', '', about)`, `${isOver} OR id_hash IN ('', $2)`,
    ),
    update: change(isExpected, `user_id = COALESCE($11, user_id), ends_at = GREATEST(ends_at, ${later('$4')})`),
    move: change(isNew, `former = ${RETIRED}, user_id = ${newUser}, about = ${newInfo}, id_hash = $11, ends_at = ${later('$4')}`),
    touch: statement(`
    UPDATE ${table} SET ends_at = GREATEST(ends_at, ${later('$3')}), ${SEEN_NOW}, user_id = COALESCE($4, user_id)
    WHERE ${OWN} AND ends_at > ${NOW}`),
    end: ending(`handle = $1 AND (id_hash = $2 OR ${IS_FORMER})`, 'NULL', '$3'),
    delete: statement(`DELETE FROM ${table} WHERE handle = $1 AND id_hash = $2`),
    revoke: statement(`
    INSERT INTO ${table} ${mark('$1', NOW_EXACTLY, REVOKED_FOR)}
    ON DUPLICATE KEY UPDATE version = ${NOW_EXACTLY}, ends_at = ${NOW} + ${REVOKED_FOR}`),
    marks: statement(`SELECT CONCAT(${NOW_EXACTLY}, ' ', version) AS answer FROM ${table} WHERE handle IN ($1, $2)`),
    rowsOf: statement(`
    SELECT CAST(CONCAT(${NOW}, ' ', ends_at, ' ', seen_at, ' ', handle, ' ', about) AS BINARY) AS answer FROM ${table} WHERE user_id = $1 AND ${isAlive}`),
    endOf: ending('user_id = $1 AND handle = COALESCE($2, handle) AND handle <> $3', '$4', '$5'),
    endAt: ending('handle = $1', 'NULL', '$2'),
    endRead: ending('handle = $1 AND id_hash = $2 AND version = $3 AND ends_at = $4', 'NULL', '$5'),
    endedAs: statement(`SELECT handle AS answer FROM ${table} WHERE user_id = $1`),
    live: statement(`SELECT handle AS answer FROM ${table} WHERE handle > $1 AND ${isAlive} ORDER BY handle LIMIT ${STEP}`),
    endThese: ending(inBatch(BATCH), 'NULL', `'${endData({ reason: 'revoked' })}'`),
    enter: statement(`INSERT IGNORE INTO ${table} ${mark(`'${SWEEPER}'`, '0', 0)}`),
    // A time further away than a lease is from before the clock was set back.
    begin: statement(`
    UPDATE ${table} SET ends_at = ${NOW} + ${LEASE}, ${SEEN_NOW}
    WHERE handle = '${SWEEPER}' AND (ends_at <= ${NOW} OR ends_at > ${NOW} + ${LEASE})
      AND (version + CAST($1 AS SIGNED) <= ${NOW} OR version > ${NOW})`),
    keep: statement(`UPDATE ${table} SET ends_at = ${NOW} + ${LEASE} WHERE handle = '${SWEEPER}'`),
    remove: statement(`DELETE FROM ${table} WHERE ${inBatch(BATCH)} AND ends_at <= ${NOW}`),
    done: statement(`UPDATE ${table} SET version = ${NOW}, ends_at = ${NOW} WHERE handle = '${SWEEPER}'`),
  };

}

/**
 * What a connection must be like. `SYSDATE()` must go on during a statement, which
 * `--sysdate-is-now` prevents: a change that has waited would be made too late.
 */
export const SETTINGS = statement(
  "SELECT CONCAT(IF(@@autocommit, 1, 0), ' ', @@max_allowed_packet, ' ', SLEEP(0.002), ' ', SYSDATE(6) > NOW(6)) AS answer",
);

/** Rows after $1. A limit can't be a value everywhere. */
export function page(table: string, limit: number): Statement {

  return statement(`
    SELECT CONCAT(IF(ends_at > ${NOW}, '+', '-'), handle) AS answer FROM ${table}
    WHERE handle > $1 AND handle <> '${SWEEPER}' ORDER BY handle LIMIT ${limit}`);

}

/** A statement, and the order of its values. */
export interface Statement {
  readonly sql: string;
  /** For each question mark the place of its value, from 0. */
  readonly order: readonly number[];
}

export function statement(text: string): Statement {

  const order: number[] = [];
  const sql = text.replace(/\$(\d+)/g, (_, place) => {
    order.push(Number(place) - 1);
    return '?';
  });
  return { sql, order };

}
