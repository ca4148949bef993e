import { COUNT_STEP } from '../shared/counting.js';
import { OTHER_JSON } from '../shared/records.js';
import { executed, type Row, texts } from './mysql-answers.js';
import { BATCH, BEGAN, filled, inBatch, LARGE_BATCH, ROW_BUT_DATA, type Statement, statement, type statements } from './mysql-statements.js';
import type { SqlRow } from './sql-row.js';
import type { Executed, OperationsTable } from './sql-table.js';

type Run = <R, T>(statement: Statement, values: readonly unknown[], read: (result: R) => T) => Promise<T>;

const IS_ALIVE = `id_hash <> '' AND ends_at > ${BEGAN} DIV 1000`;

/** Whether a row is no session. */
const IS_OTHER = `LEFT(data, ${OTHER_JSON.length}) = '${OTHER_JSON}'`;

/** Only the handles of rows that are no records have one. */
const HAS_NO_COLON = "LOCATE(':', handle) = 0";

/** What MySQL can do with all rows. */
export class MysqlOperations implements OperationsTable {

  readonly #run: Run;
  readonly #ends: Pick<ReturnType<typeof statements>, 'endRead' | 'endAt'>;
  readonly #count: Statement;
  readonly #listed: (limit: number) => Statement;
  readonly #records: (rows: number) => Statement;

  /** @param table its name between backticks */
  constructor(table: string, ends: Pick<ReturnType<typeof statements>, 'endRead' | 'endAt'>, run: Run) {

    this.#run = run;
    this.#ends = ends;
    // A limit can't be a value everywhere.
    this.#listed = limit => statement(`
    SELECT CAST(CONCAT(${BEGAN} DIV 1000, ' ', ends_at, ' ', seen_at, ' ', LENGTH(data), ' ', IF(${IS_OTHER}, 1, 0), ' ', handle, ' ', about) AS BINARY) AS answer
    FROM ${table} WHERE handle > $1 AND ${IS_ALIVE} AND ${HAS_NO_COLON} ORDER BY handle LIMIT ${limit}`);
    this.#records = rows => statement(`
    SELECT CAST(CONCAT(handle, ' ', seen_at, ' ', ${ROW_BUT_DATA}, data) AS BINARY) AS answer FROM ${table} WHERE ${inBatch(rows)} AND ${IS_ALIVE}`);
    this.#count = statement(`
    SELECT CAST(CONCAT_WS(' ', COUNT(*), SUM(kept AND lives), SUM(kept AND lives AND known), SUM(kept AND NOT lives), MAX(handle)) AS BINARY) AS answer
    FROM (
      SELECT handle, id_hash <> '' AND ${HAS_NO_COLON} AND NOT ${IS_OTHER} AS kept, ends_at > ${BEGAN} DIV 1000 AS lives, user_id IS NOT NULL AS known
      FROM ${table} WHERE handle > $1 ORDER BY handle LIMIT ${COUNT_STEP}
    ) AS page`);

  }

  listed(after: string, limit: number): Promise<ReadonlyArray<string | null>> {
    return this.#run(this.#listed(limit), [after], texts);
  }

  records(handles: readonly string[]): Promise<ReadonlyArray<string | null>> {
    const rows = handles.length === 1 ? 1 : handles.length > BATCH ? LARGE_BATCH : BATCH;
    return this.#run(this.#records(rows), filled(handles, rows), texts);
  }

  count(after: string): Promise<string | null | undefined> {
    return this.#run(this.#count, [after], (rows: readonly Row[]) => texts(rows)[0]);
  }

  endRead(handle: string, { idHash, version, endsAt }: Pick<SqlRow, 'idHash' | 'version' | 'endsAt'>, data: string): Promise<Executed> {
    return this.#run(this.#ends.endRead, [handle, idHash, version, endsAt, data], executed);
  }

  endAt(handle: string, data: string): Promise<Executed> {
    return this.#run(this.#ends.endAt, [handle, data], executed);
  }

}
