import type { HttpContext } from '../base/http.js';
import type { Session } from '../session/session.js';
import type { Visit } from '../steps/save.js';
import type { CookieWriters } from './write-headers.js';

/** What all requests of one middleware share. */
export interface Backend extends CookieWriters {
  /**
   * Whether a session that the handler did not ask for is not stored where its
   * cookie could replace one that the browser has kept back.
   */
  readonly refusesForeignSessions: boolean;
  readonly sameSite: boolean | string | undefined;
  readonly cookiePath: string;
  /** Makes what looks after the forms of a request. */
  readonly formsOf: (request: WithForms) => Forms;
}

/** The forms of a request: `csrf/` has them. */
export interface Forms {
  /** Whether the request brought a cookie of a form. */
  readonly isCarried: boolean;
  /** The secret of the form that the request was sent from, if it was sent from one. */
  readonly sentFrom: string | undefined;
  /** Writes the cookies of forms, and says whether there were any. */
  write(isBesideSession: boolean): boolean;
  /** Reports that no new session was stored, since its cookie could have replaced one that the browser did not send. */
  publishWithheld(): void;
}

/** What the forms of a request need of it. */
export interface WithForms {
  readonly http: HttpContext;
  readonly shared: Backend;
  readonly session: Session;
  readonly visit: Visit;
}
