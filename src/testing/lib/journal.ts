import { show } from './failure.js';

/** The number of calls that are shown: the last ones matter. */
const MOST_CALLS = 25;

/** The number of characters that are shown of each value. */
const MOST_CHARACTERS = 500;

/** The calls of a test and the store's answers, for the text of a failure. */
export class Journal {

  readonly #names = new Map<unknown, string>();
  readonly #calls: string[] = [];

  /** Gives an id a short name, which is shown in its place. */
  name(id: unknown): void {

    if (!this.#names.has(id)) this.#names.set(id, `id${this.#names.size + 1}`);

  }

  /** Forgets earlier calls, when they no longer matter. */
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
