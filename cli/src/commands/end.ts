import { endSession } from '@curveball/session';
import type { Cli } from '../cli.js';
import type { OpenedStore } from '@curveball/session/open';
import { CommandError } from '../exit-codes.js';

/** Ends one session. */
export function end(cli: Cli): void {

  cli.endingCommand('end <handle>', 'End one session, whoever\'s it is: "list" shows the handles.')
    .action(async (handle: string, options: { store?: string; yes?: boolean }) => {
      await cli.with(cli.address(options.store), async store => {
        await cli.confirm(`End the session ${handle}${await whose(store, handle)}?`, options);
        if (!await endSession(store, handle)) throw new CommandError(`There is no live session with the handle ${handle}`);
        cli.output.result({ ended: 1 }, 'The session has ended');
      });
    });

}

async function whose(store: OpenedStore, handle: string): Promise<string> {

  const info = await store.infoByHandle?.(handle);
  return !info ? '' : info.user === null ? ', which has no user' : ` of the user ${info.user}`;

}
