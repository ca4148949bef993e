import { countSessions, pingStore } from '@curveball/session';
import { shown } from '../address.js';
import type { Cli } from '../cli.js';
import { hinted } from '../errors.js';
import { count } from '../output.js';

/** Says how many sessions there are, and whether the store is well. */
export function stats(cli: Cli): void {

  cli.storeCommand('stats', 'Say how many sessions there are, and whether the store is well.')
    .option('--exact', 'look at every session, however many there are')
    .action(async ({ store: given, exact = false }: { store?: string; exact?: boolean }) => {
      const address = cli.address(given);
      await cli.with(address, async store => {
        const { roundTrip, clockDifference, selfTest, problem: said } = await pingStore(store);
        const problem = said === undefined ? null : cli.output.safe(said);
        const counted = await countSessions(store, { exact });
        const about = counted.isExact ? '' : 'about ';
        cli.output.result({ store: shown(address), ...counted, roundTripSeconds: roundTrip, clockDifferenceSeconds: clockDifference, selfTest, problem }, [
          shown(address),
          `${about}${count(counted.live)} live sessions${counted.isExact ? '' : ', by a part of them: --exact looks at all'}`,
          `${about}${count(counted.ofUsers)} of them of users`,
          `${about}${count(counted.expired)} expired ones that wait for a clean-up`,
          `answers within ${(roundTrip * 1000).toFixed(1)} ms${clock(clockDifference)}`,
          ...(problem === null ? [] : [`can't keep sessions: ${hinted(problem)}`]),
        ].join('\n'));
      });
    });

}

function clock(difference: number | null): string {

  return difference === null ? '' : `, with a clock that differs by ${Math.abs(difference).toFixed(1)} s`;

}
