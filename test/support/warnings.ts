import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { setImmediate } from 'node:timers/promises';
import type { SessionWarning } from '../../src/index.js';

/** What a task makes the package warn of: on the channel, and the same as warnings of the process. */
export async function warningsOf(task: () => unknown): Promise<SessionWarning[]> {

  const told: SessionWarning[] = [];
  const emitted: SessionWarning[] = [];
  const onChannel = (message: unknown) => { told.push(message as SessionWarning); };
  const onWarning = (warning: Error) => {
    emitted.push({ code: (warning as Error & { code: string }).code, message: warning.message });
  };
  // Warnings of the process come a tick later: those from before, too.
  await setImmediate();
  subscribe('curveball:session:warning', onChannel);
  process.on('warning', onWarning);
  try {
    await task();
    await setImmediate();
  } finally {
    unsubscribe('curveball:session:warning', onChannel);
    process.off('warning', onWarning);
  }
  if (JSON.stringify(told) !== JSON.stringify(emitted)) throw new Error(`the channel said ${JSON.stringify(told)} and the process ${JSON.stringify(emitted)}`);
  return told;

}

/** A cookie name that no test before has had: each reason is given only once. */
export function newName(): string {

  return `CB${++names}`;

}

let names = 0;
