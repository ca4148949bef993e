import type { EndReason, PutTerms, RecordPage, SessionCount, SessionRecord, StorePing } from '../../base/store.js';
import { estimate } from '../shared/counting.js';
import type { EngineOperations, EnginePage, PageRow } from '../shared/engine.js';
import { pack } from '../shared/packed-texts.js';
import { asked } from '../shared/ping.js';
import { newInfoOf, OTHER_LINE, readable } from '../shared/records.js';
import { requestBegan } from '../shared/request-age.js';
import { type IoredisClient, mastersOf, type NodeRedisClient, runOn } from './redis-client.js';
import { handlePage } from './redis-masters.js';
import { HASH, packInfo, readListed, readRecord } from './redis-record.js';
import { isThere, milliseconds, type RedisRecords } from './redis-records.js';
import { scanning, wholePrefix } from './redis-scan.js';
import { LISTED, PUT_RECORD, SERVER } from './redis-transfer.js';
import { inPages, noneIfForeign, type RedisUsers } from './redis-users.js';

/** The keys that are looked at for an estimate, on all servers together. */
const ENOUGH = 10_000;

/** The keys that a server looks at in one step of a count. */
const COUNT = 1000;

/** Lists and counts all sessions, and gives and takes whole records. */
export class RedisOperations implements EngineOperations<'later'> {

  readonly #client: NodeRedisClient | IoredisClient;
  readonly #records: RedisRecords;
  readonly #users: RedisUsers;

  constructor(client: NodeRedisClient | IoredisClient, records: RedisRecords, users: RedisUsers) {
    this.#client = client;
    this.#records = records;
    this.#users = users;
  }

  async page(after: string, limit: number): Promise<EnginePage> {

    const { handles, master, next } = await handlePage(this.#client, this.#records.prefix, { after, limit });
    const rows = await this.#rows(master, handles);
    return { rows, next: count => next(rows.slice(count).map(({ handle }) => handle)) };

  }

  async records(handles: readonly string[]): Promise<Omit<RecordPage, 'next'>> {

    const values = await Promise.all(handles.map(handle => noneIfForeign(this.#records.getWithTime(handle), null)));
    const now = this.#records.clock.now();
    return readable(handles.flatMap((handle, index) => {
      const value = values[index];
      return isThere(value) && !value.startsWith('.', HASH) ? [{ handle, read: () => readRecord(value, handle, now) }] : [];
    }));

  }

  async putRecord(record: SessionRecord, terms: PutTerms): Promise<boolean> {

    const { handle, hash, former, texts, info, idle, remaining } = record;
    const began = requestBegan(newInfoOf(record, terms));
    const packed = info ? packInfo(info) + pack(texts) : pack(texts);
    const ids = former.filter(id => id.remaining > 0).flatMap(id => [milliseconds(id.remaining), id.hash]);
    // Before the session: its visitor has its id, and if this process dies in between, its user must find it.
    await this.#users.enter(handle, remaining, info);
    const args = [hash, this.#records.token(), milliseconds(remaining), milliseconds(idle ?? 0), packed, ...ids];
    if (await this.#records.run(PUT_RECORD, handle, args) !== 'done') return false;
    return !await this.#users.isRevoked(handle, remaining, info, began);

  }

  async takeRecord(handle: string): Promise<SessionRecord | null> {

    const value = await noneIfForeign(this.#records.take(handle), null);
    return value === null ? null : readRecord(value, handle, this.#records.clock.now());

  }

  async endByHandle(handle: string, reason: EndReason | undefined): Promise<boolean> {

    return (await this.#users.endAll([handle], reason)).length > 0;

  }

  /** The server has removed what has expired. */
  async count(isExact: boolean): Promise<SessionCount> {

    const masters = await mastersOf(this.#client);
    const counts = await Promise.all(masters.map(master => this.#countOn(master, isExact ? Infinity : ENOUGH / masters.length)));
    const sum = (of: 'live' | 'ofUsers') => counts.reduce((all, count) => all + count[of], 0);
    return { live: sum('live'), ofUsers: sum('ofUsers'), expired: 0, isExact: counts.every(count => count.isExact) };

  }

  /** Of a cluster, all masters are asked. */
  async ping(): Promise<StorePing> {

    const answers = await Promise.all((await mastersOf(this.#client)).map(master => asked(async () => {
      const [time] = await runOn(master, SERVER) as [unknown];
      return Number(time);
    })));
    const [farthest] = answers.toSorted((one, other) => Math.abs(other.clockDifference) - Math.abs(one.clockDifference));
    return { roundTrip: Math.max(...answers.map(({ roundTrip }) => roundTrip)), clockDifference: farthest?.clockDifference ?? null, selfTest: null };

  }

  /** @param most how many keys to look at */
  async #countOn(master: unknown, most: number): Promise<SessionCount> {

    const scan = scanning(this.#client, master, this.#records.prefix, { among: most === Infinity ? 'sessions' : 'all', count: COUNT });
    const sum = { live: 0, ofUsers: 0, expired: 0 };
    let keys = 0;
    let cursor: string | null = '0';
    while (cursor !== null && keys < most) {
      const page = await scan(cursor);
      cursor = page.cursor;
      keys += page.keys;
      for (const { session } of await this.#rows(master, page.handles)) {
        if (session) sum.live++;
        if (typeof session?.user === 'string') sum.ofUsers++;
      }
    }
    if (cursor === null) return { ...sum, isExact: true };
    const [, all] = await runOn(master, SERVER) as [unknown, unknown];
    return estimate(sum, Math.min(1, keys / Number(all)));

  }

  /** Reads what is listed of records. Those that are not live are left out. */
  async #rows(master: unknown, handles: readonly string[]): Promise<PageRow[]> {

    const rows: PageRow[] = [];
    for (const page of inPages(handles)) {
      const found = await this.#listed(master, page);
      const now = this.#records.clock.now();
      for (const [index, handle] of page.entries()) {
        const [header, bytes] = found[index] ?? [];
        if (!isThere(header) || header === '' || header.startsWith('.', HASH)) continue;
        const size = Number(bytes);
        rows.push({ handle, size, session: header.endsWith(`\n${OTHER_LINE}`) ? null : readListed(header, handle, { size, now }) });
      }
    }
    return rows;

  }

  /**
   * Asks a server for a page of records, and again for each that it refuses, by the client,
   * which finds out where the slot of a cluster has moved to, or reports the error.
   */
  async #listed(master: unknown, handles: readonly string[]): Promise<unknown[][]> {

    const askedAt = performance.now();
    const prefix = wholePrefix(this.#client, this.#records.prefix);
    const [found, time] = await runOn(master, LISTED, [prefix, ...handles]) as [unknown[], unknown];
    this.#records.observe(time, askedAt);
    return Promise.all(handles.map((handle, index) => (
      found[2 * index] === null ? noneIfForeign(this.#records.listed(handle), []) : found.slice(2 * index, 2 * index + 2)
    )));

  }

}
