import { fork } from 'node:child_process';
import { once } from 'node:events';

/*
 * A contestant in a process of its own, so that its garbage, its compiled code
 * and what it does to shared classes fall on no other.
 */

/**
 * Starts a module that calls `serve()`.
 *
 * @returns a function that calls one of the module's methods, and one that ends the process
 */
export async function startWorker(url, ...args) {

  const child = fork(url, args, { env: { ...process.env, NODE_ENV: 'production' }, stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  const failed = once(child, 'exit').then(([code]) => { throw new Error(`${url} ${args.join(' ')} ended with ${code}`); });
  failed.catch(() => {});
  const answer = () => Promise.race([once(child, 'message').then(([message]) => message), failed]);
  await answer();
  return {
    call(method, ...args) {
      child.send([method, args]);
      return answer();
    },
    stop() {
      child.disconnect();
    },
  };

}

/** Answers calls from the process that started this one, one after the other. */
export function serve(methods) {

  process.on('message', async ([method, args]) => process.send(await methods[method](...args) ?? null));
  process.on('disconnect', () => process.exit());
  // The other end waits for it.
  process.send('ready');

}
