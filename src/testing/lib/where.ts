import type { CheckedStore } from './checked-store.js';
import type { Scene } from './scene.js';

/*
 * For rules of what a store need not have: on one that has it not, they pass.
 */

type Check = (scene: Scene) => Promise<void>;

/** Where the store keeps what a session is. */
export const whereItKeepsInfo = (check: Check): Check => where(({ keepsInfo }) => keepsInfo, check);

/** Where it can tell the public name of a session. */
export const whereItHasHandles = (check: Check): Check => where(({ hasHandles }) => hasHandles, check);

/** Where it finds the sessions of a user. */
export const whereItFindsUsers = (check: Check): Check => where(({ isIndexing }) => isIndexing, check);

/** Where it tells what a session is by its handle. */
export const whereItTellsByHandle = (check: Check): Check => where(({ tellsByHandle }) => tellsByHandle, check);

function where(has: (store: CheckedStore) => boolean, check: Check): Check {

  return async scene => {
    if (has(scene.a)) await check(scene);
  };

}
