import { spawnSync } from 'node:child_process';

const INDEX = new URL('../../src/index.js', import.meta.url).href;

/**
 * Runs a program in a process of its own and waits for its end: a program that a
 * timer keeps alive is killed after the limit, and `signal` says so.
 *
 * @param program has what the package exports in `lib`
 */
export function runProgram(program: string, limit = 10_000) {

  const code = `import * as lib from ${JSON.stringify(INDEX)};\n${program}`;
  const { status, signal, stdout, stderr } = spawnSync(
    process.execPath, ['--input-type=module', '--eval', code], { timeout: limit, encoding: 'utf8' },
  );
  return { status, signal, stdout, stderr };

}
