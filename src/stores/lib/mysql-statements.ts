import { ENTRY_LENGTH, MOST_LENGTH, REMEMBERED } from './former-ids.js';
import { REVOKED_FOR, STEP } from './sql-users.js';
import { LEASE, SWEEPER } from './sweeper.js';

/*
 * The SQL of MySQL and MariaDB. In a statement on a session, $1 is its handle and
 * $2 the hash of its id. In one that changes values, $3 is the merge patch, $4
 * the lifetime, $5 the deadline, $6 and $7 the guard and $8 the version.
 *
 * A SET goes from left to right, and a column that was set before has its new
 * value, unless `sql_mode` has SIMULTANEOUS_ASSIGNMENT. So no column is read
 * behind the place where it is set.
 */

/** When the statement began, in Unix milliseconds, whatever the time zone of the connection. */
const BEGAN = "TIMESTAMPDIFF(MICROSECOND, TIMESTAMP'1970-01-01 00:00:00', UTC_TIMESTAMP(6))";

/**
 * The microseconds since then: a statement may have waited for a lock. The only
 * function that tells has the time zone of the connection, which leaps by half an
 * hour or more when the time for summer begins or ends.
 */
const WAITED = 'GREATEST(0, MOD(TIMESTAMPDIFF(MICROSECOND, NOW(6), SYSDATE(6)), 1800000000))';

/** The server's time, in Unix milliseconds. */
const NOW = `((${BEGAN} + ${WAITED}) DIV 1000)`;

/** The same in microseconds, for revocations: a request that begins within the same millisecond can be told apart. */
const NOW_EXACTLY = `(${BEGAN} + ${WAITED})`;

const LIVE = `handle = $1 AND id_hash = $2 AND ends_at > ${NOW}`;

const later = (lifetime: string) => `${NOW} + CAST(${lifetime} AS SIGNED)`;

/** Until when it is remembered that a session has ended. */
const MARK_ENDS = `${NOW} + ${REMEMBERED}`;

/** What `former` is once the session has lost the id that it has. */
const RETIRED = `CONCAT(${MARK_ENDS}, id_hash, IF(LEFT(former, 13) > CAST(${NOW} AS CHAR), LEFT(former, ${MOST_LENGTH - ENTRY_LENGTH}), ''))`;

/** Whether the id is a former one. */
const IS_FORMER = `(LOCATE($2, former) > 13 AND SUBSTRING(former, LOCATE($2, former) - 13, 13) > CAST(${NOW} AS CHAR))`;

/** Only for a patch that sets, and removes nothing. */
const WITH_SET = 'JSON_MERGE_PATCH(data, $3)';

/**
 * MariaDB (10.11, and by its sources all others) misses members of a patch when
 * it has removed the first members of the object. So another stands before them
 * meanwhile.
 */
const CHANGED = 'JSON_MERGE_PATCH($6, data, $3, $7)';

/** What that other member is, set and removed. No key of a session is packed into this name. */
export const GUARD = ['{"\\\\":""}', '{"\\\\":null}'] as const;

/** Whether the patch removes all: it is merged only where it has as many members. */
const IS_EMPTY = `(JSON_LENGTH(data) <= JSON_LENGTH($3) AND JSON_LENGTH(${CHANGED}) = 0)`;

/** There is no RETURNING: it is the time and whether the session ended that come back as the id of what was inserted. */
const answer = (hasEnded = '0') => `LAST_INSERT_ID(${NOW} * 2 + ${hasEnded})`;
const nextVersion = (hasEnded?: string) => `version = version + (${answer(hasEnded)} > 0)`;

/** How many rows are deleted or ended at a time. */
export const BATCH = 100;

const IN_BATCH = `handle IN (${Array.from({ length: BATCH }, (_, index) => `$${index + 1}`).join(', ')})`;

