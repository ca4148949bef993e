/** The message of an error, and of those that caused it, unless it repeats them: that of a store says only that it failed. */
export function withCauses({ message, cause, errors: [first] = [] }: Error & { readonly errors?: readonly Error[] }): string {

  // A connection that was tried over several IP addresses has an error for each, and no message.
  const own = message || first?.message || '';
  // What caused it says no more than the hint.
  if (!(cause instanceof Error) || hinted(own) !== own) return hinted(own);
  const causes = withCauses(cause);
  // The cause may have been shortened to this.
  const [begin = ''] = causes.split('…');
  return message.includes(begin) ? message : `${own}: ${causes}`;

}

/** Says what to do with the command, where a message says what to do in an application, or nothing. */
export function hinted(message: string): string {

  return message
    .replace(', or make a client with sentinels in the application', '')
    .replace('one of these: memory:, ', 'one of these: ')
    .replace(/setup(\(\)|…) makes it/, '"curveball-session setup" makes it')
    .replace(/no such table: [\w.]+$/, found => `${found}. "curveball-session setup" makes it`);

}

/** Returns a store that does the same, and reports each call that fails. */
export function watched<Store extends object>(store: Store, onFailure: () => void): Store {

  const reported = (error: unknown) => {
    onFailure();
    throw error;
  };
  return new Proxy(store, {
    get: (target, name) => {
      const member: unknown = Reflect.get(target, name, target);
      if (typeof member !== 'function') return member;
      return (...args: unknown[]) => {
        try {
          const answer: unknown = member.apply(target, args);
          return answer instanceof Promise ? answer.catch(reported) : answer;
        } catch (error) {
          return reported(error);
        }
      };
    },
  });

}
