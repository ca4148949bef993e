import { once } from 'node:events';

/** Returns a function that waits for the next message of a child process, and fails if the process ends. */
export function answers(child, name) {

  const ended = once(child, 'exit').then(([code, signal]) => {
    throw new Error(`${name} ended with ${code ?? signal}`);
  });
  // It may end when no one waits.
  ended.catch(() => {});
  return async () => {
    const asked = new AbortController();
    try {
      const [message] = await Promise.race([once(child, 'message', { signal: asked.signal }), ended]);
      return message;
    } finally {
      asked.abort();
    }
  };

}

/** Ends a child process, and waits for its end. */
export async function stopped(child) {

  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  child.kill('SIGKILL');
  await gone;

}
