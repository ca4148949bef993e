/** What a backend says that is broken on purpose. */
export class BackendError extends Error {}

/**
 * A client, or another thing that a store is made with, whose calls fail once
 * some have been carried out.
 *
 * @param commands how many are carried out, or what counts them
 * @param names the methods that are commands; others always work
 * @param fail what they do then, with the arguments of the call: by default they return a promise that is rejected
 */
export function failing<T extends object>(
  target: T, commands: number | { left: number }, names: readonly string[], fail: (args: unknown[]) => unknown = () => Promise.reject(new BackendError('broken')),
): T {

  const counter = typeof commands === 'number' ? { left: commands } : commands;
  const around = (object: object): object => new Proxy(object, {
    get(_, name) {
      const member: unknown = Reflect.get(object, name, object);
      if (typeof member !== 'function') return member;
      return (...args: unknown[]) => {
        if (names.includes(String(name)) && counter.left-- <= 0) return fail(args);
        const answer: unknown = member.apply(object, args);
        // The statements of SQLite.
        return name === 'prepare' ? around(answer as object) : answer;
      };
    },
  });
  return around(target) as T;

}

/** The same for what fails at once, such as SQLite. A transaction that has failed is always rolled back. */
export function failingDatabase<T extends { exec(sql: string): unknown }>(database: T, commands: number): T {

  const broken = failing(database, commands, ['exec', 'get', 'all', 'run'], () => {
    throw new BackendError('broken');
  });
  return new Proxy(broken, {
    get: (_, name) => name === 'exec' ? (sql: string) => (sql === 'ROLLBACK' ? database : broken).exec(sql) : Reflect.get(broken, name),
  });

}
