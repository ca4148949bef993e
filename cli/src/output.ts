import { once } from 'node:events';
import { withoutSecrets } from './address.js';
import type { Surroundings } from './surroundings.js';

/** A column of a table: its heading, and the least number of characters. */
export interface Column {
  readonly heading: string;
  readonly width: number;
  /** Numbers are easier to compare if their ends are below each other. */
  readonly isNumber?: boolean;
}

/** All that the command prints: texts for people, or one JSON value a line for scripts. */
export class Output {

  /** Whether results are printed as JSON. */
  isJson = false;

  readonly #surroundings: Pick<Surroundings, 'stdout' | 'stderr'>;
  readonly #addresses: string[] = [];

  constructor(surroundings: Pick<Surroundings, 'stdout' | 'stderr'>) {
    this.#surroundings = surroundings;
  }

  /** Keeps what is secret in an address out of all that is printed. */
  hide(address: string): void {
    this.#addresses.push(address);
  }

  /** Prints a result: as JSON if that was asked for, or else as text. */
  result(value: object, text: string): void {
    this.#print(this.isJson ? escaped(JSON.stringify(value)) : printable(text));
  }

  /** Prints one row of a table, when whoever reads has room for it. */
  async row(columns: readonly Column[], value: object, cells: readonly string[]): Promise<void> {

    this.result(value, line(columns, cells));
    const { stdout } = this.#surroundings;
    if (stdout.writableNeedDrain) await once(stdout, 'drain');

  }

  /** Prints the headings of a table: people need them. */
  headings(columns: readonly Column[]): void {
    if (!this.isJson) this.#print(printable(line(columns, columns.map(({ heading }) => heading))));
  }

  /** Says what is going on, beside the results. */
  note(text: string): void {
    this.#surroundings.stderr.write(`${this.safe(text)}\n`);
  }

  error(text: string): void {
    this.note(`Error: ${text}`);
  }

  /** Returns a text without the secrets of addresses, and without control characters, which could do something to a terminal. */
  safe(text: string): string {
    return printable(withoutSecrets(text, this.#addresses));
  }

  #print(text: string): void {
    this.#surroundings.stdout.write(`${text}\n`);
  }

}

function line(columns: readonly Column[], cells: readonly string[]): string {

  return columns.map(({ width, isNumber }, index) => {
    const cell = printable(cells[index] ?? '').replaceAll('\n', ' ');
    return isNumber ? cell.padStart(width) : cell.padEnd(width);
  }).join('  ').trimEnd();

}

/** Replaces control characters. A user's name may have some, and come from a visitor. */
function printable(text: string): string {

  return text.replace(/[^\P{C}\n]/gu, '\ufffd');

}

/** Escapes the same characters in JSON, where they must not be lost. */
function escaped(json: string): string {

  return json.replace(/\p{C}/gu, text => Array.from({ length: text.length }, (_, at) => `\\u${text.charCodeAt(at).toString(16).padStart(4, '0')}`).join(''));

}

/** Writes a number so that its size is seen at once. */
export function count(number: number): string {

  return Math.round(number).toLocaleString('en-US');

}

/** Writes a number with its noun. */
export function counted(number: number, noun: string): string {

  return `${count(number)} ${noun}${number === 1 ? '' : 's'}`;

}

/** Writes a number of bytes. */
export function bytes(number: number): string {

  if (number < 1000) return `${number} B`;
  if (number < 1_000_000) return `${(number / 1000).toFixed(1)} kB`;
  return `${(number / 1_000_000).toFixed(1)} MB`;

}

/** Writes a Unix time, in UTC. */
export function time(unix: number): string {

  return `${new Date(unix * 1000).toISOString().slice(0, 19).replace('T', ' ')}Z`;

}
