import { TIME_LENGTH } from '../shared/former-ids.js';
import { script } from './redis-client.js';
import { ENDS_AT, NOW, READ, RETIRE } from './redis-lua.js';
import { FORMER, USED_AT } from './redis-record.js';

/*
 * The scripts that change a record: see redis-scripts.ts. Lua hashes each byte of
 * each text that it makes, so a merge costs the server several times the length of
 * the record. It is not needed for a record that is still as it was loaded.
 */

/**
 * Writes what the caller has made of the record that it loaded, if that is unchanged
 * and need not live longer. A server that is full refuses that: the merge knows what
 * to do.
 */
const WRITE = `
if now <= tonumber(ARGV[1]) and redis.call('GETRANGE', KEYS[1], ${FORMER - 1} - #ARGV[2], ${FORMER - 2}) == ARGV[2] then
  if not ARGV[5] then
    if redis.pcall('SET', KEYS[1], ARGV[4], 'KEEPTTL').ok then return now end
  elseif type(redis.pcall('SETRANGE', KEYS[1], ${USED_AT}, ARGV[4])) == 'number' then
    for at = 5, #ARGV, 2 do redis.call('SETRANGE', KEYS[1], ARGV[at], ARGV[at + 1]) end
    return now
  end
end
`;

/** For a few keys: each is searched for. */
const MERGE_FEW = `
for key, text in string.gmatch(change, '([^\\t\\n]*\\t)([^\\n]*)\\n') do
  local first, last = string.find(value, '\\n' .. key, 1, true)
  if not first then
    value = header .. string.sub(value, from)
    if text ~= '' then value = value .. key .. text .. '\\n' end
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
local lines, keys, added = {}, {}, {}
for key, text in string.gmatch(change, '([^\\t\\n]*)\\t([^\\n]*)\\n') do
  lines[key] = text == '' and '' or key .. '\\t' .. text .. '\\n'
  keys[#keys + 1] = key
end
local stop = string.find(value, '\\n', from, true)
local kept = string.gsub(string.sub(value, stop + 1), '([^\\t\\n]*)\\t[^\\n]*\\n', function(key)
  local line = lines[key]
  if line then lines[key] = '' end
  return line
end)
for at, key in ipairs(keys) do added[at] = lines[key] end
value = header .. string.sub(value, from, stop) .. kept .. table.concat(added)
`;

/** The bytes of all keys and texts, as texts-size.ts counts them. An escape in a key stands for one byte, or for half a surrogate pair, which counts as three. */
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

/*
 * A server that is full refuses to store, but not after a command that needs no
 * memory. So it accepts values that are no longer than before, also with a new id.
 */
const changing = (merge: string) => script(`
${NOW + WRITE}
local deadline, hash, token, lifetime, max_bytes, new_hash, about, expected, change = string.match(ARGV[3],
  '^([^ ]*) ([^ ]*) ([^ ]*) ([^ ]*) ([^ ]*) ([^ ]*) ([^ ]*) ([^\\n]*)\\n(.*)$')
if now > tonumber(deadline) then return { 'late', now } end
${READ}
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
local stored = redis.pcall('SET', KEYS[1], value, 'PXAT', ends_at)
if stored.err then
  local function length_of(all) return #all - string.find(all, '\\n', 1, true) end
  if not string.find(stored.err, 'OOM', 1, true) or length_of(value) > length_of(record) then return stored end
  redis.call('PEXPIREAT', KEYS[1], ends_at)
  redis.call('SET', KEYS[1], value, 'PXAT', ends_at)
end
return now
`);

/**
 * Changes a session, and gives it another id if there is a new hash. Words: late,
 * gone, conflict, too-large. Arguments:
 *
 * 1. until when 2. applies, in Unix milliseconds; 0 to merge in any case
 * 2. the end of the first four fields of the record, as it was loaded
 * 3. what the merge needs. A line of deadline, hash, token, lifetime, the most bytes
 *    that the session may have or '', the new hash or '', with one the new `info` or
 *    '', and the expected version or ''. Then the lines of the change, as
 *    packChange() makes them
 * 4. the new record; or the second to fourth field of the new record, followed by
 *    pairs of a place in the record and the bytes to be written there
 */
export const CHANGE_FEW = changing(MERGE_FEW);
export const CHANGE_MANY = changing(MERGE_MANY);
