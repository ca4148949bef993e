import { ENTRY_LENGTH, MOST_LENGTH, REMEMBERED } from './former-ids.js';
import { script } from './redis-client.js';
import { FORMER, HASH, LATEST, NO_HASH, TIME_LENGTH, VERSION } from './redis-record.js';

/*
 * The scripts. Each works on the one key of one record (redis-record.ts), in
 * Lua 5.1, which counts from 1. What did as it was told answers with the
 * server's time in milliseconds; what did nothing, or something else, answers
 * with a word and that time. No script looks into a value: to it, a session is
 * lines of bytes.
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

const ENDS_AT = `
local ends_at = string.format('%.0f', math.min(now + lifetime, ${LATEST}))
`;

const READ = `
local record = redis.call('GET', KEYS[1])
if not record then return { 'gone', now } end
local current = string.sub(record, ${HASH + 1}, ${VERSION - 1})
local version = string.sub(record, ${VERSION + 1}, ${FORMER - 1})
`;

const FORMER_IDS = `
local former = string.match(record, '^[^ \\n]*', ${FORMER + 1})
`;

/** The former ids, with the current one in front of them. */
const RETIRE = `${FORMER_IDS}
local newest = tonumber(string.sub(former, 1, ${TIME_LENGTH}))
local others = newest and newest > now and string.sub(former, 1, ${MOST_LENGTH - ENTRY_LENGTH}) or ''
local until_then = string.format('%.0f', now + ${REMEMBERED})
local retired = until_then .. current .. others
`;

const FINISH = `${RETIRE}
redis.call('SET', KEYS[1], until_then .. ' ${NO_HASH} ' .. token .. ' ' .. retired .. '\\n', 'PXAT', until_then)
`;

/** For a few lines: each is searched for. */
const MERGE_FEW = `
local at = 1
while at <= #change do
  local stop = string.find(change, '\\n', at, true)
  local tab = string.find(change, '\\t', at, true)
  local line = string.sub(change, at, stop)
  if not tab or tab > stop then tab, line = stop, '' end
  local first = string.find(value, '\\n' .. string.sub(change, at, tab - 1) .. '\\t', 1, true)
  if first then
    local last = string.find(value, '\\n', first + 1, true)
    value = header .. string.sub(value, from, first) .. line .. string.sub(value, last + 1)
  else
    value = header .. string.sub(value, from) .. line
  end
  header, from, at = '', 1, stop + 1
end
if header ~= '' then value = header .. string.sub(value, from) end
`;

/** For any number of lines: the session is walked through once. */
const MERGE_MANY = `
local lines, names = {}, {}
for name, tab, rest in string.gmatch(change, '([^\\t\\n]*)(\\t?)([^\\n]*\\n)') do
  lines[name] = tab == '' and '' or name .. tab .. rest
  names[#names + 1] = name
end
local stop = string.find(value, '\\n', from, true)
local kept = string.gsub(string.sub(value, stop + 1), '([^\\t\\n]*)\\t[^\\n]*\\n', function(name)
  local line = lines[name]
  if line then lines[name] = '' end
  return line
end)
for i, name in ipairs(names) do names[i] = lines[name] end
value = header .. string.sub(value, from, stop) .. kept .. table.concat(names)
`;

const changing = (merge: string) => script(`
local hash, token, lifetime, deadline, change, expected, new_hash = unpack(ARGV)
${NOW}
if now > tonumber(deadline) then return { 'late', now } end
${READ}
if version == token then
  if current == '${NO_HASH}' then return { 'ended', now } end
  return now
end
if current ~= hash then return { 'gone', now } end
if expected ~= '' and expected ~= version then return { 'conflict', now } end
${ENDS_AT}
local header, from
if new_hash then
  ${RETIRE}
  header = ends_at .. ' ' .. new_hash .. ' ' .. token .. ' ' .. retired
  from = ${FORMER + 1} + #former
else
  local before = string.sub(record, 1, ${TIME_LENGTH})
  if before > ends_at then ends_at = before end
  header = ends_at .. ' ' .. hash .. ' ' .. token
  from = ${FORMER}
end
local value = record
${merge}
if string.find(value, '\\n', ${FORMER}, true) == #value then
  ${FINISH}
  return { 'ended', now }
end
redis.call('SET', KEYS[1], value, 'PXAT', ends_at)
return now
`);

/**
 * Changes a session, and gives it another id where a new hash is given.
 *
 * Arguments: hash, token, lifetime, deadline, changed lines, expected version
 * or '', new hash or none. Words: late, gone, conflict, ended.
 */
export const CHANGE_FEW = changing(MERGE_FEW);
export const CHANGE_MANY = changing(MERGE_MANY);

/** Arguments: hash, lifetime. Word: gone. */
export const TOUCH = script(`
local hash, lifetime = unpack(ARGV)
${NOW}
local header = redis.call('GETRANGE', KEYS[1], 0, ${VERSION - 2})
if string.sub(header, ${HASH + 1}) ~= hash then return { 'gone', now } end
${ENDS_AT}
if ends_at > string.sub(header, 1, ${TIME_LENGTH}) then
  redis.call('SETRANGE', KEYS[1], 0, ends_at)
  redis.call('PEXPIREAT', KEYS[1], ends_at)
end
return now
`);

/** Arguments: hash, of the current id or a former one, and token. Word: gone. */
export const END = script(`
local hash, token = unpack(ARGV)
${NOW + READ}
if version == token then return now end
if current == '${NO_HASH}' then return { 'gone', now } end
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
return now
`);

/** Arguments: hash, token, lifetime, packed texts. Word: taken. */
export const CREATE = script(`
local hash, token, lifetime, packed = unpack(ARGV)
${NOW + ENDS_AT}
local record = ends_at .. ' ' .. hash .. ' ' .. token .. ' ' .. packed
if redis.call('SET', KEYS[1], record, 'NX', 'PXAT', ends_at)
  or redis.call('GETRANGE', KEYS[1], ${VERSION}, ${FORMER - 2}) == token then return now end
return { 'taken', now }
`);

/** Writes a session whatever stood there, but for one with another id. Arguments and word as for {@link CREATE}. */
export const PUT = script(`
local hash, token, lifetime, packed = unpack(ARGV)
${NOW + ENDS_AT}
local record = redis.call('GET', KEYS[1])
local former = ' '
if record then
  local current = string.sub(record, ${HASH + 1}, ${VERSION - 1})
  if current ~= hash and current ~= '${NO_HASH}' then return { 'taken', now } end
  if current == hash then former = string.match(record, '^[^\\n]*', ${FORMER}) end
end
if tonumber(lifetime) > 0 then
  redis.call('SET', KEYS[1], ends_at .. ' ' .. hash .. ' ' .. token .. former .. packed, 'PXAT', ends_at)
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

/** The value, and the time. */
export const LOAD = script(`
${NOW}
return { redis.call('GET', KEYS[1]), now }
`);
