import { ENTRY_LENGTH, MOST_LENGTH, TIME_LENGTH } from '../shared/former-ids.js';
import { REMEMBERED } from '../shared/mark-lifetimes.js';
import { FORMER, HASH, LATEST, VERSION } from './redis-record.js';

/*
 * What the scripts have in common, as pieces of Lua.
 */

export const NOW = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
`;

/** The deadline is the first argument. */
export const IN_TIME = `
if now > tonumber(ARGV[1]) then return { 'late', now } end
`;

export const ENDS_AT = `
local ends_at = math.min(now + lifetime, ${LATEST}) .. ''
`;

export const READ = `
local record = redis.call('GET', KEYS[1])
if not record then return { 'gone', now } end
local current = string.sub(record, ${HASH + 1}, ${VERSION - 1})
local version = string.sub(record, ${VERSION + 1}, ${FORMER - 1})
`;

/** A condition after READ: the session has ended. */
export const HAS_ENDED = `string.sub(current, 1, 1) == '.'`;

export const FORMER_IDS = `
local former = string.match(record, '^[^ \\n]*', ${FORMER + 1})
`;

/** The info of the session, as packInfo() has written it; nil if it has none. */
export const INFO = `string.match(record, '^[^ \\n]* ([^ \\n]+)', ${FORMER + 1})`;

/** The former ids, with the current one in front of them. */
export const RETIRE = `${FORMER_IDS}
local newest = tonumber(string.sub(former, 1, ${TIME_LENGTH}))
local others = newest and newest > now and string.sub(former, 1, ${MOST_LENGTH - ENTRY_LENGTH}) or ''
local until_then = now + ${REMEMBERED} .. ''
local retired = until_then .. current .. others
`;

/**
 * The expiry is set first: that needs no memory, and a server that is full does not
 * refuse what follows in the same script. The key stays: if it were missing in a
 * slot that is moving to another node of a cluster, it could not be written here.
 */
export const FINISH = `${RETIRE}
redis.call('PEXPIREAT', KEYS[1], until_then)
redis.call('SET', KEYS[1], until_then .. ' ' .. now .. ' ' .. mark .. ' ' .. token .. ' ' .. retired .. reason .. '\\n', 'PXAT', until_then)
`;

/** Enough for nearly all headers; the name of a user can have any length. */
export const HEADER_LENGTH = 8192;

/** Reads `header`, in which `stop` is the end of the first line, if there is one. The values after it may be a thousand times as long. */
export const READ_HEADER = `
local header = redis.call('GETRANGE', KEYS[1], 0, ${HEADER_LENGTH - 1})
local stop = string.find(header, '\\n', 1, true)
if not stop and #header == ${HEADER_LENGTH} then
  header = redis.call('GET', KEYS[1])
  stop = string.find(header, '\\n', 1, true)
end`;
