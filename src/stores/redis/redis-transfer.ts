import { OTHER_LINE } from '../shared/records.js';
import { script } from './redis-client.js';
import { ENDS_AT, FINISH, HAS_ENDED, HEADER_LENGTH, INFO, NOW, READ } from './redis-lua.js';
import { REPLACED } from './redis-record.js';

/*
 * The scripts for those who run the store: they list records, and give and take whole
 * ones. See redis-scripts.ts.
 */

/**
 * Without keys, since those of a cluster have different slots: a server is asked for the
 * records that it has.
 *
 * Arguments: what keys begin with, and handles. Answers the time, and for each record
 * the first line and as much of the next one as tells whether it is a session, then the
 * length of all but the first line. Both are empty for a key of another type.
 */
export const LISTED = script(`
${NOW}
local answer = { now }
for at = 2, #ARGV do
  local key = ARGV[1] .. ARGV[at]
  local header = redis.pcall('GETRANGE', key, 0, ${HEADER_LENGTH - 1})
  if type(header) ~= 'string' then header = '' end
  local stop = string.find(header, '\\n', 1, true)
  if not stop and #header == ${HEADER_LENGTH} then
    header = redis.call('GET', key)
    stop = string.find(header, '\\n', 1, true)
  end
  local line = stop and redis.call('GETRANGE', key, stop, stop + ${OTHER_LINE.length - 1}) or ''
  local length = stop and redis.call('STRLEN', key) or 0
  answer[#answer + 1] = string.sub(header, 1, stop or 0) .. line
  answer[#answer + 1] = length - (stop or 0) + 1
end
return answer
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
