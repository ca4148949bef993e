import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { answers, stopped } from './child.js';

/** Starts a process that sends requests; each has the cookie of one of the sessions whose ids are in a file. */
export function startClients(idsIn) {

  const child = fork(fileURLToPath(new URL('./load.js', import.meta.url)));
  const answer = answers(child, 'The clients');
  let file = idsIn;
  return {
    send: load => {
      child.send({ ...load, idsIn: file });
      file = undefined;
      return answer();
    },
    stop: () => stopped(child),
  };

}
