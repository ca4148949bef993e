import { COUNT_STEP } from '../shared/counting.js';
import { OTHER_LINE } from '../shared/records.js';
import { LEASE, SWEEPER } from '../shared/sweeper.js';
import { ELSEWHERE } from './sqlite-row.js';

/** Unix time in milliseconds. A day as a floating-point number is off by a few microseconds: cut, it would be the millisecond before. */
const NOW = "CAST(ROUND((julianday('now') - 2440587.5) * 86400000) AS INTEGER)";

/** Whether a row is no session. */
const IS_OTHER = `substr(data, 2, ${OTHER_LINE.length}) = '${OTHER_LINE}'`;

export const WAL = 'PRAGMA journal_mode = WAL';

export const TABLE = (name: string) => `
CREATE TABLE IF NOT EXISTS "${name}" (
  handle TEXT NOT NULL PRIMARY KEY,
  id_hash TEXT NOT NULL,
  former TEXT NOT NULL,
  user_id TEXT,
  version INTEGER NOT NULL,
  seen_at INTEGER NOT NULL,
  ends_at INTEGER NOT NULL,
  about TEXT NOT NULL,
  data TEXT NOT NULL
) STRICT`;

export const INDEX = (name: string) => `
CREATE INDEX IF NOT EXISTS "${name}_user_id" ON "${name}" (user_id) WHERE user_id IS NOT NULL`;

export const STATEMENTS = (name: string) => ({
  now: `SELECT ${NOW}`,
  // Most requests ask for a live session: they get no more columns than they need.
  load: `SELECT id_hash, ends_at - ${NOW}, version, data, about FROM "${name}" WHERE handle = ?`,
  find: `SELECT id_hash, former, version, ends_at, data, ${NOW}, user_id, about, seen_at FROM "${name}" WHERE handle = ?`,
  write: `
    INSERT INTO "${name}" (handle, id_hash, former, user_id, about, seen_at, ends_at, data, version)
    VALUES (?, ?, ?, NULLIF(?, ''), ?, ?, ?, ?, ${NOW})
    ON CONFLICT (handle) DO UPDATE SET id_hash = excluded.id_hash, former = excluded.former,
      user_id = excluded.user_id, about = excluded.about, seen_at = excluded.seen_at,
      ends_at = excluded.ends_at, data = excluded.data, version = "${name}".version + 1`,
  update: `UPDATE "${name}" SET seen_at = ?, ends_at = ?, data = ?, version = version + 1 WHERE handle = ?`,
  rewrite: `
    UPDATE "${name}" SET seen_at = ${NOW}, ends_at = MAX(ends_at, MIN(${NOW} + ?, ${Number.MAX_SAFE_INTEGER})), data = ?, version = version + 1
    WHERE handle = ? AND id_hash = ? AND version = ? AND data = ? AND ends_at > ${NOW}`,
  touch: `UPDATE "${name}" SET seen_at = ?, ends_at = ? WHERE handle = ?`,
  enter: `UPDATE "${name}" SET user_id = ? WHERE handle = ?`,
  // A mark from the future is from before the machine was started.
  revoked: `SELECT MAX(CAST(about AS REAL)) FROM "${name}" WHERE handle IN (?, ?) AND CAST(about AS REAL) <= ?`,
  live: `
    SELECT handle FROM "${name}" WHERE handle > ? AND id_hash NOT IN ('', '${ELSEWHERE}') AND ends_at > ${NOW} ORDER BY handle LIMIT ?`,
  handlesOf: `SELECT handle FROM "${name}" WHERE user_id = ? AND ends_at > ${NOW}`,
  rowsOf: `
    SELECT handle, about, ${NOW} - seen_at, ends_at - ${NOW} FROM "${name}" WHERE user_id = ? AND ends_at > ${NOW}`,
  states: `
    SELECT handle, id_hash, ends_at - ${NOW}, CASE WHEN id_hash = '' THEN data END FROM "${name}"
    WHERE handle IN (SELECT value FROM json_each(?))`,
  listed: `
    SELECT handle, about, ${NOW} - seen_at, ends_at - ${NOW}, length(CAST(data AS BLOB)), ${IS_OTHER} FROM "${name}"
    WHERE handle > ? AND id_hash NOT IN ('', '${ELSEWHERE}') AND ends_at > ${NOW} ORDER BY handle LIMIT ?`,
  count: `
    SELECT COUNT(*), MAX(handle), SUM(is_session AND lives), SUM(is_session AND lives AND has_user), SUM(is_session AND NOT lives) FROM (
      SELECT handle, id_hash NOT IN ('', '${ELSEWHERE}') AND NOT ${IS_OTHER} AS is_session, ends_at > ${NOW} AS lives, user_id IS NOT NULL AS has_user
      FROM "${name}" WHERE handle > ? ORDER BY handle LIMIT ${COUNT_STEP})`,
  delete: `DELETE FROM "${name}" WHERE handle = ?`,
  keep: `UPDATE "${name}" SET ends_at = ${NOW} + ${LEASE} WHERE handle = '${SWEEPER}'`,
  page: `
    SELECT handle, ends_at <= ${NOW} FROM "${name}" WHERE handle > ? AND handle <> '${SWEEPER}' ORDER BY handle LIMIT ?`,
  remove: `DELETE FROM "${name}" WHERE handle IN (SELECT value FROM json_each(?)) AND ends_at <= ${NOW}`,
  done: `UPDATE "${name}" SET ends_at = 0, version = ${NOW} WHERE handle = '${SWEEPER}'`,
});
