import type { SessionEnd } from '@curveball/session';

const reasons: Record<SessionEnd, string> = {
  'expired': 'You were away for too long, so you have been signed out.',
  'signed-out': 'You have signed out in another tab.',
  'revoked': 'You have been signed out from another device.',
  'limit': 'You have signed in on too many other devices, so you have been signed out here.',
  'moved': 'Your session has changed in another tab. Please load this page again.',
};

/** @param reason as in `ctx.sessionEnded`: without one, it is not known any more */
export function whySignedOut(reason: SessionEnd | null | undefined): string {

  return reason ? reasons[reason] : 'You are no longer signed in.';

}
