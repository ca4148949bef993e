import { MemoryStore, type MemoryStoreOptions } from '../../src/index.js';

export const NOW = 1_800_000_000;

/** A memory store whose time is set by hand. */
export function storeAt(options: MemoryStoreOptions = {}): { clock: { now: number }; store: MemoryStore } {

  const clock = { now: NOW };
  return { clock, store: new MemoryStore({ ...options, now: () => clock.now }) };

}

/** Values as the texts that a store keeps. */
export function texts(values: Record<string, unknown>): Map<string, string> {

  return new Map(Object.entries(values).map(([key, value]) => [key, JSON.stringify(value)]));

}

/** The change that sets these values. */
export function set(values: Record<string, unknown>): { set: Map<string, string>; unset: string[] } {

  return { set: texts(values), unset: [] };

}
