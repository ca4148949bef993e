import type { Context } from '@curveball/kernel';
import { known, record, wrong } from '../base/option-checks.js';
import { pathOf } from './csrf-events.js';
import { serializedOrigin } from './request-verdict.js';

/** What `csrf()` takes. */
export interface CsrfOptions {

  /**
   * Other origins whose pages may send requests that change something, each as
   * browsers write it: `https://admin.example.com`. None by default: a page of
   * such an origin can do what the visitor can do.
   */
  trustedOrigins?: readonly string[] | undefined;

  /**
   * Requests that are let through without a check: exact paths, such as
   * `/hooks/payment`, and functions that return true for such a request. For
   * clients other than browsers that prove who they are in another way, such as
   * by a signature.
   */
  exempt?: ReadonlyArray<string | ((ctx: Context) => boolean)> | undefined;

  /**
   * Returns true for requests with `GET`, `HEAD` or `OPTIONS` that are judged
   * like all others, because they change something, or because other sites must
   * not embed their responses (OWASP ASVS 5.0, 3.5.3 and 3.5.8).
   */
  guard?: ((ctx: Context) => boolean) | undefined;

  /**
   * Whether every request that changes something needs the token, even if its
   * headers say that it is the application's own (NIST SP 800-63B-4, 5.1). A
   * WebSocket never does, since a page can't send a token there. Default: false.
   */
  requireToken?: boolean | undefined;

  /**
   * Whether to refuse nothing and only publish what would be refused, for the
   * time before the protection is switched on. Default: false.
   */
  report?: boolean | undefined;

}

/** Options as the middleware uses them. */
export interface CsrfSettings {
  readonly trusted: ReadonlySet<string>;
  readonly isExempt: (ctx: Context) => boolean;
  readonly isGuarded: (ctx: Context) => boolean;
  readonly requireToken: boolean;
  readonly report: boolean;
}

const KNOWN = ['trustedOrigins', 'exempt', 'guard', 'requireToken', 'report'];

/** @throws {TypeError} that names the option, its value and what is allowed */
export function csrfSettingsFrom(options: CsrfOptions): CsrfSettings {

  record('options', options);
  known('option', options, KNOWN);
  const { trustedOrigins = [], exempt = [], guard = () => false, requireToken = false, report = false } = options;
  if (typeof guard !== 'function') throw wrong('guard', guard, 'must be a function');
  for (const [name, value] of Object.entries({ requireToken, report })) {
    if (typeof value !== 'boolean') throw wrong(name, value, 'must be true or false');
  }
  for (const origin of list('trustedOrigins', trustedOrigins)) checkOrigin(origin);
  return { trusted: new Set(trustedOrigins), isExempt: exemption(list('exempt', exempt)), isGuarded: guard, requireToken, report };

}

function list<T>(option: string, value: readonly T[]): readonly T[] {

  if (!Array.isArray(value)) throw wrong(option, value, 'must be an array');
  return value;

}

function checkOrigin(origin: unknown): void {

  if (typeof origin !== 'string' || !/^https?:/.test(origin) || origin.includes('*') || serializedOrigin(origin) !== origin) {
    throw wrong('trustedOrigins', origin, 'must hold origins as browsers write them: https://, a host name in lower case, and a port only if it is not the usual one; no path, no slash at the end, no wildcard');
  }

}

function exemption(entries: NonNullable<CsrfOptions['exempt']>): CsrfSettings['isExempt'] {

  const paths = new Set<string>();
  const functions: Array<(ctx: Context) => boolean> = [];
  for (const entry of entries) {
    if (typeof entry === 'function') functions.push(entry);
    else paths.add(checkedPath(entry));
  }
  // Only `true` itself: a promise would exempt everything.
  return ctx => (
    (paths.size > 0 && paths.has(pathOf(ctx.request) ?? ''))
      || functions.some(isExempt => isExempt(ctx) === true)
  );

}

// A router may accept other spellings of this path, such as another case or a
// slash at the end. Only this one is exempt (CVE-2025-47910).
function checkedPath(path: unknown): string {

  if (typeof path !== 'string' || /[*(){}]|\/:/.test(path) || !isWritten(path)) {
    throw wrong('exempt', path, 'must hold functions and exact paths, as /hooks/payment: no pattern, no query, no dots to be resolved');
  }
  return path;

}

function isWritten(path: string): boolean {

  try {
    return path.startsWith('/') && new URL(`http://localhost${path}`).pathname === path;
  } catch {
    return false;
  }

}
