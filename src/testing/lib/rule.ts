import type { Scene } from './scene.js';

/** One sentence of the contract, and how it is tried out. */
export interface Rule {
  readonly sentence: string;
  /** Fails with what the store did instead. */
  readonly check: (scene: Scene) => Promise<void>;
  /** The seconds that it lets pass once, together with the other rules that wait as long. */
  readonly waits?: number;
  /** Says that it can't be tried out beside others. */
  readonly alone?: boolean;
}
