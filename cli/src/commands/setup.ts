import { openStore } from '@curveball/session/open';
import { shown } from '../address.js';
import type { Cli } from '../cli.js';

/** Makes the table. */
export function setup(cli: Cli): void {

  cli.storeCommand('setup', 'Make the table, if it is missing, and try out whether it can keep sessions.')
    .action(async options => {
      const address = cli.address(options.store);
      const store = await openStore(address);
      await store.close();
      cli.output.result({ store: shown(address) }, `${shown(address)} can keep sessions`);
    });

}
