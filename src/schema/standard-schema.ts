/*
 * The part of Standard Schema that we need (https://standardschema.dev, version 1), the
 * interface that schema libraries have in common.
 */

/** A schema of any library that follows Standard Schema. */
export interface StandardSchema<Output = unknown> {
  readonly '~standard': {
    readonly version: 1;
    readonly vendor: string;
    /** Checks a value. Returns the schema's output, or the issues that it found. */
    readonly validate: (value: unknown) => SchemaResult<Output> | Promise<SchemaResult<Output>>;
    /** For the compiler alone. */
    readonly types?: { readonly input: unknown; readonly output: Output } | undefined;
  };
}

export type SchemaResult<Output> =
  | { readonly value: Output; readonly issues?: undefined }
  | { readonly issues: readonly SchemaIssue[] };

export interface SchemaIssue {
  readonly message: string;
  readonly path?: ReadonlyArray<PropertyKey | { readonly key: PropertyKey }> | undefined;
}

/**
 * What a schema returns, to type the session with:
 *
 * ```typescript
 * declare module '@curveball/session' {
 *   interface SessionData extends SchemaOutput<typeof schema> {}
 * }
 * ```
 */
export type SchemaOutput<Schema extends StandardSchema> = NonNullable<Schema['~standard']['types']>['output'];
