/** A row, by the names of its columns. */
export interface Row {
  readonly [column: string]: unknown;
}

/** A connection to a database for looking at the database itself. */
export interface SqlDatabase {
  /** The name of the table, and of its schema if the address names one. */
  readonly table: string;
  readonly schema?: string | undefined;
  /** The name of the table as a statement has it. */
  readonly quoted: string;
  rows(sql: string, ...values: readonly unknown[]): Promise<readonly Row[]>;
  /** The server's clock: Unix time in seconds; null if it is that of this machine. */
  time(): Promise<number | null>;
  close(): Promise<void>;
}

/** Returns the only row of an answer. */
export async function only(database: SqlDatabase, sql: string, ...values: readonly unknown[]): Promise<Row> {

  const [row] = await database.rows(sql, ...values);
  if (!row) throw new Error('The database answers nothing');
  return row;

}
