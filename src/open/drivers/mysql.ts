import { connected } from './connection-errors.js';
import { ANSWERING, CLOSING, CONNECTING, within } from './limits.js';
import { type Candidate, loadDriver, noneIfMissing } from './load-driver.js';

const MYSQL2: Candidate = {
  name: 'mysql2',
  load: async () => {
    try {
      return await import('mysql2/promise' as string);
    } catch (error) {
      return noneIfMissing(error, 'mysql2');
    }
  },
};

export interface Statements {
  execute(...args: readonly unknown[]): Promise<unknown>;
  query(...args: readonly unknown[]): Promise<unknown>;
}

interface Connection extends Statements {
  release(): void;
  destroy(): void;
}

/** The connection itself, behind its promises. */
interface Socket {
  readonly stream?: { destroy?(): void };
  once(event: 'end', listener: () => void): unknown;
}

interface Pool {
  on(event: 'connection', listener: (socket: Socket) => void): unknown;
  getConnection(): Promise<Connection>;
  end(): Promise<unknown>;
}

export interface MysqlConnection {
  readonly pool: Statements & Pick<Pool, 'getConnection'>;
  close(): Promise<void>;
}

/**
 * Makes a pool of connections to MySQL or MariaDB; it connects when it is first used.
 *
 * @throws {TypeError} for an option that the driver refuses
 */
export async function openMysql(url: string): Promise<MysqlConnection> {

  const { exports } = await connected(loadDriver(MYSQL2));
  const address = new URL(url.replace(/^mariadb:/, 'mysql:'));
  // In the address, so that the application can choose another value there.
  if (!address.searchParams.has('connectTimeout')) address.searchParams.set('connectTimeout', String(CONNECTING));
  const pool = made(exports, address.href);
  const sockets = new Set<Socket>();
  pool.on('connection', socket => {
    sockets.add(socket);
    socket.once('end', () => sockets.delete(socket));
  });

  /** Runs a statement. After a failure, or without an answer, its connection is not used again. */
  async function run(method: keyof Statements, args: readonly unknown[]): Promise<unknown> {

    const connection = await pool.getConnection();
    let isSound = false;
    try {
      const answer = await within(ANSWERING, connection[method](...args));
      isSound = true;
      return answer;
    } catch (error) {
      isSound = isConstraint(error);
      throw error;
    } finally {
      if (isSound) connection.release();
      else connection.destroy();
    }

  }

  return {
    // The store recognises a pool by its `getConnection`.
    pool: {
      execute: (...args) => run('execute', args), query: (...args) => run('query', args), getConnection: () => pool.getConnection(),
    },
    close: async () => {
      await within(CLOSING, pool.end()).catch(() => {});
      // The driver waits for the server to end them, which may never happen.
      for (const { stream } of sockets) stream?.destroy?.();
    },
  };

}

function made({ createPool }: { createPool(url: string): Pool }, url: string): Pool {

  try {
    return createPool(url);
  } catch (error) {
    throw new TypeError(`mysql2 refuses an option of the address: ${(error as Error).message}`);
  }

}

/** Says whether a statement violated a constraint (class 23 of the SQL standard): its connection is sound. */
function isConstraint(error: unknown): boolean {

  return String((error as { sqlState?: unknown }).sqlState).startsWith('23');

}
