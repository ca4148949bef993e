/**
 * Declares the values of a session, for applications that want them typed:
 *
 * ```typescript
 * declare module '@curveball/session' {
 *   interface SessionData {
 *     userId: number;
 *   }
 * }
 * ```
 *
 * Every key is optional in `ctx.session`, since a session may be empty. Without
 * a declaration, a session is a record of any values.
 */
// biome-ignore lint/suspicious/noEmptyInterface: applications add to it
export interface SessionData {}

/** The type of `ctx.session`. */
export type SessionOf<Data> = keyof Data extends never
  // biome-ignore lint/suspicious/noExplicitAny: an application's values are its own
  ? Record<string, any>
  : Partial<Data>;
