import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const PROCESSES = 2;

/**
 * Fills a store by several processes.
 *
 * @param perUser the sessions of each user; 0 for sessions without a user
 * @param folder where the file of the ids comes to be, if it is wanted
 * @returns the seconds that it took, and that file
 */
export async function fill(address, { count, bytes, perUser = 0, folder }) {

  const start = performance.now();
  const files = [];
  await Promise.all(Array.from({ length: PROCESSES }, async (_, index) => {
    const file = folder === undefined ? '' : join(folder, `ids-${index}`);
    const program = fileURLToPath(new URL('./fill.js', import.meta.url));
    const args = [address, count / PROCESSES, bytes, perUser, file].map(String);
    const child = spawn(process.execPath, [program, ...args], { stdio: ['pipe', 'inherit', 'inherit'] });
    const [code] = await once(child, 'exit');
    if (code !== 0) throw new Error(`Filling ended with ${code}`);
    if (file) files.push(file);
  }));
  const seconds = (performance.now() - start) / 1000;
  if (folder === undefined) return { seconds };
  const idsIn = join(folder, 'ids');
  for (const [index, file] of files.entries()) {
    appendFileSync(idsIn, (index === 0 ? '' : '\n') + readFileSync(file, 'latin1'));
    rmSync(file);
  }
  return { seconds, idsIn };

}
