import { OTHER_LINE } from '../shared/records.js';
import { script } from './redis-client.js';
import { ENDS_AT, FINISH, HAS_ENDED, HEADER_LENGTH, INFO, NOW, READ } from './redis-lua.js';
import { REPLACED } from './redis-record.js';

/*
 * The scripts for those who run the store: they list records, and give and take whole
 * ones. See redis-scripts.ts.
 */

/**
 * Of one record, with its key; or of those that a server has, without keys, since those
 * of a cluster have different slots.
 *
 * Arguments, without a key: what keys begin with, and handles. Answers, for each record,
 * the first line and as much of the next one as tells whether it is a session, then the
 * length of all but the first line; and the time. Without a key, the line is empty for a
 * key of another type, and missing if the server refuses the record for another reason.
 */
export const LISTED = script(`
${NOW}
local answer = {}
local read = KEYS[1] and redis.call or redis.pcall
for at = 2, KEYS[1] and 2 or #ARGV do
  local key = KEYS[1] or ARGV[1] .. ARGV[at]
  local header = read('GETRANGE', key, 0, ${HEADER_LENGTH - 1})
  local length = 0
  if type(header) ~= 'string' then
    header = string.find(header.err, 'WRONGTYPE', 1, true) and '' or false
  else
    local stop = string.find(header, '\\n', 1, true)
    if not stop and #header == ${HEADER_LENGTH} then
      header = redis.call('GET', key)
      stop = string.find(header, '\\n', 1, true)
    end
    local line = stop and redis.call('GETRANGE', key, stop, stop + ${OTHER_LINE.length - 1}) or ''
    length = stop and redis.call('STRLEN', key) - stop + 1 or 0
    header = string.sub(header, 1, stop or 0) .. line
  end
  answer[#answer + 1] = header
  answer[#answer + 1] = length
end
return { answer, now }
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
