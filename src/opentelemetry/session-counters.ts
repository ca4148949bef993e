import type { Attributes, Meter } from '@opentelemetry/api';
import type {
  OfMiddleware, SessionCreated, SessionDestroyed, SessionExpired, SessionRegenerated, SessionsRevoked, SignInRefused, StaleWriteRefused, StoreFailed, SuspiciousId,
} from '../events/session-events.js';
import { errorType } from './error-type.js';

/** The parts of the event of CSRF that are counted. */
interface CsrfRefused {
  readonly reason: string;
  readonly report: boolean;
}

/** Reasons of that event with which no request was refused. */
const NO_REFUSALS = ['exempt', 'withheld-cookie'];

/** Makes the counters, and returns what counts each event, by the name of its channel. */
export function sessionCounters(meter: Meter) {

  const created = meter.createCounter('curveball.session.created', { unit: '{session}', description: 'Sessions that were stored for the first time' });
  const regenerated = meter.createCounter('curveball.session.regenerated', { unit: '{session}', description: 'Sessions that got another id' });
  const ended = meter.createCounter('curveball.session.ended', { unit: '{session}', description: 'Sessions that were ended before their time was over' });
  const refusedIds = meter.createCounter('curveball.session.id.refused', { unit: '{id}', description: 'Ids in requests that opened no session' });
  const conflicts = meter.createCounter('curveball.session.conflicts', { unit: '{conflict}', description: 'Changes and sign-ins that were refused with 409' });
  const csrfRefused = meter.createCounter('curveball.session.csrf.refused', { unit: '{request}', description: 'Requests that were refused against CSRF' });
  const failures = meter.createCounter('curveball.session.store.failures', { unit: '{failure}', description: 'Failures of the store, answers that came too late, and data that could not be read' });

  const refuseId = (event: OfMiddleware, reason: string) => refusedIds.add(1, { ...middleware(event), 'curveball.session.id.reason': reason });
  const end = (event: OfMiddleware, sessions: number, reason: string) => ended.add(sessions, { ...middleware(event), 'curveball.session.end.reason': reason });
  const conflict = (event: OfMiddleware, reason: string) => conflicts.add(1, { ...middleware(event), 'curveball.session.conflict.reason': reason });

  return {

    created: (event: SessionCreated) => created.add(1, { ...middleware(event), 'curveball.session.anonymous': event.user === null }),

    regenerated: (event: SessionRegenerated) => regenerated.add(1, { ...middleware(event), 'curveball.session.regeneration.reason': event.reason }),

    destroyed: (event: SessionDestroyed) => end(event, 1, event.reason),

    // No one knows how many sessions UserSessions.endEverything() has ended.
    revoked: (event: SessionsRevoked) => { if (event.handles.length > 0) end(event, event.handles.length, 'revoked'); },

    expired: (event: SessionExpired) => refuseId(event, 'expired'),

    suspicious: (event: SuspiciousId) => refuseId(event, event.reason),

    stale: (event: StaleWriteRefused) => conflict(event, 'ended'),

    limit: (event: SignInRefused) => conflict(event, 'limit'),

    failed: (event: StoreFailed) => failures.add(1, { ...middleware(event), 'error.type': errorType(event.error) }),

    csrf({ reason, report }: CsrfRefused) {
      if (!NO_REFUSALS.includes(reason)) csrfRefused.add(1, { 'curveball.session.csrf.reason': reason, 'curveball.session.csrf.enforced': !report });
    },

  };

}

/** The attribute that tells the session middlewares of a process apart. */
function middleware({ cookieName }: OfMiddleware): Attributes {

  return cookieName === null ? {} : { 'curveball.session.cookie.name': cookieName };

}