/** What setup() creates. */
export function creation(table: string): Statement {

  return statement(`CREATE TABLE IF NOT EXISTS ${table} (
    handle VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    id_hash VARCHAR(43) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    former VARCHAR(${MOST_LENGTH}) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    user_id VARCHAR(43) CHARACTER SET ascii COLLATE ascii_bin,
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
  const overwrite = (former: string, userId: string, about: string, condition: string) => statement(`
    UPDATE ${table} SET former = ${former}, user_id = ${userId}, about = ${about}, id_hash = $2, ends_at = ${later('$4')},
      seen_at = ${NOW}, data = $3, version = GREATEST(version + (${answer()} > 0), ${NOW})
    WHERE handle = $1 AND (${condition})`);
  const isOver = `ends_at <= ${NOW}`;
  const isAlive = `id_hash <> '' AND ends_at > ${NOW}`;

  const isExpected = 'version = COALESCE(CAST($8 AS SIGNED), version)';
  const isNew = `LOCATE($9, former) = 0 AND ${isExpected}`;
  const newUser = 'IF($10 IS NULL, user_id, $11)';
  const newAbout = 'COALESCE($10, about)';
  const change = (condition: string, former: string, userId: string, about: string, idHash: string, endsAt: string) => {
    const update = (data: string, assigned: string, hasEnded?: string) => statement(`
    UPDATE ${table} SET ${assigned}, seen_at = ${NOW}, ${nextVersion(hasEnded)}, data = ${data}
    WHERE ${LIVE} AND ${NOW} <= CAST($5 AS SIGNED) AND ${condition}`);
    const kept = `former = ${former}, user_id = ${userId}, about = ${about}, id_hash = ${idHash}, ends_at = ${endsAt}`;
    return {
      sets: update(WITH_SET, kept),
      both: update(CHANGED, kept),
      unsets: update(CHANGED, `
      former = IF(${IS_EMPTY}, ${RETIRED}, ${former}), user_id = IF(${IS_EMPTY}, NULL, ${userId}), about = IF(${IS_EMPTY}, '', ${about}),
      id_hash = IF(${IS_EMPTY}, '', ${idHash}), ends_at = IF(${IS_EMPTY}, ${MARK_ENDS}, ${endsAt})`, IS_EMPTY),
    };
  };

  const ending = (condition: string, userId = 'NULL') => statement(`
    UPDATE ${table} SET former = ${RETIRED}, user_id = ${userId}, about = '', id_hash = '', ends_at = ${MARK_ENDS}, seen_at = ${NOW},
      ${nextVersion()}, data = '{}'
    WHERE ${condition} AND ${isAlive}`);

  return {
    read: statement(`
    SELECT CONCAT(${BEGAN} DIV 1000, ' ', ends_at, ' ', version, ' ', LENGTH(about), ' ', about, id_hash, former, data) AS answer
    FROM ${table} WHERE handle = $1`),
    insert: statement(`
    INSERT INTO ${table} ${columns} VALUES ($1, $2, '', $5, $6, $3, ${answer()} DIV 2, ${later('$4')}, ${NOW})`),
    create: overwrite("''", '$5', '$6', isOver),
    put: overwrite(
      `IF(${isOver} OR id_hash = '', '', former)`, `IF(${isOver} OR id_hash = '', NULL, user_id)`,
      `IF(${isOver} OR id_hash = '', '', about)`, `${isOver} OR id_hash IN ('', $2)`,
    ),
    update: change(isExpected, 'former', 'COALESCE($9, user_id)', 'about', 'id_hash', `GREATEST(ends_at, ${later('$4')})`),
    move: change(isNew, RETIRED, newUser, newAbout, '$9', later('$4')),
    touch: statement(`
    UPDATE ${table} SET ends_at = IF(${answer()} > 0, GREATEST(ends_at, ${later('$3')}), 0), seen_at = ${NOW}, user_id = COALESCE($4, user_id) WHERE ${LIVE}`),
    end: ending(`handle = $1 AND (id_hash = $2 OR ${IS_FORMER})`),
    delete: statement(`DELETE FROM ${table} WHERE handle = $1 AND id_hash = $2`),
    revoke: statement(`
    INSERT INTO ${table} ${mark('$1', NOW_EXACTLY, REVOKED_FOR)}
    ON DUPLICATE KEY UPDATE version = ${NOW_EXACTLY}, ends_at = ${NOW} + ${REVOKED_FOR}`),
    marks: statement(`SELECT CONCAT(${NOW_EXACTLY}, ' ', version) AS answer FROM ${table} WHERE handle IN ($1, $2)`),
    rowsOf: statement(`
    SELECT CONCAT(${NOW}, ' ', ends_at, ' ', seen_at, ' ', handle, ' ', about) AS answer FROM ${table} WHERE user_id = $1 AND ${isAlive}`),
    endOf: ending('user_id = $1 AND handle = COALESCE($2, handle) AND handle <> $3', '$4'),
    endedAs: statement(`SELECT handle AS answer FROM ${table} WHERE user_id = $1`),
    live: statement(`SELECT handle AS answer FROM ${table} WHERE handle > $1 AND ${isAlive} ORDER BY handle LIMIT ${STEP}`),
    endThese: ending(IN_BATCH),
    enter: statement(`INSERT IGNORE INTO ${table} ${mark(`'${SWEEPER}'`, '0', 0)}`),
    // A time that is further away than it can have been set is from before the clock was set back.
    begin: statement(`
    UPDATE ${table} SET ends_at = IF(${answer()} > 0, ${NOW} + ${LEASE}, 0)
    WHERE handle = '${SWEEPER}' AND (ends_at <= ${NOW} OR ends_at > ${NOW} + ${LEASE})
      AND (version + CAST($1 AS SIGNED) <= ${NOW} OR version > ${NOW})`),
    keep: statement(`UPDATE ${table} SET ends_at = ${NOW} + ${LEASE} WHERE handle = '${SWEEPER}'`),
    remove: statement(`DELETE FROM ${table} WHERE ${IN_BATCH} AND ends_at <= ${NOW}`),
    done: statement(`UPDATE ${table} SET version = ${NOW}, ends_at = ${NOW} WHERE handle = '${SWEEPER}'`),
  };

}

/** Rows after $1. A limit can't be a value everywhere. */
export function page(table: string, limit: number): Statement {

  return statement(`
    SELECT CONCAT(IF(ends_at > ${NOW}, '+', '-'), handle) AS answer FROM ${table}
    WHERE handle > $1 AND handle <> '${SWEEPER}' ORDER BY handle LIMIT ${limit}`);

}

/** A statement whose values stand in the order of their question marks. */
export interface Statement {
  readonly sql: string;
  /** For each question mark the place of its value, from 0. */
  readonly order: readonly number[];
}

function statement(text: string): Statement {

  const order: number[] = [];
  const sql = text.replace(/\$(\d+)/g, (_, place) => {
    order.push(Number(place) - 1);
    return '?';
  });
  return { sql, order };

}
