import type { SessionEndReason } from '../base/errors.js';

/** Waits for the end of a session. */
export interface Watcher {

  ended(reason: SessionEndReason): void;

  /** Whether nothing can be waiting any more, so that the watcher is to be forgotten. */
  readonly isGone?: boolean;

}

/** A session on which streams or sockets of this process depend. Times are in milliseconds of `performance.now()`. */
export class OpenSession {

  /** The current handle. */
  handle: string;
  /** The current id, if the store can't be asked by handle. */
  id: string | undefined;
  /** When it ends if it is not used, as far as is known. */
  endsAt: number;
  /** When the store was last asked. */
  askedAt = -Infinity;
  isOver = false;
  readonly watchers = new Set<Watcher>();
  #formerHandles: string[] | undefined;

  constructor(handle: string, id: string | undefined, endsAt: number) {

    this.handle = handle;
    this.id = id;
    this.endsAt = endsAt;

  }

  /** All handles by which it may be ended. */
  get handles(): readonly string[] {
    return [this.handle, ...this.#formerHandles ?? []];
  }

  moved(newHandle: string): void {

    this.#formerHandles = [...this.handles];
    this.handle = newHandle;

  }

}
