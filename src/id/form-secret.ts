import { createHmac } from 'node:crypto';
import type { Info, SessionDetails } from '../info/session-details.js';
import { openedWithId, sealedForId } from './sealed-for-id.js';

/*
 * The secret from which the tokens of a session's forms follow. It follows from
 * the id itself, so that it needs no place in the store. Where the library gives
 * the session another id unasked, the secret is kept, sealed for the new one:
 * forms that were served before stay good.
 */

const PURPOSE = 'form';

const PURPOSE_BEFORE = 'form before';

/** An id, with what the store says about its session. */
interface WithId {
  readonly id: string;
  readonly info?: Info | undefined;
}

/** One way: whoever has the secret does not get back to the id. */
export function formSecret(id: string): string {

  return createHmac('sha256', id).update('@curveball/session form secret').digest('base64url');

}

/** The secret of a session that may have had another id before. */
export function formSecretOf({ id, info }: WithId): string {

  return openedWithId(id, PURPOSE, info?.details.form) ?? formSecret(id);

}

/** The secret that a session had under its former id, for a request that sends that id. */
export function formSecretBefore({ id, info }: WithId): string {

  return openedWithId(id, PURPOSE_BEFORE, info?.details.formBefore) ?? formSecret(id);

}

/** The details that keep the secret under the session's next id. */
export function keptFormSecret(session: WithId, newId: string): Pick<SessionDetails, 'form' | 'formBefore'> {

  const secret = formSecretOf(session);
  // From its first id it follows by itself.
  const formBefore = session.info?.details.form === undefined ? undefined : sealedForId(session.id, PURPOSE_BEFORE, secret);
  return { form: sealedForId(newId, PURPOSE, secret), formBefore };

}
