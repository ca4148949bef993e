import { createHmac } from 'node:crypto';
import type { About } from '../about/session-about.js';
import { openedWithId, sealedForId } from './sealed-for-id.js';

/*
 * The secret from which the tokens of a session's forms follow. It follows from
 * the id itself, so that it needs no place in the store. Where the library gives
 * the session another id unasked, the secret is kept, sealed for the new one:
 * forms that were served before stay good.
 */

const PURPOSE = 'form';

/** What a store says of a session that has such a secret. */
interface WithId {
  readonly id: string;
  readonly about: About | undefined;
}

/** One way: whoever has the secret does not get back to the id. */
export function formSecret(id: string): string {

  return createHmac('sha256', id).update('@curveball/session form secret').digest('base64url');

}

/** The secret of a session that may have had another id before. */
export function formSecretOf({ id, about }: WithId): string {

  return openedWithId(id, PURPOSE, about?.details.form) ?? formSecret(id);

}

/** The same secret, for the session's next id. */
export function sealedFormSecret(session: WithId, newId: string): string {

  return sealedForId(newId, PURPOSE, formSecretOf(session));

}
