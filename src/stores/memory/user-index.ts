import { ShardedMap } from './sharded-map.js';

/** Which ids each user has, in memory. */
export class UserIndex {

  readonly #ids = new ShardedMap<Set<string>>();

  add(user: string, id: string): void {

    const ids = this.#ids.get(user);
    if (ids) ids.add(id);
    else this.#ids.set(user, new Set([id]));

  }

  delete(user: string, id: string): void {

    const ids = this.#ids.get(user);
    if (ids?.delete(id) && ids.size === 0) this.#ids.delete(user);

  }

  /** The current ids of a user. */
  of(user: string): string[] {

    return [...this.#ids.get(user) ?? []];

  }

  clear(): void {

    this.#ids.clear();

  }

  /** How many users have an id. */
  get size(): number {

    return this.#ids.size;

  }

}
