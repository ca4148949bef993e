/*
 * The least that a session can cost: a middleware for measuring, which nobody
 * can use. It finds, parses, compares and keeps a session, and writes the
 * headers. It checks, expires, merges and protects nothing.
 */
import { randomBytes } from 'node:crypto';

const COOKIE = 'CB=';
const ID_LENGTH = 43;
const ID_BYTES = 32;
const IDS_AT_ONCE = 128;
const SESSION = Symbol('floor');

class Session {

  #values;

  constructor(id, text) {
    this.id = id;
    this.text = text;
  }

  get isUsed() {
    return this.#values !== undefined;
  }

  get values() {
    return this.#values ??= this.text === undefined ? {} : JSON.parse(this.text);
  }

  set values(values) {
    this.#values = values;
  }

}

/** @param Context the class whose objects get `ctx.session` */
export function floor(Context) {

  const sessions = new Map();
  Object.defineProperty(Context.prototype, 'session', {
    get() {
      return this[SESSION].values;
    },
    set(values) {
      this[SESSION].values = values;
    },
  });

  return async (ctx, next) => {
    const cookies = ctx.request.headers.get('cookie');
    const at = cookies === null ? -1 : cookies.indexOf(COOKIE);
    const id = at === -1 ? undefined : cookies.slice(at + COOKIE.length, at + COOKIE.length + ID_LENGTH);
    const session = ctx[SESSION] = new Session(id, id && sessions.get(id));

    await next();

    if (!session.isUsed) return;
    const text = JSON.stringify(session.values);
    const { headers } = ctx.response;
    headers.set('Vary', 'Cookie');
    if (session.text === undefined && text !== '{}') {
      session.id = newId();
      headers.append('Set-Cookie', `${COOKIE}${session.id}; Path=/; HttpOnly; SameSite=Lax`);
      headers.set('Cache-Control', 'no-store');
    } else {
      headers.set('Cache-Control', 'private');
    }
    if (text !== session.text) sessions.set(session.id, text);
  };

}

let pool = Buffer.alloc(0);
let used = 0;

function newId() {

  if (used === pool.length) {
    pool = randomBytes(ID_BYTES * IDS_AT_ONCE);
    used = 0;
  }
  return pool.base64urlSlice(used, used += ID_BYTES);

}
