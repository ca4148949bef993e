import { OTHER_LINE } from '../shared/records.js';
import { script } from './redis-client.js';
import { ENDS_AT, FINISH, HAS_ENDED, INFO, NOW, READ, READ_HEADER } from './redis-lua.js';
import { REPLACED } from './redis-record.js';

/*
 * The scripts for those who run the store: they list records, and give and take whole
 * ones. See redis-scripts.ts.
 */

/**
 * Answers the first line of the record and as much of the next one as tells whether
 * it is a session, the length of all but the first line, and the time.
 */
export const LISTED = script(`
${NOW}
${READ_HEADER}
local length = redis.call('STRLEN', KEYS[1])
local line = stop and redis.call('GETRANGE', KEYS[1], stop, stop + ${OTHER_LINE.length - 1}) or ''
return { { string.sub(header, 1, stop or 0) .. line, length - (stop or 0) + 1 }, now }
`);

/**
 * Ends a session, whatever its id, as if it had moved.
 *
 * Arguments: token. Words: gone, lost. Answers the info and the record, too.
 */
export const TAKE = script(`
local token, mark, reason = ARGV[1], '${REPLACED}', ''
${NOW + READ}
if version == token then return { 'lost', now } end
if ${HAS_ENDED} or not string.find(record, '^%d+ %d+ [%w_-]+ %w+ ') then return { 'gone', now } end
${FINISH}
return { 'done', now, ${INFO} or '', record }
`);

/**
 * Writes a record, if there is none.
 *
 * Arguments: hash, token, lifetime, the milliseconds since the last use, `info` and
 * packed texts; then the milliseconds for which a former id is still remembered, and
 * its hash, for each. Word: taken.
 */
export const PUT_RECORD = script(`
local hash, token, lifetime, idle, packed = unpack(ARGV, 1, 5)
${NOW + ENDS_AT}
local former = ''
for at = 6, #ARGV, 2 do former = former .. string.format('%.0f', now + ARGV[at]) .. ARGV[at + 1] end
local used_at = string.format('%.0f', math.max(now - idle, 1e12))
local record = ends_at .. ' ' .. used_at .. ' ' .. hash .. ' ' .. token .. ' ' .. former .. ' ' .. packed
if redis.call('SET', KEYS[1], record, 'NX', 'PXAT', ends_at) then return now end
return { 'taken', now }
`);

/** Without keys: the server's time in milliseconds, and how many keys it has. */
export const SERVER = script(`
${NOW}
return { now, redis.call('DBSIZE') }
`);
