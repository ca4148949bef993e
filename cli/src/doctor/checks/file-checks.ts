import { accessSync, constants, type Stats, statfsSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { bytes } from '../../output.js';
import { type Check, type Finding, problem, warning } from '../check.js';
import type { SqliteFile } from '../connections/sqlite.js';

/** Less space than this, in bytes or as a part of the disk, is nearly none. */
const LEAST_SPACE = 200_000_000;
const LEAST_PART = 0.02;

/** File systems of networks, by the numbers that Linux gives them: NFS, SMB, SMB 2. */
const OF_NETWORKS: readonly number[] = [0x6969, 0x517b, 0xfe534d42];

/** A log that is larger than this is one that no process could write back. */
const LARGEST_LOG = 256_000_000;

/** What can be wrong with a file of SQLite, even if it can't be opened. */
export const FILE_CHECKS: ReadonlyArray<Check<Pick<SqliteFile, 'file'>>> = [
  {
    name: 'read-only',
    what: 'whether the file and its folder can be written to, also by their owner if the doctor runs as the administrator',
    look: ({ file }) => {
      const todo = 'Let the user of the application own both';
      const folder = dirname(file);
      if (isReadOnly(file)) return problem(`The file ${file} is read-only: every change is refused`, todo);
      if (isReadOnly(folder)) return problem(`The folder of ${file} is read-only: SQLite keeps its log there, and refuses every change`, todo);
      return byAnother(file, statSync(file), statSync(folder));
    },
  },
  {
    name: 'disk',
    what: 'space on the disk, and whether it is one of this machine',
    look: ({ file }) => {
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
      const size = statSync(`${file}-wal`, { throwIfNoEntry: false })?.size ?? 0;
      return size > LARGEST_LOG
        ? warning(`The log ${file}-wal has ${bytes(size)}: some program reads without end, so that it can't be written back`, 'End programs that keep a transaction open')
        : null;
    },
  },
];

/** The administrator may write to any file, but the application runs as someone else. */
function isReadOnly(path: string): boolean {

  if ((statSync(path).mode & 0o222) === 0) return true;
  try {
    accessSync(path, constants.W_OK);
    return false;
  } catch {
    return true;
  }

}

/** Finds a file that the administrator has made for an application that runs as someone else. */
function byAnother(file: string, ...both: readonly [Stats, Stats]): Finding | null {

  const owner = both.find(({ uid }) => uid !== 0)?.uid;
  if (process.getuid?.() !== 0 || owner === undefined) return null;
  const mayWrite = ({ uid, mode }: Stats) => (uid === owner ? mode & 0o200 : mode & 0o022) !== 0;
  return both.every(mayWrite) ? null : warning(
    `${file} and its folder belong to different users: an application that runs as one of them may be refused every change`, 'Let the user of the application own both');

}
