import type { EndReason, RetiredSession } from '../base/store.js';
import { isMoved, type Side } from './side.js';

/**
 * Finds out what became of a session of which one store has the mark "moved". If it got
 * a new id there, and was then taken over, the other one finds it by its handle alone.
 */
export async function whereabouts(id: string, mark: RetiredSession, { other, from }: { other: Side; from: Side }): Promise<RetiredSession> {

  const { store } = other;
  if (mark.info || !store.statesOf) return mark;
  const handle = other.handleOf(id);
  const [state] = await store.statesOf([handle]);
  if (state?.status === 'retired') {
    const { reason } = state;
    return await isReplaced(id, reason, { other, from }) ? mark : { status: 'retired', moved: false, ...(reason && { reason }) };
  }
  const info = state?.status === 'live' ? await store.infoByHandle?.(handle) : null;
  return info ? { ...mark, info } : mark;

}

/** The end of what was taken over, and of a session whose visitor has another one now, has the same reason as a sign-out. */
async function isReplaced(id: string, reason: EndReason | undefined, { other, from }: { other: Side; from: Side }): Promise<boolean> {

  if (reason !== undefined && reason !== 'signed-out') return false;
  return other === from || isMoved(await other.store.load(other.reservedOf(id)));

}
