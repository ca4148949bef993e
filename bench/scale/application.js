import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { answers, stopped } from './child.js';

const PROGRAM = fileURLToPath(new URL('./app.js', import.meta.url));

/** Starts an application process on the store of an address. */
export async function startApplication(address, driver = 'redis') {

  const child = fork(PROGRAM, { env: { ...process.env, STORE: address, DRIVER: driver } });
  const answer = answers(child, 'The application');
  const { port } = await answer();
  return {
    port,
    /** The CPU time that it has used, in microseconds. */
    cpu: async () => {
      child.send({});
      return (await answer()).cpu;
    },
    /** Creates sessions, without requests; returns their ids. */
    create: async count => {
      child.send({ create: count });
      return (await answer()).ids;
    },
    stop: () => stopped(child),
  };

}
