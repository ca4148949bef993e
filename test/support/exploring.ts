import { once } from 'node:events';
import { after, test as nodeTest } from 'node:test';
import { isMainThread, parentPort, Worker } from 'node:worker_threads';

/*
 * Tests that run tens of thousands of schedules. node:test tracks every promise
 * of its thread, and with source maps every stack is slow to read: together
 * they double the time. So these tests run in a second thread, without either.
 */

/** The part of a test's context that its schedules need. */
export interface Notes {
  diagnostic(text: string): void;
}

interface Outcome {
  readonly diagnostics: readonly string[];
  readonly error?: unknown;
}

const explorations: Array<(notes: Notes) => Promise<void>> = [];

/** Enough for what one schedule leaves behind, so that little of it is copied. */
const YOUNG_MEGABYTES = 64;

let thread: Worker | undefined;

/** As `test` of `node:test`, in the file's second thread. */
export function test(name: string, explore: (notes: Notes) => Promise<void>): void {

  const index = explorations.push(explore) - 1;
  if (isMainThread) nodeTest(name, t => askThread(index, t));

}

async function askThread(index: number, notes: Notes): Promise<void> {

  thread ??= new Worker(process.argv[1], { execArgv: [], resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MEGABYTES } });
  thread.postMessage(index);
  const [{ diagnostics, error }] = await once(thread, 'message') as [Outcome];
  for (const text of diagnostics) notes.diagnostic(text);
  if (error !== undefined) throw error;

}

if (isMainThread) {
  after(() => thread?.terminate());
} else {
  // One line of a stack says which assertion failed; more take a fifth of the time.
  Error.stackTraceLimit = 1;
  parentPort?.on('message', async (index: number) => {
    parentPort?.postMessage(await outcomeOf(explorations[index]));
  });
}

async function outcomeOf(explore: (notes: Notes) => Promise<void>): Promise<Outcome> {

  const diagnostics: string[] = [];
  try {
    await explore({ diagnostic: text => { diagnostics.push(text); } });
    return { diagnostics };
  } catch (error) {
    return { diagnostics, error };
  }

}
