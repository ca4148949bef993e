import { type Attributes, context, SpanStatusCode, type Tracer, trace } from '@opentelemetry/api';
import { settled } from '../base/awaitable.js';
import type { AtomicSessionStore } from '../base/store.js';
import { derivedHandle } from '../id/session-id.js';
import { failureOf, type Instrument, outcomeOf } from './call-metrics.js';

interface SpanSettings {
  readonly inner: AtomicSessionStore;
  readonly includeHandles: boolean;
  readonly includeUsers: boolean;
}

/** Methods whose first argument is a session's id. */
const BY_ID = ['get', 'set', 'delete', 'load', 'create', 'update', 'touch', 'end', 'move', 'take'];

/** Methods whose first argument is a handle. */
const BY_HANDLE = ['infoByHandle', 'endByHandle', 'takeRecord'];

/** Methods whose first argument is a user. */
const BY_USER = ['sessionsOf', 'endSessionsOf'];

/** Methods that return the info of a session. What `get` returns may have a key of that name, which is the application's. */
const RETURN_INFO = ['load', 'takeRecord'];

/** Returns what makes a span of each call. Spans that a driver makes are its children. */
export function callSpans(tracer: Tracer, ofStore: Attributes, { inner, includeHandles, includeUsers }: SpanSettings): Instrument {

  const who = (name: string, args: readonly unknown[]): Attributes => {
    const attributes: Attributes = {};
    const first = args[0] as string;
    if (includeHandles && BY_ID.includes(name)) attributes['curveball.session.handle'] = inner.handleOf?.(first) ?? derivedHandle(first);
    if (includeHandles && BY_HANDLE.includes(name)) attributes['curveball.session.handle'] = first;
    const user = includeUsers ? userIn(name, args) : undefined;
    if (user !== undefined) attributes['enduser.id'] = user;
    return attributes;
  };

  return ({ name, args }, make) => {
    const span = tracer.startSpan(`curveball.session.store.${name}`, {
      attributes: { ...ofStore, 'curveball.session.store.operation': name },
    });
    if (span.isRecording()) span.setAttributes(who(name, args));
    return settled(
      () => context.with(trace.setSpan(context.active(), span), make),
      answer => {
        const user = includeUsers && RETURN_INFO.includes(name) ? userOf(answer) : undefined;
        if (user !== undefined) span.setAttribute('enduser.id', user);
        span.setAttributes(outcomeOf(name, answer)).end();
      },
      // Without its message, which may contain an id.
      error => span.setAttributes(failureOf(error)).setStatus({ code: SpanStatusCode.ERROR }).end(),
    );
  };

}

interface Informed { readonly info?: { readonly user: string | null } | undefined }

/** The user that a call names. */
function userIn(name: string, args: readonly unknown[]): string | undefined {

  if (BY_USER.includes(name)) return args[0] as string;
  if (name !== 'create' && name !== 'move') return undefined;
  return userOf((args.at(-1) as { readonly newInfo?: Informed } | undefined)?.newInfo);

}

/** The user of a session whose info is there. */
function userOf(of: unknown): string | undefined {

  return (Object(of) as Informed).info?.user ?? undefined;

}
