import type { EndReason, SessionState } from '../../base/store.js';
import { REMEMBERED } from './mark-lifetimes.js';

const REASONS: readonly unknown[] = ['signed-out', 'revoked', 'limit'] satisfies EndReason[];

/** The reason that a mark has; undefined for any other text: a mark need not have one. */
export function reasonIn(text: string | undefined): EndReason | undefined {

  return REASONS.includes(text) ? text as EndReason : undefined;

}

/** A record, as far as it matters for what has become of its session. */
interface RecordState {
  /** Whether it is the mark of a session that has ended. */
  readonly isMark: boolean;
  /** The milliseconds that are left to the session or mark. */
  readonly left: number;
  /** That of the mark. */
  readonly reason?: EndReason | undefined;
}

/** Says what has become of the session of a record. */
export function stateIn({ isMark, left, reason }: RecordState): SessionState | null {

  if (!isMark) return left > 0 ? { status: 'live', remaining: left / 1000 } : { status: 'expired' };
  // As in isFormer(): a mark that would exist for far too long is from before the clock was set back.
  if (!(left > 0 && left <= 2 * REMEMBERED)) return null;
  return reason ? { status: 'retired', reason } : { status: 'retired' };

}
