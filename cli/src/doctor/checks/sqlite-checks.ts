import { accessSync, constants, statfsSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { bytes } from '../../output.js';
import { type Check, problem, warning } from '../check.js';
import type { SqliteFile } from '../connections/sqlite.js';
import { only } from '../connections/sql.js';

/** Less space than this, in bytes or as a part of the disk, is nearly none. */
const LEAST_SPACE = 200_000_000;
const LEAST_PART = 0.02;

/** File systems of networks, by the numbers that Linux gives them: NFS, SMB, SMB 2. */
const OF_NETWORKS: readonly number[] = [0x6969, 0x517b, 0xfe534d42];

/** A log that is larger than this is one that no process could write back. */
const LARGEST_LOG = 256_000_000;

/** What can be wrong with a SQLite file, and with the table there. */
export const SQLITE_CHECKS: ReadonlyArray<Check<SqliteFile>> = [
  {
    name: 'read-only',
    what: 'whether the file and its folder can be written to',
    look: ({ file }) => {
      if (file === null) return null;
      const todo = 'Let the user of the application own both';
      // The administrator may write to any file, but the application runs as someone else.
      if ((statSync(file).mode & 0o222) === 0 || !isWritable(file)) return problem(`The file ${file} is read-only: every change is refused`, todo);
      return isWritable(dirname(file)) ? null : problem(`The folder of ${file} is read-only: SQLite keeps its log there, and refuses every change`, todo);
    },
  },
  {
    name: 'journal-mode',
    what: 'whether the journal mode is WAL',
    look: async database => {
      const { journal_mode: mode } = await only(database, 'PRAGMA journal_mode');
      return mode === 'wal' || database.file === null ? null : warning(`The journal mode is ${mode}: reads wait for writes, and writes for reads`, 'Let "setup" change it, while no other program has the file open');
    },
  },
  {
    name: 'index',
    what: 'whether the table has the index of users',
    look: async database => {
      const found = await database.rows('SELECT info.name AS name FROM pragma_index_list(?) AS list, pragma_index_info(list.name) AS info', database.table);
      return found.some(({ name }) => name === 'user_id') ? null : warning(
        'The table has no index on the column user_id: the whole table is read when a user signs in or lists devices', 'Let "setup" make it');
    },
  },
  {
    name: 'disk',
    what: 'space on the disk, and whether it is one of this machine',
    look: ({ file }) => {
      if (file === null) return null;
      const { type, bavail, bsize, blocks } = statfsSync(file);
      if (OF_NETWORKS.includes(type)) return problem('The file is on a disk of the network, on which several machines can damage it', 'Put it on a disk of this machine, or use a database server');
      const free = bavail * bsize;
      return free < LEAST_SPACE || bavail < blocks * LEAST_PART
        ? problem(`${bytes(free)} are left on the disk: when it is full, every change is refused`, 'Make room')
        : null;
    },
  },
  {
    name: 'log',
    what: 'the size of the log beside the file',
    look: ({ file }) => {
      const size = file === null ? 0 : statSync(`${file}-wal`, { throwIfNoEntry: false })?.size ?? 0;
      return size > LARGEST_LOG
        ? warning(`The log ${file}-wal has ${bytes(size)}: some program reads without end, so that it can't be written back`, 'End programs that keep a transaction open')
        : null;
    },
  },
];

function isWritable(path: string): boolean {

  try {
    accessSync(path, constants.W_OK);
    return true;
  } catch {
    return false;
  }

}
