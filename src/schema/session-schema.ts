import { andThen } from '../base/awaitable.js';
import { SessionSchemaError, SessionValueError } from '../base/errors.js';
import { kindOf, known, record, wrong } from '../base/option-checks.js';
import type { Awaitable, SessionTexts, SessionValues } from '../base/store.js';
import { warnOnce } from '../base/warnings.js';
import { isPlainObject, toTexts } from '../values/session-values.js';
import { readStored } from '../values/stored-values.js';
import { pathOf } from '../values/value-path.js';
import type { SchemaIssue, StandardSchema } from './standard-schema.js';

/** What to do with sessions that were stored in another shape. */
export interface SchemaOptions {

  /**
   * The number of the shape that the schema describes, 0 by default. Raise it
   * when `migrate` has something to do. It is stored with a session, whenever
   * the session is changed.
   */
  version?: number | undefined;

  /**
   * Brings values from an older shape into this one: changes the values that it
   * gets, or returns others. Sessions from before there was a number have 0. The
   * schema checks the result, and it is stored together with the request's own
   * changes, if there are any. It may be called again for the same session.
   */
  migrate?: ((values: SessionValues, fromVersion: number) => Awaitable<SessionValues | void>) | undefined;

  /**
   * What to do if the values do not fit the schema. With `'drop'`, the default, the
   * session reads as empty, and its values are removed when a request changes it.
   * With `'keep'`, the handler gets them as they are. With `'error'`, each request
   * is answered with 500 until the session expires.
   */
  mismatch?: 'drop' | 'keep' | 'error' | undefined;

}

/** What a handler sees of a session. */
export interface ReadTexts {
  readonly texts: SessionTexts;
  /** Whether these texts must replace the stored ones, as a whole, before the session is changed. */
  readonly isOutdated: boolean;
}

/** The key under which the number of the shape is stored. Handlers do not see it. */
const VERSION_KEY = '@version';

/** The key that 1.x has added to sessions with a form. No schema knows it. */
const CSRF_MARKER = 'csrf-token';

const KNOWN = ['version', 'migrate', 'mismatch'];
const MISMATCH = ['drop', 'keep', 'error'];
const MOST_NAMED = 5;

/**
 * Checks the options `schema` and `schemaOptions`.
 *
 * @throws {TypeError} that names the option, its value and what is allowed
 */
export function checkedSchema(schema: unknown, options: unknown = {}): SessionSchema | undefined {

  record('schemaOptions', options);
  const given = options as SchemaOptions;
  known('schemaOptions', given, KNOWN);
  const { version = 0, migrate, mismatch = 'drop' } = given;
  if (!(Number.isSafeInteger(version) && version >= 0)) {
    throw wrong('schemaOptions.version', version, 'must be a whole number from 0');
  }
  if (migrate !== undefined && typeof migrate !== 'function') {
    throw wrong('schemaOptions.migrate', migrate, 'must be a function');
  }
  if (migrate && version === 0) {
    throw wrong('schemaOptions.version', version, 'must be 1 or more with migrate, which is called for older ones');
  }
  if (!MISMATCH.includes(mismatch)) {
    throw wrong('schemaOptions.mismatch', mismatch, "must be 'drop', 'keep' or 'error'");
  }
  if (schema === undefined) {
    if (Object.values(given).some(value => value !== undefined)) throw new TypeError('option schemaOptions needs the option schema');
    return undefined;
  }
  const standard = (schema as Partial<StandardSchema> | null)?.['~standard'];
  if (standard?.version !== 1 || typeof standard.validate !== 'function') {
    throw wrong('schema', schema, 'must be a schema of a library that follows Standard Schema, such as zod, valibot or arktype');
  }
  return new SessionSchema(schema as StandardSchema, version, mismatch, migrate);

}

/** Turns stored texts into those that the handler sees. */
export class SessionSchema {

  constructor(
    private readonly schema: StandardSchema,
    private readonly version: number,
    private readonly mismatch: NonNullable<SchemaOptions['mismatch']>,
    private readonly migrate: SchemaOptions['migrate'],
  ) {}

