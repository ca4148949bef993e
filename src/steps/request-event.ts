import { channel } from 'node:diagnostics_channel';
import type { EventSource, OfMiddleware } from '../events/session-events.js';
import type { Decision, NamedChange } from '../session/named-change.js';

/** Publishes `curveball:session:request`. Events are made only while it has subscribers. */
export const requestEvents = channel('curveball:session:request');

/** The message of `curveball:session:request`: what was decided at the end of a request, and why. */
export interface RequestDecided extends OfMiddleware {
  /** The handle of the session that is stored after the request; null if there is none. */
  readonly handle: string | null;
  readonly decision: NamedChange['name'];
  readonly reason: string;
}

/**
 * Publishes the decision of a request.
 *
 * @param failure why the decision was not carried out; undefined if it was
 */
export function publishRequest(decision: Decision | undefined, failure: string | undefined, id: string | null, { handleOf, cookieName }: EventSource): void {

  requestEvents.publish({
    handle: id === null ? null : handleOf(id),
    cookieName,
    decision: decision?.change.name ?? 'none',
    reason: failure ?? (decision ? reasonOf(decision) : 'no session, and nothing to store'),
  } satisfies RequestDecided);

}

function reasonOf({ change, before, refreshDueIn }: Decision): string {

  switch (change.name) {
    case 'none':
      if (before.kind === 'none') return 'no session, and nothing to store';
      if (before.kind === 'reused') return 'the id is one from before a renewal, and there is nothing to store';
      if (before.kind === 'retired') return 'the id was moved or ended a moment ago, and there is nothing to store';
      return `unchanged; the next refresh is due in ${Math.max(0, Math.ceil(refreshDueIn))} s`;
    case 'touch': return 'unchanged; a refresh was due';
    case 'create': return `${change.texts.size} keys for a new session`;
    case 'update': return `changed: ${change.set.size} keys set, ${change.unset.length} removed`;
    case 'regenerate': return { asked: 'the handler asked for a new id', user: 'a user signed in', binding: 'its values named a user already', renewal: 'the id was old' }[change.reason];
    case 'replace': return 'the user has changed';
    case 'destroy': return 'the session was cleared, or nothing was left in it';
    case 'refuse': return 'the session had ended or moved before the request began';
  }

}
