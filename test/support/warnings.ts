import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { setImmediate } from 'node:timers/promises';
import type { SessionWarning } from '../../src/index.js';

/** The warnings of the package during a task: on the channel, and the same as warnings of the process. */
export async function warningsOf(task: () => unknown): Promise<SessionWarning[]> {

  const warnings: SessionWarning[] = [];
  const emitted: SessionWarning[] = [];
  const onChannel = (message: unknown) => { warnings.push(message as SessionWarning); };
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
  if (JSON.stringify(warnings) !== JSON.stringify(emitted)) throw new Error(`the channel said ${JSON.stringify(warnings)} and the process ${JSON.stringify(emitted)}`);
  return warnings;

}

/** A cookie name that no test before has used: each reason is given only once. */
export function newName(): string {

  return `CB${++names}`;

}

let names = 0;
