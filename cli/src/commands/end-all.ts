import { UserSessions } from '@curveball/session';
import type { Cli } from '../cli.js';
import { interruptibleEnd } from '../interruption.js';
import { counted } from '../output.js';

/** Ends the sessions of a user. */
export function endAll(cli: Cli): void {

  cli.endingCommand('end-all <user>', 'End all sessions of a user, whom "list" shows, too. A sign-in that is under way is refused.')
    .action(async (user: string, options: { store?: string; yes?: boolean }) => {
      await cli.with(cli.address(options.store), async store => {
        const users = new UserSessions(store);
        const { length } = await users.list(user);
        await cli.confirm(`End ${counted(length, 'session')} of the user ${user}?`, options);
        const ended = await interruptibleEnd(cli.surroundings, () => users.endAll(user));
        cli.output.result({ ended }, `${counted(ended, 'session')} ended`);
      });
    });

}
