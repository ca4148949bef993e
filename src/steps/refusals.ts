import { SessionEndedError } from '../base/errors.js';

/** The error of a change whose session had gone. */
export function tooLate(): SessionEndedError {

  return new SessionEndedError('The session had ended or had a new id before this request could change it');

}

/** The error of a sign-in during which the user's sessions were ended: OWASP ASVS 5.0, 7.4.2. */
export function revoked(): SessionEndedError {

  return new SessionEndedError('The sessions of this user were ended while this request was under way');

}

/** The error of a sign-in whose session was ended by another sign-in before it was answered. */
export function overtaken(): SessionEndedError {

  return new SessionEndedError('The session of this sign-in was ended while it began, most likely by another sign-in of its user');

}
