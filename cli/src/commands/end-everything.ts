import { countSessions, UserSessions } from '@curveball/session';
import { shown } from '../address.js';
import type { Cli } from '../cli.js';
import { interruptibleEnd } from '../interruption.js';
import { counted } from '../output.js';

/** Ends every session in a store. */
export function endEverything(cli: Cli): void {

  cli.endingCommand('end-everything', 'End every session of every visitor.')
    .action(async (options: { store?: string; yes?: boolean }) => {
      const address = cli.address(options.store);
      await cli.with(address, async store => {
        const { live, isExact } = await countSessions(store);
        const number = `${isExact ? '' : 'about '}${counted(live, 'session')}`;
        await cli.confirm(`End every session in ${shown(address)}, which are ${number}?`, options);
        await interruptibleEnd(cli.surroundings, () => new UserSessions(store).endEverything());
        cli.output.result({ store: shown(address), ended: live, isExact }, `Every session in ${shown(address)} has ended: ${number}`);
      });
    });

}
