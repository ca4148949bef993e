import { SessionEndedError } from '../base/errors.js';

/** Makes the error for a change of a session that has ended or moved. */
export function tooLate(): SessionEndedError {

  return new SessionEndedError('The session had ended or had a new id before this request could change it');

}

/** Makes the error for a sign-in during which the user's sessions were ended (OWASP ASVS 5.0, 7.4.2). */
export function userSessionsEnded(): SessionEndedError {

  return new SessionEndedError('The sessions of this user were ended while this request was under way');

}

/** Makes the error for a sign-in whose session was ended by another sign-in before the response. */
export function endedByOtherSignIn(): SessionEndedError {

  return new SessionEndedError('The session of this sign-in was ended while it began, most likely by another sign-in of its user');

}
