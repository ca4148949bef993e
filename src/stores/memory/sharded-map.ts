import { inspect } from 'node:util';

const SHARDS = 256;

/** The keys of one shard, in their order. */
interface Sorted {
  readonly index: number;
  readonly keys: readonly string[];
}

const NOT_SORTED: Sorted = { index: -1, keys: [] };

/** A copy of it has no holes, so that it is faster to read than a new array. */
const NONE: readonly undefined[] = Array.from({ length: SHARDS }, () => undefined);

/*
 * The types that a `Map` returns, by names that older compilers also know:
 * `MapIterator` came with TypeScript 5.6.
 */
type Entries<V> = ReturnType<Map<string, V>['entries']>;
type Keys = ReturnType<Map<string, unknown>['keys']>;
type Values<V> = ReturnType<Map<string, V>['values']>;

/**
 * A `Map` with string keys that never stops the program for long.
 *
 * A `Map` moves all its entries to a new table when it grows or shrinks: at a
 * million entries that takes up to 50 ms. This one is 256 small ones, of which
 * one at a time does that. Its order is that of its shards, and within a shard
 * that of insertion.
 */
export class ShardedMap<V> extends Map<string, V> {

  /** Each is made when it is first used: most programs have several stores of few entries. */
  readonly #shards: Array<Map<string, V> | undefined>;

  /** The shard that was sorted last: each page of a list would sort it again. */
  #sorted = NOT_SORTED;

  /** @param parts the number of maps for each key; only a subclass uses any but the first */
  constructor(parts: 1 | 2 = 1) {
    super();
    this.#shards = parts === 1 ? NONE.slice() : [...NONE, ...NONE];
  }

  /** The small maps that exist, for going through all of them in steps. */
  *shards(): Generator<Map<string, V>, void> {
    for (const shard of this.#shards) if (shard) yield shard;
  }

  override get(key: string): V | undefined {
    return this.shard(key).get(key);
  }

  override has(key: string): boolean {
    return this.shard(key).has(key);
  }

  override set(key: string, value: V): this {
    this.shard(key).set(key, value);
    return this;
  }

  override delete(key: string): boolean {
    return this.shard(key).delete(key);
  }

  override clear(): void {
    for (const shard of this.shards()) shard.clear();
  }

  override get size(): number {
    let size = 0;
    for (const shard of this.#shards) if (shard) size += shard.size;
    return size;
  }

  override *entries(): Entries<V> {
    for (const shard of this.shards()) yield* shard.entries();
  }

  override *keys(): Keys {
    for (const shard of this.shards()) yield* shard.keys();
  }

  override *values(): Values<V> {
    for (const shard of this.shards()) yield* shard.values();
  }

  override [Symbol.iterator](): Entries<V> {
    return this.entries();
  }

  override forEach(callback: (value: V, key: string, map: Map<string, V>) => void, thisArg?: unknown): void {
    for (const [key, value] of this.entries()) callback.call(thisArg, value, key, this);
  }

  /** The entry of each shard of a part that was inserted first. */
  *oldest(part = 0): Generator<[string, V]> {
    for (let index = part * SHARDS; index < (part + 1) * SHARDS; index++) {
      const first = this.#shards[index]?.entries().next();
      if (first && !first.done) yield first.value;
    }
  }

  /** Without this, `console.log` would show the empty map that this one extends. */
  [inspect.custom](): Map<string, V> {
    return new Map(this.entries());
  }

  /**
   * The keys after a key, in an order that no change affects: that of the shards, and
   * within a shard that of the keys. What was added since an earlier call has come to
   * that shard may be missing. Only for a map of one part.
   *
   * @param key need not exist; `''` comes before all
   */
  *keysAfter(key: string): Generator<string, void> {
    const start = key === '' ? 0 : indexOf(key);
    for (let index = start; index < SHARDS; index++) {
      const shard = this.#shards[index] ?? new Map<string, V>();
      const goesOn = key !== '' && index === start;
      // What goes on has sorted this shard when it came here, or others have sorted it since.
      if (!goesOn || this.#sorted.index !== index) this.#sorted = { index, keys: [...shard.keys()].sort() };
      const { keys } = this.#sorted;
      for (let at = goesOn ? placeAfter(key, keys) : 0; at < keys.length; at++) {
        if (shard.has(keys[at] as string)) yield keys[at] as string;
      }
    }
    this.#sorted = NOT_SORTED;
  }

  protected shard(key: string, part = 0): Map<string, V> {
    // A `Map` has nothing under a key of another type, and does not complain.
    return this.#shard(part * SHARDS + (typeof key === 'string' ? indexOf(key) : 0));
  }

  #shard(index: number): Map<string, V> {
    return this.#shards[index] ??= new Map();
  }

}

/** The last characters of a random id choose its shard, without a hash of the whole. */
function indexOf(key: string): number {

  const end = key.length - 1;
  const mixed = Math.imul(key.charCodeAt(end), 0x9E3779B1)
    ^ Math.imul(key.charCodeAt(end - 1), 0x85EBCA77)
    ^ Math.imul(key.charCodeAt(end - 2), 0xC2B2AE3D);
  return mixed >>> 24;

}

/** Returns the index of the first key after another one. */
function placeAfter(key: string, sorted: readonly string[]): number {

  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((sorted[middle] as string) > key) high = middle;
    else low = middle + 1;
  }
  return low;

}
