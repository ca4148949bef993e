import { allSessions, endSession } from '@curveball/session';
import type { OpenedStore } from '@curveball/session/open';
import type { Cli } from '../cli.js';
import { duration, shownDuration } from '../durations.js';
import { CommandError, EXIT } from '../exit-codes.js';
import { interruptible } from '../interruption.js';
import { counted } from '../output.js';

interface Options {
  readonly store?: string;
  readonly yes?: boolean;
  readonly anonymous?: boolean;
  /** Seconds. */
  readonly idle?: number;
}

/** Ends sessions that no one seems to need. */
export function purge(cli: Cli): void {

  cli.endingCommand('purge', 'End sessions of visitors who have not signed in, or that were not used for some time, or both at once.')
    .option('--anonymous', 'only sessions without a user: all, if the application does not have the option user')
    .option('--idle <duration>', 'only sessions that were not used for so long: a number and a unit, 45s, 30m, 12h, 7d or 2w', duration)
    .action(async (options: Options) => {
      const { anonymous, idle } = options;
      if (!anonymous && idle === undefined) throw new CommandError('Say which sessions: with --anonymous, --idle, or both', EXIT.usage);
      await cli.with(cli.address(options.store), async store => {
        if (!options.yes) {
          const which = `${counted(await numberOf(store, options), anonymous ? 'anonymous session' : 'session')}${idle === undefined ? '' : ` not used for ${shownDuration(idle)}`}`;
          await cli.confirm(`End ${which}?${anonymous ? await withoutUsers(store) : ''}`, options);
        }
        await end(cli, store, options);
      });
    });

}

/** Without the option `user`, visitors who have signed in are anonymous, too. */
async function withoutUsers(store: OpenedStore): Promise<string> {

  const { live = 0, ofUsers = 0 } = await store.countSessions?.() ?? {};
  return live > 0 && ofUsers === 0 ? ' No session has a user: without the option user of session(), this ends those of visitors who have signed in, too.' : '';

}

/** The handles of the sessions that the options name. */
async function* chosen(store: OpenedStore, { anonymous, idle }: Options, signal?: AbortSignal): AsyncGenerator<string> {

  const now = Date.now() / 1000;
  for await (const { handle, user, seenAt } of allSessions(store)) {
    signal?.throwIfAborted();
    // Of a session whose store does not know when it was used, no one can say that it was not.
    if ((anonymous && user !== null) || (idle !== undefined && !(seenAt !== null && now - seenAt >= idle))) continue;
    yield handle;
  }

}

async function numberOf(store: OpenedStore, options: Options): Promise<number> {

  let number = 0;
  for await (const _ of chosen(store, options)) number++;
  return number;

}

async function end(cli: Cli, store: OpenedStore, options: Options): Promise<void> {

  let ended = 0;
  await interruptible(cli.surroundings, async ({ signal }) => {
    for await (const handle of chosen(store, options, signal)) {
      // Its visitor may have signed in since it was listed.
      if (options.anonymous && (await store.infoByHandle?.(handle))?.user) continue;
      if (await endSession(store, handle)) ended++;
    }
    cli.output.result({ ended }, `${counted(ended, 'session')} ended`);
  }, () => `The purge was interrupted: ${counted(ended, 'session')} ended. The same command ends the others`);

}
