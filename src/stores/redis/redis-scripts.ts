import { ENTRY_LENGTH, TIME_LENGTH } from '../shared/former-ids.js';
import { script } from './redis-client.js';
import { ENDS_AT, FINISH, FORMER_IDS, HAS_ENDED, INFO, IN_TIME, NOW, READ, READ_HEADER } from './redis-lua.js';
import { ENDED, FORMER, HASH, VERSION } from './redis-record.js';

/*
 * The scripts. Each works on the one key of one record (redis-record.ts), in
 * Lua 5.1, which counts from 1. A script that did its work answers with the
 * server's time in milliseconds; otherwise it answers with a word and that time.
 * A script that has ended a session with info also answers the info. No script
 * looks into a value: a session is lines of bytes.
 *
 * The server hides a record that has expired.
 *
 * Each change leaves its token, as the version. A client that has lost its
 * connection may send a command again that was executed: a script that finds its
 * own token changes nothing, and answers as before.
 */

/** Arguments: hash, lifetime. Word: gone. For a server that is full, the expiry is set first, as FINISH does. */
export const TOUCH = script(`
local hash, lifetime = unpack(ARGV)
${NOW}
local header = redis.call('GETRANGE', KEYS[1], 0, ${VERSION - 2})
if string.sub(header, ${HASH + 1}) ~= hash then return { 'gone', now } end
${ENDS_AT}
local before = string.sub(header, 1, ${TIME_LENGTH})
if before > ends_at then ends_at = before end
redis.call('PEXPIREAT', KEYS[1], ends_at)
redis.call('SETRANGE', KEYS[1], 0, ends_at .. ' ' .. now)
return now
`);

/** Arguments: the hash of the current id or a former one, token, the text that takes the place of the hash, and what ends the header. Word: gone. */
export const END = script(`
local hash, token, mark, reason = unpack(ARGV)
${NOW + READ}
if version == token then return now end
if ${HAS_ENDED} then return { 'gone', now } end
if current ~= hash then
  ${FORMER_IDS}
  local remembered
  for at = 1, #former, ${ENTRY_LENGTH} do
    if string.sub(former, at + ${TIME_LENGTH}, at + ${ENTRY_LENGTH - 1}) == hash then
      remembered = tonumber(string.sub(former, at, at + ${TIME_LENGTH - 1})) > now
      break
    end
  end
  if not remembered then return { 'gone', now } end
end
${FINISH}
return { 'done', now, ${INFO} }
`);

/**
 * Ends a session, whatever its id.
 *
 * Arguments: how its `info` must begin, or '' for any session, token, and what ends
 * the header. Word: gone.
 */
export const END_WHOSE = script(`
local whose, token, reason, mark = ARGV[1], ARGV[2], ARGV[3], '${ENDED}'
${NOW + READ}
if version == token then return now end
local is_live = string.find(record, '^%d+ %d+ [%w_-]+ %w+ ')
local about = is_live and string.match(record, '^[^ \\n]* ()', ${FORMER + 1})
if not about or string.sub(record, about, about + #whose - 1) ~= whose then return { 'gone', now } end
${FINISH}
return now
`);

/** Arguments: deadline, hash, token, lifetime, `info` and packed texts. Words: late, taken. */
export const CREATE = script(`
local hash, token, lifetime, packed = unpack(ARGV, 2)
${NOW + IN_TIME + ENDS_AT}
local record = ends_at .. ' ' .. now .. ' ' .. hash .. ' ' .. token .. '  ' .. packed
if redis.call('SET', KEYS[1], record, 'NX', 'PXAT', ends_at)
  or redis.call('GETRANGE', KEYS[1], ${VERSION}, ${FORMER - 2}) == token then return now end
return { 'taken', now }
`);

/**
 * Writes a session, unless one lives there under another id.
 *
 * Arguments: hash, token, lifetime, packed texts. Word: taken.
 */
export const PUT = script(`
local hash, token, lifetime, packed = unpack(ARGV)
${NOW + ENDS_AT}
local record = redis.call('GET', KEYS[1])
local more = '  '
if record then
  local current = string.sub(record, ${HASH + 1}, ${VERSION - 1})
  if current ~= hash and not (${HAS_ENDED}) then return { 'taken', now } end
  if current == hash then more = string.match(record, '^[^\\n]*', ${FORMER}) end
end
if tonumber(lifetime) > 0 then
  redis.call('SET', KEYS[1], ends_at .. ' ' .. now .. ' ' .. hash .. ' ' .. token .. more .. packed, 'PXAT', ends_at)
else
  redis.call('DEL', KEYS[1])
end
return now
`);

/** Arguments: hash. */
export const DELETE = script(`
${NOW}
if redis.call('GETRANGE', KEYS[1], ${HASH}, ${VERSION - 2}) == ARGV[1] then redis.call('DEL', KEYS[1]) end
return now
`);

/** The first line of the record, and the time. */
export const HEADER = script(`
${NOW}
${READ_HEADER}
return { string.sub(header, 1, stop or 0), now }
`);

/** The times of a record and the first character of its hash; all of it, if it is a mark; an empty text if there is none. And the time. */
export const STATE = script(`
${NOW}
local header = redis.call('GETRANGE', KEYS[1], 0, ${HASH})
if string.sub(header, ${HASH + 1}) == '.' then header = redis.call('GET', KEYS[1]) end
return { header, now }
`);

/** The value, and the time. */
export const LOAD = script(`
${NOW}
return { redis.call('GET', KEYS[1]), now }
`);
