import type { Context } from '@curveball/core';
import { isIndexing, type SessionMetadata, type SessionStore, type UserSession, UserSessions } from '@curveball/session';
import { deviceLabel, maskedAddress } from './device.js';

/** One of the user's sessions, and whether it is that of this request. */
export interface Device extends UserSession {
  isThis: boolean;
}

/**
 * "Your devices": the sessions of the signed-in user (OWASP ASVS 5.0, 7.5.2).
 *
 * An application with passwords should ask for the password again before it ends
 * one of these: `ctx.sessionInfo.authenticatedAt` says when it was last given, and
 * `ctx.authenticated()` records that it was given now. This demo has no passwords.
 */
export class Devices {

  readonly #sessions: UserSessions | null;

  constructor(store: SessionStore) {
    this.#sessions = isIndexing(store) ? new UserSessions(store) : null;
  }

  /** Whether the store finds the sessions of a user. */
  get areKnown(): boolean {
    return this.#sessions !== null;
  }

  /** What the list will show of the device that signs in. */
  describe(ctx: Context): SessionMetadata {
    return { device: deviceLabel(ctx.request.headers.get('User-Agent')), address: maskedAddress(ctx.ip()) };
  }

  /** The one of this request first, then the most recently used; null if the store can't find them. */
  async list(ctx: Context, user: string): Promise<Device[] | null> {

    if (!this.#sessions) return null;
    const sessions = await this.#sessions.list(user);
    return sessions
      .map(session => ({ ...session, isThis: session.handle === ctx.sessionInfo?.handle }))
      .sort((a, b) => Number(b.isThis) - Number(a.isThis));

  }

  /** Signs a device out at its next request. Another user's handle ends nothing. */
  async end(user: string, handle: string): Promise<void> {

    if (handle) await this.#sessions?.end(user, handle);

  }

  async endOthers(ctx: Context, user: string): Promise<void> {

    const { handle } = ctx.sessionInfo ?? {};
    if (handle) await this.#sessions?.endAll(user, { except: handle });

  }

}
