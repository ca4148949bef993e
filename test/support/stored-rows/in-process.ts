import { MemoryStore, type SessionStore, type SessionValues } from '../../../src/index.js';
import { newSessionId } from '../../../src/id/session-id.js';
import { ExpressStore } from '../../../src/stores/express-store.js';
import { damage } from './corpus.js';
import { type Engine, PACKED, PLAIN_JSON } from './rows.js';

export function memory(): Engine {

  let store: MemoryStore;
  // biome-ignore lint/suspicious/noExplicitAny: private members of the store
  const entryOf = (id: string): any => store.store.get(id);
  return {
    name: 'MemoryStore',
    open: async () => {
      store = new MemoryStore();
      return {
        store,
        read: (id, column) => column === 'data' ? entryOf(id).packed : JSON.stringify([entryOf(id).kept.info.user, entryOf(id).kept.info.details]),
        write: (id, column, value) => {
          const entry = entryOf(id);
          if (column === 'entry') store.store.set(id, value as never);
          else if (column === 'data') entry.packed = value;
          else if (column === 'ends_at') entry[0] = value;
          else entry.kept.info = value;
        },
      };
    },
    close: () => store.close(),
    format: PACKED,
    data: 'data',
    columns: {
      data: [damage('a number', 5, 'unreadable'), damage('nothing', undefined, 'unreadable')],
      entry: [damage('no tuple', 5, 'gone'), damage('null', null, 'gone'), damage('an empty one', [], 'gone')],
      info: [
        { of: 'of another user', make: (_, { other }) => ({ user: other, details: '{"created":1,"renewed":1}' }), outcome: 'any' },
        { of: 'without details', make: (_, { user }) => ({ user }), outcome: 'unreadable' },
      ],
      ends_at: [
        damage('NaN', Number.NaN, 'gone'), damage('a time before all times', -1, 'gone'), damage('null', null, 'gone'),
        damage('a text', '99999999999', 'gone'), damage('a time without end', Number.POSITIVE_INFINITY, 'unreadable'),
        damage('a time in milliseconds', Date.now() + 3_600_000, 'unreadable'), damage('the year 9999', Date.UTC(9999, 0) / 1000, 'unreadable'),
      ],
    },
  };

}

type Callback = (error?: unknown, session?: unknown) => void;

/** A store for express-session that keeps JSON. */
class JsonExpressStore {

  readonly sessions = new Map<string, string>();

  get(sid: string, callback: Callback): void {
    callback(null, JSON.parse(this.sessions.get(sid) ?? 'null'));
  }

  set(sid: string, session: unknown, callback: Callback): void {
    this.sessions.set(sid, JSON.stringify(session));
    callback(null);
  }

  destroy(sid: string, callback: Callback): void {
    this.sessions.delete(sid);
    callback(null);
  }

}

export function express(): Engine {

  const inner = new JsonExpressStore();
  // Its key is a hash of the id that only the store knows: the last row is meant.
  const keys = new Map<string, string>();
  const store = new ExpressStore(inner);
  const keyOf = async (id: string) => {
    if (!keys.has(id)) {
      const get = inner.get;
      inner.get = (sid, callback) => {
        keys.set(id, sid);
        callback(null, null);
      };
      await store.get(id);
      inner.get = get;
    }
    return keys.get(id) as string;
  };
  return {
    name: 'ExpressStore',
    open: async () => ({
      store,
      read: async id => JSON.parse(inner.sessions.get(await keyOf(id)) as string).values,
      write: async (id, column, value) => {
        const key = await keyOf(id);
        const session = JSON.parse(inner.sessions.get(key) as string);
        if (column === 'expires') session.cookie.expires = value;
        else session[column] = value;
        inner.sessions.set(key, column === 'row' ? value as string : JSON.stringify(session));
      },
    }),
    format: PLAIN_JSON,
    data: 'values',
    tooLarge: 'unreadable',
    columns: {
      values: [damage('null', null, 'unreadable'), damage('an object', { userId: 'bob' }, 'unreadable'), damage('a number', 5, 'unreadable'), damage('the JSON null', 'null', 'unreadable')],
      row: [
        damage('null', 'null', 'gone'), damage('no JSON', '{', 'unreadable'), damage('a session of express-session', '{"cookie":{},"userId":"bob"}', 'unreadable'),
        damage('a list', '[]', 'unreadable'), damage('a text', '"x"', 'unreadable'), damage('a number', '1', 'unreadable'),
      ],
      expires: [
        damage('no time', 'x', 'gone'), damage('nothing', '', 'gone'), damage('a time before all times', -1, 'gone'),
        // The next request writes another.
        damage('the year 9999', '9999-01-01T00:00:00.000Z', 'served'), damage('a time in microseconds', Date.now() * 1000, 'served'),
      ],
      cookie: [damage('a text', 'x', 'served'), damage('null', null, 'served')],
    },
  };

}

/** Four methods and JSON, as applications write them. */
class JsonStore implements SessionStore {

  readonly texts = new Map<string, string>();

  get(id: string): SessionValues | null {
    return JSON.parse(this.texts.get(id) ?? 'null');
  }

  set(id: string, values: SessionValues): void {
    this.texts.set(id, JSON.stringify(values));
  }

  delete(id: string): void {
    this.texts.delete(id);
  }

  newSessionId(): string {
    return newSessionId();
  }

}

export function fourMethods(): Engine {

  const store = new JsonStore();
  return {
    name: 'A store of four methods',
    open: async () => ({
      store,
      read: id => store.texts.get(id) as string,
      write: (id, column, value) => {
        const info = () => JSON.stringify({ ...JSON.parse(store.texts.get(id) as string), '@curveball/session': value });
        store.texts.set(id, column === 'data' ? value as string : info());
      },
    }),
    format: PLAIN_JSON,
    data: 'data',
    // It becomes null, as everywhere in JSON.
    tooLarge: 'served',
    columns: {
      info: [
        damage('null', null, 'unreadable'), damage('a text', 'x', 'unreadable'), damage('an empty list', [], 'unreadable'), damage('a user alone', ['ada'], 'unreadable'),
        damage('a number for a user', [1, '{}'], 'unreadable'), damage('a number for details', ['ada', 1], 'unreadable'), damage('details that are no JSON', ['ada', 'x'], 'unreadable'),
        damage('a deadline that is a text', ['ada', '{"created":1,"renewed":1,"endsAt":"x"}'], 'unreadable'),
      ],
      data: [damage('the JSON null', 'null', 'gone'), damage('the JSON {}', '{}', 'gone')],
    },
  };

}
