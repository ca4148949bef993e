import { allSessions, UserSessions } from '@curveball/session';
import type { OpenedStore } from '@curveball/session/open';
import type { Cli } from '../cli.js';
import { bytes, type Column, time } from '../output.js';

/** What is shown of a session. Times are Unix timestamps in seconds. */
interface Shown {
  readonly handle: string;
  readonly user: string | null;
  readonly createdAt: number | null;
  readonly seenAt: number | null;
  readonly expiresAt: number;
  /** Null if only the sessions of one user were asked for: the store does not read their values for that. */
  readonly sizeBytes: number | null;
}

const COLUMNS: readonly Column[] = [
  { heading: 'handle', width: 16 }, { heading: 'created', width: 20 }, { heading: 'last used', width: 20 }, { heading: 'ends', width: 20 },
  { heading: 'size', width: 8, isNumber: true }, { heading: 'user', width: 0 },
];

/** Lists sessions, without ids and values. */
export function list(cli: Cli): void {

  cli.storeCommand('list [user]', 'List sessions, of all visitors or of one user: never ids or values.')
    .action(async (user: string | undefined, { store: given }: { store?: string }) => {
      await cli.with(cli.address(given), async store => {
        let isFirst = true;
        for await (const session of sessions(store, user)) {
          if (isFirst) cli.output.headings(COLUMNS);
          isFirst = false;
          const { handle, createdAt, seenAt, expiresAt, sizeBytes } = session;
          const cells = [handle, shownTime(createdAt), shownTime(seenAt), time(expiresAt), sizeBytes === null ? '–' : bytes(sizeBytes), session.user ?? '–'];
          await cli.output.row(COLUMNS, session, cells);
        }
      });
    });

}

async function* sessions(store: OpenedStore, user: string | undefined): AsyncGenerator<Shown> {

  if (user === undefined) {
    for await (const { handle, user: whose, createdAt, seenAt, expiresAt, size } of allSessions(store)) {
      yield { handle, user: whose, createdAt, seenAt, expiresAt, sizeBytes: size };
    }
    return;
  }
  for (const { handle, createdAt, seenAt, expiresAt } of await new UserSessions(store).list(user)) {
    yield { handle, user, createdAt: Math.floor(createdAt), seenAt: Math.floor(seenAt), expiresAt: Math.floor(expiresAt), sizeBytes: null };
  }

}

function shownTime(unix: number | null): string {

  return unix === null ? '–' : time(unix);

}
