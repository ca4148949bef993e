import { randomBytes } from 'node:crypto';
import { fromJson, toJson } from '../../../src/stores/sql/json-texts.js';
import { pack, unpack } from '../../../src/stores/shared/packed-texts.js';
import type { Awaitable, SessionStore, SessionTexts } from '../../../src/base/store.js';
import type { Damage, Outcome } from './corpus.js';

/** How the values of a session are written in their text. */
export interface Format {
  write(texts: SessionTexts): string;
  read(text: string): SessionTexts;
  /** Whether one value that is no JSON leaves the others readable. */
  readonly keepsValuesApart: boolean;
}

export const PACKED: Format = { write: pack, read: unpack, keepsValuesApart: true };

export const TEXTS_IN_JSON: Format = { write: toJson, read: json => fromJson(json) as SessionTexts, keepsValuesApart: true };

/** One object with all values, as programs write it that know nothing of texts. */
export const PLAIN_JSON: Format = {
  write: texts => `{${[...texts].map(([key, text]) => `${JSON.stringify(key)}:${text}`).join(',')}}`,
  read: json => new Map(Object.entries(JSON.parse(json) as object).map(([key, value]) => [key, JSON.stringify(value)])),
  keepsValuesApart: false,
};

/** A store, and direct access to the rows that it keeps. */
export interface Rows {
  readonly store: SessionStore;
  /** The id under which the given store looks for the session of an id; another one if it was wrapped. */
  read(id: string, column: string): Awaitable<string>;
  write(id: string, column: string, value: unknown): Awaitable<void>;
  /** Gives a column of the table another name. */
  rename?(column: string, name: string): Awaitable<unknown>;
}

/** A place where sessions are kept. */
export interface Engine {
  readonly name: string;
  open(): Promise<Rows>;
  close?(): Awaitable<unknown>;
  readonly format: Format;
  /** The column with the values, and the one with the info. */
  readonly data: string;
  readonly info?: string;
  /** What comes of a number that is out of range, if that differs from other numbers that JavaScript does not have. */
  readonly tooLarge?: Outcome;
  /** The possible damages in other columns, by their names. */
  readonly columns: Readonly<Record<string, readonly Damage[]>>;
}

/** With one value's text replaced, by a text that need not be JSON. */
export function withText({ read, write }: Format, data: string, key: string, text: string): string {

  return write(new Map(read(data)).set(key, text));

}

let names = 0;

/** A name for a table, a database or a prefix that no other test has. */
export function newName(): string {

  return `rows_${++names}_${randomBytes(4).toString('hex')}`;

}
