import type { FoundSession } from '../../src/index.js';

/** What a store says of an ended or moved session, without the reason, for tests of other things. */
export function markOf(found: FoundSession | null): unknown {

  return found?.status === 'retired' ? { status: found.status, moved: found.moved } : found;

}
