import type { OpenedStore } from '@curveball/session/open';
import { CommandError, EXIT } from '../exit-codes.js';
import { OTHER_RECORD } from './copier.js';

/*
 * `copy --keep` leaves a record in the new store that says so. What a later copy would
 * find there is as old as that: sessions that were changed since, and sessions that
 * have ended since, of which the old store knows nothing any more.
 */

/** The id of the record. It opens no session, since the record is none. */
const ID = `copied${'0'.repeat(53)}`;

/** Seconds for which the record lives: a year. */
const LIFETIME = 365 * 86_400;

const text = (state: 'under way' | 'finished') => new Map([[OTHER_RECORD, JSON.stringify(`copy --keep, ${state}`)]]);

/**
 * Makes sure that the new store has no sessions of an earlier `copy --keep`. One that
 * was killed may go on.
 *
 * @throws {CommandError} if it has
 */
export async function refuseStale(to: OpenedStore, keeps: boolean): Promise<void> {

  const found = await to.load(ID);
  if (found?.status !== 'live' || (keeps && found.texts.get(OTHER_RECORD)?.includes('under way'))) return;
  throw new CommandError('The new store has sessions of an earlier copy with --keep, which may have changed or ended in the old store since. '
    + 'Begin with an empty one: drop its table, or choose another prefix. --force goes on with what is there', EXIT.usage);

}

/** Records that a copy with `--keep` begins or has finished. */
export async function noteRehearsal(to: OpenedStore, state: 'under way' | 'finished'): Promise<void> {

  if (!await to.create(ID, text(state), { lifetime: LIFETIME })) await to.update(ID, { set: text(state), unset: [] }, { lifetime: LIFETIME });

}
