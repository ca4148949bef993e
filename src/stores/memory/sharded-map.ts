import { inspect } from 'node:util';

const SHARDS = 256;

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

  /** The small maps, for going through all of them in steps. */
  readonly shards: ReadonlyArray<Map<string, V>>;

  /** @param parts the number of maps for each key; only a subclass uses any but the first */
  constructor(parts = 1) {
    super();
    this.shards = Array.from({ length: parts * SHARDS }, () => new Map<string, V>());
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
    for (const shard of this.shards) shard.clear();
  }

  override get size(): number {
    let size = 0;
    for (const shard of this.shards) size += shard.size;
    return size;
  }

  override *entries(): Entries<V> {
    for (const shard of this.shards) yield* shard.entries();
  }

  override *keys(): Keys {
    for (const shard of this.shards) yield* shard.keys();
  }

  override *values(): Values<V> {
    for (const shard of this.shards) yield* shard.values();
  }

  override [Symbol.iterator](): Entries<V> {
    return this.entries();
  }

  override forEach(callback: (value: V, key: string, map: Map<string, V>) => void, thisArg?: unknown): void {
    for (const [key, value] of this.entries()) callback.call(thisArg, value, key, this);
  }

  /** The entry of each shard of a part that was inserted first. */
  *oldest(part = 0): Generator<[string, V]> {
    for (const shard of this.shards.slice(part * SHARDS, (part + 1) * SHARDS)) {
      const first = shard.entries().next();
      if (!first.done) yield first.value;
    }
  }

  /** Without this, `console.log` would show the empty map that this one extends. */
  [inspect.custom](): Map<string, V> {
    return new Map(this.entries());
  }

  // The last characters of a random id choose its shard, without a hash of the whole.
  protected shard(key: string, part = 0): Map<string, V> {
    // A `Map` has nothing under a key of another type, and does not complain.
    if (typeof key !== 'string') return this.shards[part * SHARDS] as Map<string, V>;
    const end = key.length - 1;
    const mixed = Math.imul(key.charCodeAt(end), 0x9E3779B1)
      ^ Math.imul(key.charCodeAt(end - 1), 0x85EBCA77)
      ^ Math.imul(key.charCodeAt(end - 2), 0xC2B2AE3D);
    return this.shards[part * SHARDS + (mixed >>> 24)] as Map<string, V>;
  }

}
