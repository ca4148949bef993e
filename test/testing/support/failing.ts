/** The error of a backend that is broken on purpose. */
export class BackendError extends Error {}

/**
 * A client, or any other backend of a store, whose calls fail after
 * some have been executed.
 *
 * @param commands how many are executed, or a counter that the test shares
 * @param names the methods that count as commands; others always work
 * @param fail called instead of them then, with their arguments: by default it returns a rejected promise
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

/** The same for a synchronous backend, such as SQLite. A failed transaction is always rolled back. */
export function failingDatabase<T extends { exec(sql: string): unknown }>(database: T, commands: number): T {

  const broken = failing(database, commands, ['exec', 'get', 'all', 'run'], () => {
    throw new BackendError('broken');
  });
  return new Proxy(broken, {
    get: (_, name) => name === 'exec' ? (sql: string) => (sql === 'ROLLBACK' ? database : broken).exec(sql) : Reflect.get(broken, name),
  });

}
