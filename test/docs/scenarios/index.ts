import type { Application } from '@curveball/core';
import type { Site } from '../support/browser.js';
import { cookiesAndCaching } from './cookies-and-caching.js';
import { csrf } from './csrf.js';
import { encryption } from './encryption.js';
import { errors } from './errors.js';
import { exclusive } from './exclusive.js';
import { events } from './events.js';
import { flash } from './flash.js';
import { frameworkPage } from './framework-page.js';
import { lifetimes } from './lifetimes.js';
import { liveSessions } from './live-sessions.js';
import { memoryStore } from './memory-store.js';
import { metrics } from './metrics.js';
import { movingFromCookieSession, movingFromExpressSession, movingFromSessionRedis } from './moving.js';
import { movingStores } from './moving-stores.js';
import { parallelRequests } from './parallel-requests.js';
import { readme } from './readme.js';
import { recipes } from './recipes.js';
import { redis } from './redis.js';
import { schema } from './schema.js';
import { testingAStore } from './testing-a-store.js';
import { testingAnApplication } from './testing-an-application.js';
import { typescript } from './typescript.js';
import { upgrading } from './upgrading.js';
import { userSessions } from './user-sessions.js';
import { values } from './values.js';
import { websockets } from './websockets.js';
import { wrappingAStore } from './wrapping-a-store.js';
import { writingAStore } from './writing-a-store.js';

/** The parts of its example that a scenario can use. */
export interface Running {
  readonly app: Application;
  /** The server of `app`. */
  readonly site: Site;
  /** What the example exports. */
  // biome-ignore lint/suspicious/noExplicitAny: the example was compiled apart
  readonly exported: Record<string, any>;
}

/** Drives one example and asserts what its page says of it. */
export type Scenario = (running: Running) => Promise<void>;
export type Scenarios = Record<string, Scenario>;

/** By page and name, as in `README.md: sign-in`. */
export const scenarios: Scenarios = {
  ...named('README.md', readme),
  ...named('UPGRADING.md', upgrading),
  ...named('docs/cookies-and-caching.md', cookiesAndCaching),
  ...named('docs/csrf.md', csrf),
  ...named('docs/encryption.md', encryption),
  ...named('docs/errors.md', errors),
  ...named('docs/events.md', events),
  ...named('docs/exclusive.md', exclusive),
  ...named('docs/flash.md', flash),
  ...named('docs/framework-page.md', frameworkPage),
  ...named('docs/lifetimes.md', lifetimes),
  ...named('docs/live-sessions.md', liveSessions),
  ...named('docs/memory-store.md', memoryStore),
  ...named('docs/metrics.md', metrics),
  ...named('docs/moving-from-cookie-session.md', movingFromCookieSession),
  ...named('docs/moving-from-express-session.md', movingFromExpressSession),
  ...named('docs/moving-from-session-redis.md', movingFromSessionRedis),
  ...named('docs/moving-stores.md', movingStores),
  ...named('docs/parallel-requests.md', parallelRequests),
  ...named('docs/recipes.md', recipes),
  ...named('docs/schema.md', schema),
  ...named('docs/stores/redis.md', redis),
  ...named('docs/testing-a-store.md', testingAStore),
  ...named('docs/testing-an-application.md', testingAnApplication),
  ...named('docs/typescript.md', typescript),
  ...named('docs/user-sessions.md', userSessions),
  ...named('docs/values.md', values),
  ...named('docs/websockets.md', websockets),
  ...named('docs/wrapping-a-store.md', wrappingAStore),
  ...named('docs/writing-a-store.md', writingAStore),
};

function named(page: string, scenarios: Scenarios): Scenarios {

  return Object.fromEntries(
    Object.entries(scenarios).map(([name, scenario]) => [`${page}: ${name}`, scenario]),
  );

}
