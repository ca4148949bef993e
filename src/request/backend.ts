import type { HttpContext } from '../base/http.js';
import type { AtomicSessionStore } from '../base/store.js';
import type { Visit } from '../steps/save.js';
import type { Answering, CookieWriters } from './write-headers.js';

/** What all requests of one middleware share. */
export interface Backend extends CookieWriters {
  readonly sameSite: boolean | string | undefined;
  readonly cookiePath: string;
  /** The beginning of paths that a proxy removes; without a slash at its end. */
  readonly basePath: string;
  /** The option `store`, or its adapter: the same for all middlewares that share one. */
  readonly origin: AtomicSessionStore;
  /** Whether reading the session in a request is no use of it; undefined if no request is such. */
  readonly isPassive: ((http: HttpContext) => boolean) | undefined;
  /** Makes the object that handles the forms of a request. */
  readonly formsOf: (request: WithForms) => Forms;
  /** Makes the object that handles what a request keeps beside its session. */
  readonly besideOf: (request: WithBeside) => Beside;
}

/** The forms of a request, which `csrf/` implements. */
export interface Forms {
  /** Whether the request brought a cookie of a form. */
  readonly isCarried: boolean;
  /** The secret of the form that the request was sent from, if any. */
  readonly sentFrom: string | undefined;
  /** Writes the cookies of forms. Returns whether there were any. */
  write(isBesideSession: boolean): boolean;
  /** Reports that no new session was stored, because its cookie could have replaced one that the browser withheld. */
  publishWithheld(): void;
}

/** What a request keeps in the store beside its session, with cookies of its own. `flash/` implements it. */
export interface Beside {
  /** Stores it, after the session. */
  store(): Promise<void>;
  /** Writes its cookies. Returns whether there were any. */
  write(): boolean;
}

/** The part of a request that its forms need. */
export interface WithForms extends Visit {
  readonly http: HttpContext;
  readonly shared: Backend;
}

/** The part of a request that what it keeps beside its session needs. */
export interface WithBeside extends WithForms, Answering {
  readonly shared: Backend;
  dependsOn: Answering['dependsOn'];
}
