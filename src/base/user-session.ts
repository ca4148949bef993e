/** A few short texts about a session, such as a device's label: for lists of sessions, not for decisions. */
export interface SessionMetadata {
  readonly [name: string]: string;
}

/** One session of a user. Times are Unix timestamps in seconds. */
export interface UserSession {
  /** Its public name, by which it is ended. */
  readonly handle: string;
  /** When its user signed in. */
  readonly createdAt: number;
  /** When its user last proved who they are; null if they never had to. */
  readonly authenticatedAt: number | null;
  /** When it was last used, to within the `touchInterval`. */
  readonly seenAt: number;
  /** When it ends unless it is used before. */
  readonly expiresAt: number;
  /** When it ends however often it is used; null for never. */
  readonly absoluteExpiresAt: number | null;
  /** What the application recorded with `ctx.authenticated()`. */
  readonly metadata: SessionMetadata;
}
