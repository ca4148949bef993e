export type { SessionData, SessionOf } from './context.js';
export {
  CsrfError, SessionCookieError, SessionEndedError, SessionError, SessionStoreError, SessionValueError,
} from './errors.js';
export type { CookieOptions, SessionOptions } from './options.js';
export { default } from './session-middleware.js';
export {
  type AtomicSessionStore, type Awaitable, isAtomic, type LiveSession, RETIRED_FOR, type RetiredSession,
  type SessionChange, type SessionStore, type SessionTexts, type SessionValues,
} from './store.js';
export { type MemoryEntry, MemoryStore, type MemoryStoreOptions } from './stores/memory-store.js';
