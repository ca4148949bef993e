import { InvalidArgumentError } from 'commander';

const UNITS: { readonly [unit: string]: number } = { s: 1, m: 60, h: 3600, d: 86_400, w: 604_800 };

/**
 * Reads a duration such as `30m`.
 *
 * @returns seconds
 * @throws {InvalidArgumentError} for any other text
 */
export function duration(text: string): number {

  const [, number = '', unit = ''] = /^(\d{1,9})([smhdw])$/.exec(text) ?? [];
  const seconds = Number(number) * (UNITS[unit] ?? 0);
  if (!(seconds > 0)) throw new InvalidArgumentError('It must be a number and a unit, as in 45s, 30m, 12h, 7d or 2w.');
  return seconds;

}

/** Writes a number of seconds as people do: in the largest unit that is not too coarse. */
export function shownDuration(seconds: number): string {

  if (seconds < 1) return '0 s';
  const [unit, length] = Object.entries(UNITS).reverse().find(([name, each]) => name !== 'w' && seconds >= 2 * each) ?? ['s', 1];
  return `${Math.round(seconds / length)} ${unit === 'm' ? 'min' : unit}`;

}
