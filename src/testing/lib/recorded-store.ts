import { isThenable } from '../../base/awaitable.js';
import type { SessionStore, SessionTexts } from '../../base/store.js';
import type { Journal } from './journal.js';

const METHODS: ReadonlySet<unknown> = new Set([
  'get', 'set', 'delete', 'newSessionId', 'load', 'create', 'update', 'touch', 'end', 'move', 'take',
  'sessionsOf', 'endSessionsOf', 'statesOf', 'endAllSessions', 'sessionPage', 'countSessions', 'ping', 'endByHandle', 'recordPage', 'putRecord', 'takeRecord',
]);

/** Returns the same store, which writes each call into a journal when it is answered. */
export function recorded(store: SessionStore, name: string, journal: Journal): SessionStore {

  return new Proxy(store, {
    get(_, property) {
      const member: unknown = Reflect.get(store, property, store);
      if (typeof member !== 'function') return member;
      const method = member.bind(store);
      return METHODS.has(property) ? recordedMethod(method, name, String(property), journal) : method;
    },
  });

}

function recordedMethod(
  method: (...args: readonly unknown[]) => unknown, name: string, property: string, journal: Journal,
): (...args: readonly unknown[]) => unknown {

  return (...args) => {
    const call = journal.call(name, property, args);
    const answered = (answer: unknown) => {
      if (property === 'newSessionId') journal.name(answer);
      journal.add(`${call} → ${journal.show(readable(answer))}`);
      return answer;
    };
    const failed = (error: unknown) => {
      journal.add(`${call} threw ${error}`);
      throw error;
    };
    try {
      const answer = method(...args);
      return isThenable(answer) ? answer.then(answered, failed) : answered(answer);
    } catch (error) {
      return failed(error);
    }
  };

}

/** Returns an answer whose texts can be shown: they may be an object that can only be read like a Map. */
function readable(answer: unknown): unknown {

  const texts: unknown = (answer as { texts?: unknown } | null | undefined)?.texts;
  const isLikeAMap = !(texts instanceof Map) && typeof (texts as SessionTexts | undefined)?.entries === 'function';
  return isLikeAMap ? { ...answer as object, texts: new Map((texts as SessionTexts).entries()) } : answer;

}
