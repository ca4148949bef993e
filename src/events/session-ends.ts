import type { EndReason } from '../base/store.js';

/** Learns at once which sessions this process has ended or moved. */
export interface EndsObserver {

  /** @param handles of sessions that have ended; null if any may have */
  ended(handles: readonly string[] | null, reason: EndReason): void;

  /** @param newHandle the same as `handle` if the store keeps handles */
  moved(handle: string, newHandle: string, newId: string): void;

}

/** Those who watch sessions in this process, for instance for an open stream; usually none. */
export const endsObservers = new Set<EndsObserver>();

export function reportEnds(handles: readonly string[] | null, reason: EndReason): void {

  for (const observer of endsObservers) observer.ended(handles, reason);

}

export function reportMove(handle: string, newHandle: string, newId: string): void {

  for (const observer of endsObservers) observer.moved(handle, newHandle, newId);

}
