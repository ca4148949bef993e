import { createHmac } from 'node:crypto';
import { openedWithId, sealedForId } from './sealed-for-id.js';

/*
 * The secret from which the tokens of a session's forms are derived. It is itself
 * derived from the id, so the store need not keep it. When the library, and not a
 * handler, gives the session another id, the store keeps the secret, sealed for
 * the new id: forms that were served before stay valid.
 */

const PURPOSE = 'form';

const PURPOSE_BEFORE = 'form before';

/** The secrets of a session's forms, as its record has them. */
export interface KeptFormSecret {
  /** Sealed for the current id, if the session got that id unasked. */
  readonly form?: string | undefined;
  /** The same for the id before. */
  readonly formBefore?: string | undefined;
}

/** An id, with the info of its session. */
interface WithId {
  readonly id: string;
  readonly info?: { readonly details: object & KeptFormSecret } | undefined;
}

/** Derives the secret of an id. No one can derive the id from it. */
export function formSecret(id: string): string {

  return createHmac('sha256', id).update('@curveball/session form secret').digest('base64url');

}

/** Returns the secret of a session that may have had another id before. */
export function formSecretOf({ id, info }: WithId): string {

  return openedWithId(id, PURPOSE, info?.details.form) ?? formSecret(id);

}

/** Returns the secret that a session had under its former id, for a request that sends that id. */
export function formSecretBefore({ id, info }: WithId): string {

  return openedWithId(id, PURPOSE_BEFORE, info?.details.formBefore) ?? formSecret(id);

}

/** Returns the details that keep the secret for the session's next id. */
export function keptFormSecret(session: WithId, newId: string): KeptFormSecret {

  const secret = formSecretOf(session);
  // Under the session's first id, the secret is derived from that id.
  const formBefore = session.info?.details.form === undefined ? undefined : sealedForId(session.id, PURPOSE_BEFORE, secret);
  return { form: sealedForId(newId, PURPOSE, secret), formBefore };

}
