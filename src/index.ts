/**
 * The middleware, the memory store, and what works with every store. Each other store is imported by a path of its own.
 *
 * @module @curveball/session
 */

// With it come the members of the kernel's own context.
export type { SessionContext } from './context.js';
export type { SessionData, SessionOf } from './values/session-data.js';
export type { CookieOptions } from './cookie/cookie-options.js';
export type { CsrfEvent } from './csrf/csrf-events.js';
export { csrf } from './csrf/csrf-middleware.js';
export type { SiteData } from './cookie/site-data.js';
export type { CsrfOptions } from './csrf/csrf-options.js';
export { encrypted, type EncryptedStore, type EncryptionKey, type EncryptionOptions } from './encryption/encrypted-store.js';
export {
  AuthenticationError, CsrfError, SessionCookieError, SessionEndedError, type SessionEndReason, SessionError, SessionLimitError, SessionLockError, SessionSchemaError,
  SessionSizeError, SessionStoreError, SessionValueError,
} from './base/errors.js';
export type { ExclusiveOptions } from './exclusive/exclusive-options.js';
export type { FlashKind, FlashMessage, FlashMessages, FlashValue } from './flash/flash-messages.js';
export type { SessionOptions } from './options.js';
export type { SessionMetadata, UserSession } from './base/user-session.js';
export type { Authentication } from './info/session-details.js';
export type {
  SessionCreated, SessionDestroyed, SessionExpired, SessionRegenerated, SessionsRevoked, SignInRefused, StaleWriteRefused,
  StoreFailed, SuspiciousId,
} from './events/session-events.js';
export { allSessions, type AllSessionsOptions, type ListedSession } from './operations/all-sessions.js';
export { endSession } from './operations/end-session.js';
export type { OperationOptions } from './operations/operable.js';
export { type CountOptions, countSessions, pingStore } from './operations/store-health.js';
export { localAddress } from './reauthentication/local-address.js';
export { type RecentlyAuthenticatedOptions, recentlyAuthenticated } from './reauthentication/recently-authenticated.js';
export type { SessionInfo } from './request/session-info.js';
export type { RequestDecided } from './steps/request-event.js';
export { default, default as session } from './session-middleware.js';
export type { SchemaOptions } from './schema/session-schema.js';
export type { SchemaIssue, SchemaOutput, SchemaResult, StandardSchema } from './schema/standard-schema.js';
export {
  type AtomicSessionStore, type Awaitable, type CountTerms, type FormerId, type NewInfo, type PageTerms, type PutTerms, type RecordPage, type SessionCount,
  type SessionPage, type SessionRecord, type StoredSession, type StoreOperations, type StorePing, type TransferableStore, type CreateTerms, type EndReason, type EndSessionsTerms, type EndTerms, type EndWatch, type ExpiredSession, type FoundSession, type IndexingSessionStore,
  isAtomic, isIndexing, isTransferable, type LiveSession, type LoadTerms, type MoveTerms, RETIRED_FOR, type RetiredSession, type StoredInfo, type SessionChange,
  type SessionState, type SessionStore, type SessionTexts, type SessionValues, type SessionWatch, type StoredUserSession, type UpdateTerms, type WhichSessions,
} from './base/store.js';
export type { SessionEnd } from './session/stored-session.js';
export type { SessionLimit } from './info/user-options.js';
export type { UserOption } from './info/session-user.js';
export { type EndAllOptions, UserSessions, type UserSessionsOptions } from './user-sessions.js';
export { type MemoryEntry, MemoryStore, type MemoryStoreOptions } from './stores/memory-store.js';
export type { SessionWarning } from './base/warnings.js';
export { type WrappedStore, wrapStore } from './wrapping/wrap-store.js';
