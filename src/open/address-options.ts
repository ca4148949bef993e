import { wrong } from '../base/option-checks.js';
import { checkIdentifier } from '../stores/shared/store-options.js';

/**
 * Checks the value of an option. A driver would take a wrong one for something else,
 * or refuse it when it connects, in words of its own.
 *
 * @throws {TypeError} that names the option, its value and what is allowed
 */
export type OptionCheck = (name: string, value: string) => unknown;

/** Options, by their names as an address has them. */
export interface Options {
  readonly [name: string]: OptionCheck;
}

/** For what only the driver or the server knows. */
export const anything: OptionCheck = () => {};

export const identifier = (most: number): OptionCheck => (name, value) => checkIdentifier(name, value, most);

export const text = matching(/./s, 'must be a text that is not empty');

export const number = matching(/^\d{1,10}$/, 'must be a whole number');

export const boolean = oneOf('true', 'false');

export function matching(form: RegExp, allowed: string): OptionCheck {

  return (name, value) => {
    if (!form.test(value)) throw wrong(name, value, allowed);
  };

}

export function oneOf(...values: readonly string[]): OptionCheck {

  return (name, value) => {
    if (!values.includes(value)) throw wrong(name, value, `must be ${values.slice(0, -1).join(', ')} or ${values.at(-1)}`);
  };

}

/** What `pg` makes of `ssl` is TLS for any other text, `false` among them. */
const SSL_OF_PG = oneOf('true', '1', '0', 'no-verify');

export const OPTIONS_OF_PG: Options = {
  host: anything, port: number, user: anything, password: anything,
  ssl: SSL_OF_PG, sslmode: oneOf('disable', 'prefer', 'require', 'verify-ca', 'verify-full', 'no-verify'),
  sslcert: anything, sslkey: anything, sslrootcert: anything, sslnegotiation: oneOf('postgres', 'direct'), uselibpqcompat: boolean,
  application_name: anything, fallback_application_name: anything, options: anything, client_encoding: anything,
  statement_timeout: number, lock_timeout: number, query_timeout: number, idle_in_transaction_session_timeout: number,
};

const sslOfMysql2: OptionCheck = (name, value) => {

  try {
    const parsed: unknown = value === 'Amazon RDS' ? {} : JSON.parse(value);
    if (parsed === false || (typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed))) return;
  } catch {
    // It is no JSON.
  }
  // Without the value, which may be a key, or have one.
  throw new TypeError(`${name} must be false, Amazon RDS, or an object as JSON, such as {"rejectUnauthorized":true}`);

};

export const OPTIONS_OF_MYSQL2: Options = {
  ssl: sslOfMysql2, charset: text, timezone: matching(/^(local|Z|[ +-]\d\d:\d\d)$/, 'must be local, Z, or like +02:00'),
  socketPath: text, localAddress: text, flags: anything,
  compress: boolean, insecureAuth: boolean, enableCleartextPlugin: boolean, connectTimeout: number, enableKeepAlive: boolean,
  keepAliveInitialDelay: number, maxPreparedStatements: number, disableEval: boolean, gracefulEnd: boolean, connectionLimit: number,
  maxIdle: number, idleTimeout: number, queueLimit: number, waitForConnections: boolean, resetOnRelease: boolean,
};
