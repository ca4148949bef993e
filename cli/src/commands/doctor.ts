import { InvalidArgumentError } from 'commander';
import { shown } from '../address.js';
import type { Cli } from '../cli.js';
import { type Diagnosis, examine, type Result } from '../doctor/examine.js';
import { EXIT, type ExitCode } from '../exit-codes.js';

/** Milliseconds. */
const SLOW = 25;

/** Looks for what is wrong with a store. */
export function doctor(cli: Cli): void {

  cli.storeCommand('doctor', 'Look for what is wrong with a store: rights, settings, clocks, and how long it takes to answer.')
    .option('--slow <milliseconds>', 'from how many milliseconds on half of the answers are slow', milliseconds, SLOW)
    .action(async ({ store, slow }: { store?: string; slow: number }) => {
      const address = cli.address(store);
      const { results, ...rest } = await examine(address, { slow });
      const diagnosis = { results: results.map(each => each.result === 'ok' ? each : { ...each, says: cli.output.safe(each.says) }), ...rest };
      cli.output.result({ store: shown(address), ...diagnosis }, text(shown(address), diagnosis));
      cli.exitCode = exitCodeOf(diagnosis.results);
    });

}

function exitCodeOf(results: readonly Result[]): ExitCode {

  const has = (which: Result['result']) => results.some(({ result }) => result === which);
  return has('problem') ? EXIT.problems : has('warning') ? EXIT.warnings : EXIT.ok;

}

function text(store: string, { results, latencySeconds: latency }: Diagnosis): string {

  const width = Math.max(...results.map(({ name }) => name.length));
  const lines = results.flatMap(each => {
    const begin = `${each.result.padEnd(7)}  ${each.name.padEnd(width)}`;
    if (each.result === 'ok') return [begin.trimEnd()];
    const indent = ' '.repeat(begin.length);
    return [`${begin}  ${each.says}`, ...('todo' in each ? [`${indent}  → ${each.todo}`] : [])];
  });
  const times = latency ? [`half of the answers come within ${shownTime(latency.p50)}, 99 of 100 within ${shownTime(latency.p99)}`] : [];
  return [store, ...lines, ...times].join('\n');

}

function shownTime(seconds: number): string {

  return `${(seconds * 1000).toFixed(1)} ms`;

}

function milliseconds(text: string): number {

  const found = /^\d{1,6}$/.test(text) ? Number(text) : 0;
  if (!(found > 0)) throw new InvalidArgumentError('It must be a number of milliseconds from 1 to 999999.');
  return found;

}
