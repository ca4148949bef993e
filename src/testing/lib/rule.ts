import type { Scene } from './scene.js';

/** One sentence of the contract, and how it is tried out. */
export interface Rule {
  readonly sentence: string;
  /** Rejects with what the store did instead. */
  readonly check: (scene: Scene) => Promise<void>;
  /** Seconds that it lets pass once, together with the other rules that wait as long. */
  readonly waits?: number;
  /** True if it can't be tried out at the same time as others. */
  readonly alone?: boolean;
}
