import { ENTRY_LENGTH, MOST_LENGTH, REMEMBERED } from './former-ids.js';
import { script } from './redis-client.js';
import { ENDED, FORMER, HASH, LATEST, TIME_LENGTH, VERSION } from './redis-record.js';

/*
 * The scripts. Each works on the one key of one record (redis-record.ts), in
 * Lua 5.1, which counts from 1. What did as it was told answers with the
 * server's time in milliseconds; what did nothing, or something else, answers
 * with a word and that time. No script looks into a value: to it, a session is
 * lines of bytes. What ended a session of which something was told says that,
 * too.
 *
 * A record that has expired is not there: the server hides it by itself.
 *
 * Each change leaves its token, as the version. A client that has lost its
 * connection may send again what was executed: a script that finds its own
 * token changes nothing, and answers as it did before.
 */

const NOW = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
`;

/** The deadline is the first argument. */
const IN_TIME = `
if now > tonumber(ARGV[1]) then return { 'late', now } end
`;

const ENDS_AT = `
local ends_at = math.min(now + lifetime, ${LATEST}) .. ''
`;

const READ = `
local record = redis.call('GET', KEYS[1])
if not record then return { 'gone', now } end
local current = string.sub(record, ${HASH + 1}, ${VERSION - 1})
local version = string.sub(record, ${VERSION + 1}, ${FORMER - 1})
`;

/** Of what READ has read. */
const HAS_ENDED = `string.sub(current, 1, 1) == '.'`;

const FORMER_IDS = `
local former = string.match(record, '^[^ \\n]*', ${FORMER + 1})
`;

/** What the session is, as packAbout() has written it; nothing where that is empty. */
const ABOUT = `string.match(record, '^[^ \\n]* ([^ \\n]+)', ${FORMER + 1})`;

/** The former ids, with the current one in front of them. */
const RETIRE = `${FORMER_IDS}
local newest = tonumber(string.sub(former, 1, ${TIME_LENGTH}))
local others = newest and newest > now and string.sub(former, 1, ${MOST_LENGTH - ENTRY_LENGTH}) or ''
local until_then = now + ${REMEMBERED} .. ''
local retired = until_then .. current .. others
`;

/** The key goes first: that needs no memory, and what follows it in a script is not refused by a server that is full. */
const FINISH = `${RETIRE}
redis.call('DEL', KEYS[1])
redis.call('SET', KEYS[1], until_then .. ' ' .. now .. ' ' .. mark .. ' ' .. token .. ' ' .. retired .. '\\n', 'PXAT', until_then)
`;

/** For a few keys: each is searched for. */
const MERGE_FEW = `
for at = 9, #ARGV, 2 do
  local before, text = ARGV[at], ARGV[at + 1]
  local first, last = string.find(value, before, 1, true)
  if not first then
    value = header .. string.sub(value, from)
    if text ~= '' then value = value .. string.sub(before, 2) .. text .. '\\n' end
  else
    local stop = string.find(value, '\\n', last, true)
    if text == '' then last, stop = first, stop + 1 end
    value = header .. string.sub(value, from, last) .. text .. string.sub(value, stop)
  end
  header, from = '', 1
end
if header ~= '' then value = header .. string.sub(value, from) end
`;

/** For any number of keys: the session is walked through once. */
const MERGE_MANY = `
local lines, added = {}, {}
for at = 9, #ARGV, 2 do
  local before, text = ARGV[at], ARGV[at + 1]
  lines[before] = text == '' and '' or string.sub(before, 2) .. text .. '\\n'
end
local stop = string.find(value, '\\n', from, true)
local kept = string.gsub(string.sub(value, stop + 1), '([^\\t\\n]*)\\t[^\\n]*\\n', function(name)
  local before = '\\n' .. name .. '\\t'
  local line = lines[before]
  if line then lines[before] = '' end
  return line
end)
for at = 9, #ARGV, 2 do added[#added + 1] = lines[ARGV[at]] end
value = header .. string.sub(value, from, stop) .. kept .. table.concat(added)
`;

/** The bytes of all keys and texts, as texts-size.ts counts them. What is escaped in a key was one byte, but for half a character. */
const SIZE_OF = String.raw`
local function size_of(value)
  local size = 0
  for name, first, stop in string.gmatch(string.match(value, '\n(.*)$'), '([^\t\n]*)\t()[^\n]*()\n') do
    if string.find(name, '\\', 1, true) then
      name = string.gsub(string.gsub(name, '\\\\', '.'), '\\ud%x%x%x', '...')
      name = string.gsub(string.gsub(name, '\\u%x%x%x%x', '.'), '\\.', '.')
    end
    size = size + #name + stop - first
  end
  return size
