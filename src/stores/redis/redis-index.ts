import { REVOKED_FOR } from '../shared/mark-lifetimes.js';
import { userHash } from '../shared/user-hash.js';
import { type RedisCommands, run, type Script, script } from './redis-client.js';
import { LATEST } from './redis-record.js';

/*
 * Which sessions a user has: a sorted set for each user, of the handles of the
 * sessions, each with the Unix time in milliseconds until which it is kept. One
 * more member is the mark of the latest revocation. It is kept for a day, so its
 * score also tells the time of the revocation. Each write removes members whose
 * time is over, and the key expires with the last of its members.
 *
 * When a session ends, its entry is removed a moment later. If that fails, the
 * next list finds out.
 *
 * An entry only tells where to look: a session lives or ends without it.
 * The key of everyone has only a mark.
 */

/** The member that is the mark: no handle has a star. */
const MARK = '*';

/** The most entries in one command. */
export const PAGE = 200;

/** A session that a user has or had, and until when the entry is kept, as Redis wrote it. */
export interface IndexEntry {
  readonly handle: string;
  readonly score: string;
}

/**
 * To a microsecond, since events within a millisecond have an order, too. The
 * removal needs no memory, and after it a server that is full refuses no command
 * of the same script: sessions can still be ended.
 */
const NOW = `
local time = redis.call('TIME')
local now = time[1] * 1000 + time[2] / 1000
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
`;

const EXPIRE = `
local last = redis.call('ZRANGE', KEYS[1], -1, -1, 'WITHSCORES')
if last[2] then redis.call('PEXPIREAT', KEYS[1], string.format('%.0f', math.min(math.ceil(last[2]), ${LATEST}))) end
`;

const MARKED_AT = `
local mark = redis.call('ZSCORE', KEYS[1], '${MARK}')
local marked_at = mark and string.format('%.3f', mark - ${REVOKED_FOR})
`;

/** Arguments: handle, and the milliseconds for which its entry is kept. Answers the time; the time of the mark, and whether the entry is new. */
const ENTER = script(`
${NOW}
local added = redis.call('ZADD', KEYS[1], 'GT', string.format('%.0f', math.min(now + ARGV[2], ${LATEST})), ARGV[1])
${EXPIRE + MARKED_AT}
return { string.format('%.3f', now), { marked_at, added } }
`);

/** Answers the time; the time of the mark. */
const READ_MARK = script(`
${NOW + MARKED_AT}
return { string.format('%.3f', now), marked_at }
`);

/** Answers the time; all members. */
const LIST = script(`
${NOW}
return { string.format('%.3f', now), redis.call('ZRANGE', KEYS[1], 0, -1, 'WITHSCORES') }
`);

/** Arguments: a handle that gets an entry, or none. Answers the time; all members. */
const REVOKE = script(`
${NOW}
local score = string.format('%.3f', now + ${REVOKED_FOR})
redis.call('ZADD', KEYS[1], score, '${MARK}')
if ARGV[1] then redis.call('ZADD', KEYS[1], 'GT', score, ARGV[1]) end
${EXPIRE}
return { string.format('%.3f', now), redis.call('ZRANGE', KEYS[1], 0, -1, 'WITHSCORES') }
`);

/** Arguments: handles, each with the score that it must still have, or ''. Answers the time. */
const DROP = script(`
${NOW}
for at = 1, #ARGV, 2 do
  local score = ARGV[at + 1]
  if score == '' or redis.call('ZSCORE', KEYS[1], ARGV[at]) == score then redis.call('ZREM', KEYS[1], ARGV[at]) end
end
${EXPIRE}
return { string.format('%.3f', now), false }
`);

/**
 * Arguments: the handle of a session that has ended, and the time until which no
 * other session can have taken its place. Answers the time.
 */
const FORGET = script(`
${NOW}
if now < tonumber(ARGV[2]) then
  redis.call('ZREM', KEYS[1], ARGV[1])
  ${EXPIRE}
end
return { string.format('%.3f', now), false }
`);

/** Finds the sessions of users; null means everyone. */
export class RedisIndex {

  readonly #redis: RedisCommands;
  readonly #prefix: string;
  readonly #observe: (time: number, askedAt: number) => void;

  /** @param observe receives the server's time, in Unix milliseconds, and the moment of the question */
  constructor(redis: RedisCommands, prefix: string, observe: (time: number, askedAt: number) => void) {
    this.#redis = redis;
    this.#prefix = prefix;
    this.#observe = observe;
  }

  /**
   * Enters a session, or keeps its entry for longer.
   *
   * @param kept milliseconds for which the entry is kept
   * @returns when the user's sessions were revoked, and whether the entry was
   *   missing, both in the same step
   */
  async enter(user: string, handle: string, kept: number): Promise<{ revokedAt: number | null; isNew: boolean }> {

    const [markedAt, added] = await this.#run(ENTER, user, [handle, String(kept)]) as [unknown, unknown];
    return { revokedAt: timeOf(markedAt), isNew: Number(added) === 1 };

  }

  /** When sessions were revoked, in Unix milliseconds by the server's clock; null for never. */
  async revokedAt(user: string | null): Promise<number | null> {

    return timeOf(await this.#run(READ_MARK, user, []));

  }

  /** Returns all entries. Their sessions may be over, or have another user by now. */
  async list(user: string): Promise<IndexEntry[]> {

    return entries(await this.#run(LIST, user, []));

  }

  /**
   * Leaves the mark of a revocation, and returns all entries, in one step.
   *
   * @param except the handle of a session that is spared, which gets an entry
   */
  async revoke(user: string | null, except?: string): Promise<IndexEntry[]> {

    return entries(await this.#run(REVOKE, user, except === undefined ? [] : [except]));

  }

  /** Removes entries that have not been renewed since they were read. */
  async drop(user: string, dropped: readonly IndexEntry[]): Promise<void> {

    if (dropped.length > 0) await this.#run(DROP, user, dropped.flatMap(({ handle, score }) => [handle, score]));

  }

  /**
   * Removes the entry of a session that has ended.
   *
   * @param until when its mark lasts, in Unix milliseconds by the server's clock:
   *   later, the handle may have another session
   */
  async forget(user: string, handle: string, until: number): Promise<void> {

    await this.#run(FORGET, user, [handle, String(until)]);

  }

  async #run(script: Script, user: string | null, args: string[]): Promise<unknown> {

    const askedAt = performance.now();
    const [time, answer] = await run(this.#redis, script, `${this.#prefix}user:${user === null ? '*' : userHash(user)}`, args) as [unknown, unknown];
    this.#observe(Number(time), askedAt);
    return answer;

  }

}

function timeOf(answer: unknown): number | null {

  return answer === null ? null : Number(answer);

}

function entries(answer: unknown): IndexEntry[] {

  const list = answer as string[];
  const found = [];
  for (let at = 0; at < list.length; at += 2) found.push({ handle: String(list[at]), score: String(list[at + 1]) });
  return found.filter(({ handle }) => handle !== MARK);

}
