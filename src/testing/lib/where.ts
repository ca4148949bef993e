import type { AtomicSessionStore } from '../../base/store.js';
import type { CheckedStore } from './checked-store.js';
import type { Scene } from './scene.js';

/*
 * For rules about optional capabilities: on a store without them, they pass.
 */

type Check = (scene: Scene) => Promise<void>;

/** For stores that keep the info of sessions. */
export const whereItKeepsInfo = (check: Check): Check => where(({ keepsInfo }) => keepsInfo, check);

/** For stores that know the public name of a session. */
export const whereItHasHandles = (check: Check): Check => where(({ hasHandles }) => hasHandles, check);

/** For stores that keep one record for each handle. */
export const whereHandlesAreUnique = (check: Check): Check => where(({ uniqueHandles }) => uniqueHandles, check);

/** For stores that index by user. */
export const whereItFindsUsers = (check: Check): Check => where(({ isIndexing }) => isIndexing, check);

/** For stores that find the info of a session by its handle. */
export const whereItTellsByHandle = (check: Check): Check => where(({ tellsByHandle }) => tellsByHandle, check);

/** For stores that say what has become of sessions, by their handles. */
export const whereItTellsStates = (check: Check): Check => where(({ tellsStates }) => tellsStates, check);

/** For stores that have an optional method. */
export const whereItHas = (method: keyof AtomicSessionStore, check: Check): Check => where(store => store.can(method), check);

/** For stores whose marks keep the reason of an end. */
export const whereItKeepsReasons = (check: Check): Check => async scene => {
  const id = await scene.session();
  await scene.a.end(id, { reason: 'revoked' });
  const found = await scene.a.load(id);
  if (found?.status === 'retired' && found.reason !== undefined) await check(scene);
};

function where(has: (store: CheckedStore) => boolean, check: Check): Check {

  return async scene => {
    if (has(scene.a)) await check(scene);
  };

}