  /**
   * Reads stored texts for a handler; returns the very map if nothing differs.
   *
   * @throws {SessionSchemaError} if they do not fit, with `mismatch: 'error'`
   */
  read(stored: SessionTexts): Awaitable<ReadTexts> {

    const from = versionIn(stored);
    const isOld = from < this.version;
    const visible = withoutVersion(stored);
    const before = without(visible, CSRF_MARKER);
    // Every session begins empty, so no schema needs to allow that.
    if (before.size === 0) return read(before, isOld, before, visible);
    const values = readStored(before);
    return andThen(isOld ? this.migrated(values, from) : values, migrated => (
      andThen(this.schema['~standard'].validate(migrated), result => {
        if (!result.issues) {
          checkOutput(result.value);
          return read(toTexts(result.value, before), isOld, before, visible);
        }
        const fallback = this.whereNotFitting(result.issues);
        return fallback === 'keep'
          ? read(toTexts(migrated, before), isOld, before, visible)
          : read(new Map(), true, before, visible);
      })
    ));

  }

  /** Adds the number of the shape to texts that are to be stored, unless it is 0. */
  marked(texts: SessionTexts): SessionTexts {

    return this.version === 0 ? texts : this.stamped(texts);

  }

  /** Adds the number of the shape, even if it is 0: it keeps an empty session alive. */
  stamped(texts: SessionTexts): SessionTexts {

    return new Map(texts).set(VERSION_KEY, String(this.version));

  }

  private migrated(values: SessionValues, from: number): Awaitable<SessionValues> {

    if (!this.migrate) return values;
    return andThen(this.migrate(values, from), (returned: unknown) => {
      if (returned === undefined) return values;
      if (!isPlainObject(returned)) throw new TypeError(`schemaOptions.migrate returned a ${kindOf(returned)}: it must return a plain object or nothing`);
      return returned;
    });

  }

  private whereNotFitting(issues: readonly SchemaIssue[]): 'drop' | 'keep' {

    // Not the messages, which can contain values.
    const paths = issues.map(({ path = [] }) => pathOf(path.map(step => keyOf(typeof step === 'object' ? step.key : step))));
    const named = paths.slice(0, MOST_NAMED).join(', ');
    if (this.mismatch === 'error') throw new SessionSchemaError(`The stored session does not fit its schema: ${named}`, paths);
    const reads = this.mismatch === 'drop' ? 'reads as empty' : 'is given to the handler as it is';
    warnOnce('SESSION_SCHEMA', `A stored session does not fit the schema and ${reads}: ${named}`, this.mismatch);
    return this.mismatch;

  }

}

/** @throws {SessionValueError} for the key of the shape's number */
export function refuseReserved(texts: SessionTexts): void {

  if (texts.has(VERSION_KEY)) throw new SessionValueError(pathOf([VERSION_KEY]), 'is the key of the session\'s version, which can\'t be set');

}

function read(texts: SessionTexts, isOutdated: boolean, before: SessionTexts, visible: SessionTexts): ReadTexts {

  if (texts === before && !isOutdated) return { texts: visible, isOutdated };
  const seen = new Map(texts);
  const marker = visible.get(CSRF_MARKER);
  if (marker !== undefined) seen.set(CSRF_MARKER, marker);
  return { texts: seen, isOutdated };

}

function versionIn(texts: SessionTexts): number {

  const text = texts.get(VERSION_KEY);
  const version = text === undefined ? 0 : Number(text);
  return Number.isSafeInteger(version) ? version : 0;

}

/** Removes the number of the shape, which handlers do not see. */
export function withoutVersion(texts: SessionTexts): SessionTexts {

  return without(texts, VERSION_KEY);

}

function without(texts: SessionTexts, key: string): SessionTexts {

  if (!texts.has(key)) return texts;
  const others = new Map(texts);
  others.delete(key);
  return others;

}

/**
 * Refuses an output of the schema that is not a plain object, or holds a `Date`: the
 * handler would get a text in its place, which is not what the schema's type says.
 */
function checkOutput(output: unknown): asserts output is SessionValues {

  if (!isPlainObject(output)) throw new TypeError(`The schema returned a ${kindOf(output)} for the session: it must return a plain object`);
  const path = pathToDate(output, new Set());
  if (path) throw new SessionValueError(pathOf(path), 'is a Date in the output of the schema, but the handler would get a text: let the schema return the text');

}

function pathToDate(value: unknown, above: Set<unknown>): Array<string | number> | undefined {

  if (value instanceof Date) return [];
  // An object that contains itself is refused later, with its path, when it becomes text.
  if (typeof value !== 'object' || value === null || above.has(value)) return undefined;
  above.add(value);
  for (const [key, member] of Object.entries(value)) {
    const path = pathToDate(member, above);
    if (path) return [Array.isArray(value) ? Number(key) : key, ...path];
  }
  above.delete(value);
  return undefined;

}

function keyOf(key: PropertyKey): string | number {

  return typeof key === 'symbol' ? String(key) : key;

}
