import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { POSTGRES, programs, unprivileged } from './programs.js';
import { freePort, Server, temporaryFolder } from './server.js';

/** Starts a private PostgreSQL. */
export async function startPostgres(...settings: readonly string[]): Promise<Server> {

  const [initdb, postgres] = programs(POSTGRES, ['initdb'], ['postgres']);
  const user = unprivileged();
  const data = join(temporaryFolder(user), 'data');
  const made = spawnSync(
    initdb as string, ['-D', data, '--auth=trust', '--username=postgres', '--no-sync', '--locale=C', '--encoding=UTF8'],
    { encoding: 'utf8', ...user },
  );
  if (made.status !== 0) throw new Error(`initdb failed:\n${made.stdout}${made.stderr}`);
  const port = await freePort();
  return Server.start({
    command: postgres as string,
    // Its processes may be killed, but not the machine: nothing is lost without fsync.
    args: ['-D', data, '-p', String(port), '-h', '127.0.0.1', '-k', '', '-c', 'fsync=off', ...settings],
    ready: /database system is ready to accept connections/,
    url: `postgres://postgres@127.0.0.1:${port}/postgres`,
    user,
  });

}
