import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { MARIADB, programs } from './programs.js';
import { freePort, Server, temporaryFolder } from './server.js';

/** Starts a private MariaDB, with a database `test`. */
export async function startMariadb(...settings: readonly string[]): Promise<Server> {

  const [installDb, mariadbd] = programs(MARIADB, ['mariadb-install-db'], ['mariadbd']);
  const folder = temporaryFolder();
  const data = join(folder, 'data');
  const asRoot = process.getuid?.() === 0 ? ['--user=root'] : [];
  const made = spawnSync(
    installDb as string,
    ['--no-defaults', `--datadir=${data}`, `--tmpdir=${folder}`, '--auth-root-authentication-method=normal', ...asRoot],
    { encoding: 'utf8' },
  );
  if (made.status !== 0) throw new Error(`mariadb-install-db failed:\n${made.stdout}${made.stderr}`);
  const port = await freePort();
  return Server.start({
    command: mariadbd as string,
    args: [
      '--no-defaults', `--datadir=${data}`, `--tmpdir=${folder}`, `--port=${port}`, '--bind-address=127.0.0.1', `--socket=${join(folder, 'socket')}`,
      `--pid-file=${join(folder, 'pid')}`, '--innodb-flush-log-at-trx-commit=2', ...asRoot, ...settings,
    ],
    ready: /ready for connections/,
    url: `mysql://root@127.0.0.1:${port}/test`,
  });

}
