import { show } from './failure.js';

/** So many calls are told of: the last ones are those that matter. */
const MOST_CALLS = 25;

/** Of each call, so many characters. */
const MOST_CHARACTERS = 500;

/** What a test has asked of the store and been told, for the text of a failure. */
export class Journal {

  readonly #names = new Map<unknown, string>();
  readonly #calls: string[] = [];

  /** Gives an id a short name, to be read in its place. */
  name(id: unknown): void {

    if (!this.#names.has(id)) this.#names.set(id, `id${this.#names.size + 1}`);

  }

  /** Begins a new story: what came before does not matter. */
  clear(): void {

    this.#calls.length = 0;

  }

  add(call: string): void {

    this.#calls.push(`  ${call}`);

  }

  call(store: string, method: string, args: readonly unknown[]): string {

    return `${store}.${method}(${args.map(arg => this.show(arg)).join(', ')})`;

  }

  show(value: unknown): string {

    return this.#names.get(value) ?? show(value, MOST_CHARACTERS);

  }

  toString(): string {

    const left = this.#calls.length - MOST_CALLS;
    return [...(left > 0 ? [`  … ${left} calls before`] : []), ...this.#calls.slice(-MOST_CALLS)].join('\n');

  }

}
