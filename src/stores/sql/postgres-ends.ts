import { randomUUID } from 'node:crypto';
import type { EndWatch } from '../../base/store.js';
import type { PostgresConnection, PostgresDatabase } from './postgres-database.js';
import type { Statement } from './postgres-statements.js';

/** Milliseconds within which a connection must listen. */
const CONNECTING = 5000;

/** Milliseconds within which a notification must arrive that was sent to see whether any do. */
const ARRIVING = 1000;

/** What a notification begins with that was sent to see whether any arrive. No handle does. */
const PROBE = '?';

/** The statements that report ends. */
export interface EndStatements {
  /** Returns the name of the channel on which the statements that end sessions send the handles. */
  readonly channel: Statement;
  /** Sends a text on it. */
  readonly notify: Statement;
}

/**
 * Reports ends of sessions, whichever process they come from: with `LISTEN`, on one
 * connection of the pool, which is taken while anyone waits for reports.
 */
export class PostgresEnds {

  readonly #database: PostgresDatabase;
  readonly #statements: EndStatements;
  readonly #listeners = new Set<(handle: string | null) => void>();
  readonly #probes = new Map<string, () => void>();
  #connection: PostgresConnection | undefined;
  #connecting: Promise<void> | undefined;
  #stopListening: (() => void) | undefined;
  /** Whether notifications have arrived; false once none did, as behind a PgBouncer in transaction mode. */
  #isHeard: boolean | undefined;

  constructor(database: PostgresDatabase, statements: EndStatements) {

    this.#database = database;
    this.#statements = statements;

  }

  watch(ended: (handle: string | null) => void): EndWatch | null {

    if (!this.#database.canListen || this.#isHeard === false) return null;
    // So that one listener can be given twice.
    const listener = (handle: string | null) => ended(handle);
    this.#listeners.add(listener);
    this.#connected().catch(() => {});
    return {
      confirm: () => this.#confirm(),
      stop: () => {
        this.#listeners.delete(listener);
        if (this.#listeners.size === 0) this.#stopListening?.();
      },
    };

  }

  /** Gives the connection back. */
  close(): void {

    this.#listeners.clear();
    this.#stopListening?.();

  }

  async #confirm(): Promise<void> {

    if (this.#listeners.size === 0 || this.#isHeard === false) throw new Error('Ends of sessions are not reported');
    await this.#connected();
    const probe = PROBE + randomUUID();
    const arrival = new Promise<void>(resolve => this.#probes.set(probe, resolve));
    try {
      await this.#database.run(this.#statements.notify, [probe], () => {});
      // Notifications arrive in the order in which their transactions were committed.
      await inTime(arrival, ARRIVING);
      this.#isHeard = true;
    } catch (error) {
      if (error instanceof NotInTime) {
        this.#isHeard ??= false;
        this.#lose(this.#connection);
      }
      throw error;
    } finally {
      this.#probes.delete(probe);
    }

  }

  /** Listens, unless it does already. */
  #connected(): Promise<void> {

    if (this.#connection) return Promise.resolve();
    this.#connecting ??= inTime(this.#connect(), CONNECTING).finally(() => {
      this.#connecting = undefined;
    });
    return this.#connecting;

  }

  async #connect(): Promise<void> {

    const connection = await this.#database.connect();
    const lost = () => this.#lose(connection);
    const heard = ({ payload = '' }: { readonly payload?: string } = {}) => this.#heard(payload);
    const listeners = [['notification', heard], ['error', lost], ['end', lost]] as const;
    for (const [event, listener] of listeners) connection.on(event, listener);
    let channel: string | null | undefined;
    try {
      channel = await this.#database.run(this.#statements.channel, [], ([name]) => name);
      await connection.query(`LISTEN "${channel}"`);
    } catch (error) {
      connection.release(true);
      throw error;
    }
    const stop = () => {
      if (this.#connection === connection) this.#connection = this.#stopListening = undefined;
      connection.query(`UNLISTEN "${channel}"`).then(() => {
        for (const [event, listener] of listeners) connection.off(event, listener);
        connection.release();
      }, () => connection.release(true));
    };
    // It took so long that no one is waiting any more, or has another one.
    if (this.#listeners.size === 0 || this.#connection) return stop();
    this.#connection = connection;
    this.#stopListening = stop;
    // What ended before was not heard.
    this.#report(null);

  }

  #lose(connection: PostgresConnection | undefined): void {

    if (!connection || connection !== this.#connection) return;
    this.#connection = this.#stopListening = undefined;
    connection.release(true);
    this.#report(null);

  }

  #heard(payload: string): void {

    if (payload.startsWith(PROBE)) this.#probes.get(payload)?.();
    else this.#report(payload === '' ? null : payload);

  }

  #report(handle: string | null): void {

    for (const listener of this.#listeners) listener(handle);

  }

}

class NotInTime extends Error {}

async function inTime<T>(answer: Promise<T>, limit: number): Promise<T> {

  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new NotInTime('PostgreSQL did not answer in time')), limit).unref();
  });
  try {
    return await Promise.race([answer, late]);
  } finally {
    clearTimeout(timer);
  }

}
