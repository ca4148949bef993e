import { TIME_LENGTH } from '../shared/former-ids.js';
import { script } from './redis-client.js';
import { ENDS_AT, IN_TIME, NOW, READ, RETIRE } from './redis-lua.js';
import { FORMER } from './redis-record.js';

/*
 * The scripts that merge a change into a record: see redis-scripts.ts.
 */

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
 * Changes a session, and gives it another id if there is a new hash.
 *
 * Arguments: deadline, hash, token, lifetime, expected version or '', new hash
 * or '', with one the new `info` or '', the most bytes that the session may have
 * or '', and for each changed key two more, as packChange() makes them. Words:
 * late, gone, conflict, too-large.
 */
export const CHANGE_FEW = changing(MERGE_FEW);
export const CHANGE_MANY = changing(MERGE_MANY);