end
`;

const changing = (merge: string) => script(`
local hash, token, lifetime, expected, new_hash, about, max_bytes = ARGV[2], ARGV[3], ARGV[4], ARGV[5], ARGV[6], ARGV[7], ARGV[8]
${NOW + IN_TIME + READ}
if version == token then return now end
if current ~= hash then return { 'gone', now } end
if expected ~= '' and expected ~= version then return { 'conflict', now } end
${ENDS_AT}
local header, from
if new_hash ~= '' then
  ${RETIRE}
  header = ends_at .. ' ' .. now .. ' ' .. new_hash .. ' ' .. token .. ' ' .. retired
  from = ${FORMER + 1} + #former
  if about ~= '' then
    header = header .. ' ' .. about
    from = string.match(record, '^ ?[^ \\n]*()', from)
  end
else
  local before = string.sub(record, 1, ${TIME_LENGTH})
  if before > ends_at then ends_at = before end
  header = ends_at .. ' ' .. now .. ' ' .. hash .. ' ' .. token
  from = ${FORMER}
end
local value = record
${merge}
if max_bytes ~= '' and #value > tonumber(max_bytes) then
  ${SIZE_OF}
  local size = size_of(value)
  if size > tonumber(max_bytes) and size > size_of(record) then return { 'too-large', now } end
end
redis.call('SET', KEYS[1], value, 'PXAT', ends_at)
return now
`);

/**
 * Changes a session, and gives it another id where a new hash is given.
 *
 * Arguments: deadline, hash, token, lifetime, expected version or '', new hash
 * or '', with one the new `about` or '', the most bytes that the session may have
 * or '', and for each changed key two more, as packChange() makes them. Words:
 * late, gone, conflict, too-large.
 */
export const CHANGE_FEW = changing(MERGE_FEW);
export const CHANGE_MANY = changing(MERGE_MANY);

/** Arguments: hash, lifetime. Word: gone. For a server that is full, the expiry is set first, as above. */
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

/** Arguments: hash, of the current id or a former one, token, and what is in place of the hash from now on. Word: gone. */
export const END = script(`
local hash, token, mark = unpack(ARGV)
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
return { 'done', now, ${ABOUT} }
`);

/**
 * Ends a session whatever id it has.
 *
 * Arguments: how its `about` must begin, or '' for any session, and token. Word: gone.
 */
export const END_WHOSE = script(`
local whose, token, mark = ARGV[1], ARGV[2], '${ENDED}'
${NOW + READ}
if version == token then return now end
local is_live = string.find(record, '^%d+ %d+ [%w_-]+ %w+ ')
local about = is_live and string.match(record, '^[^ \\n]* ()', ${FORMER + 1})
if not about or string.sub(record, about, about + #whose - 1) ~= whose then return { 'gone', now } end
${FINISH}
return now
`);

/** Arguments: deadline, hash, token, lifetime, `about` and packed texts. Words: late, taken. */
export const CREATE = script(`
local hash, token, lifetime, packed = unpack(ARGV, 2)
${NOW + IN_TIME + ENDS_AT}
local record = ends_at .. ' ' .. now .. ' ' .. hash .. ' ' .. token .. '  ' .. packed
if redis.call('SET', KEYS[1], record, 'NX', 'PXAT', ends_at)
  or redis.call('GETRANGE', KEYS[1], ${VERSION}, ${FORMER - 2}) == token then return now end
return { 'taken', now }
`);

/**
 * Writes a session whatever stood there, but for one with another id.
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

/** Of nearly all headers; the name of a user may be any length. */
const HEADER_LENGTH = 8192;

/** The first line of the record, and the time. The values may be a thousand times as long. */
export const HEADER = script(`
${NOW}
local header = redis.call('GETRANGE', KEYS[1], 0, ${HEADER_LENGTH - 1})
local stop = string.find(header, '\\n', 1, true)
if not stop and #header == ${HEADER_LENGTH} then
  header = redis.call('GET', KEYS[1])
  stop = string.find(header, '\\n', 1, true)
end
return { string.sub(header, 1, stop or 0), now }
`);

/** The value, and the time. */
export const LOAD = script(`
${NOW}
return { redis.call('GET', KEYS[1]), now }
`);
