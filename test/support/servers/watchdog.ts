import { rmSync } from 'node:fs';
import { createInterface } from 'node:readline';

/*
 * Ends servers when the process that started them has ended, however that
 * happened: its end of the pipe closes then. Reads lines: `+pid`, `-pid` and
 * `folder path`.
 */

const pids = new Set<number>();
const folders: string[] = [];

createInterface({ input: process.stdin })
  .on('line', line => {
    if (line.startsWith('+')) pids.add(Number(line.slice(1)));
    if (line.startsWith('-')) pids.delete(Number(line.slice(1)));
    if (line.startsWith('folder ')) folders.push(line.slice('folder '.length));
  })
  .on('close', () => {
    for (const pid of pids) {
      try {
        process.kill(pid, 'SIGKILL');
      } catch {
        // It has ended by itself.
      }
    }
    for (const folder of folders) rmSync(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
  });

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {});
