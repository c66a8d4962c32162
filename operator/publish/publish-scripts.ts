/**
 * The scripts that the cache runs. The cache runs each script as one step. A script first checks whether this writer may write,
 * and whether every key has the correct type. So it writes either everything or nothing. Arguments 1 to 3 are epoch,
 * installation and protocol. The reply is a word for the result, and the head that was in the cache.
 */
import { MAX_EPOCH, MAX_VERSION } from '../../ingress/route-table/limits.ts'

const GUARD = `
local text = redis.call('GET', KEYS[1])
local head = false
if text then
  local readable, value = pcall(cjson.decode, text)
  if readable and type(value) == 'table' then head = value end
end
if head then
  if type(head.protocol) == 'string' and head.protocol ~= ARGV[3] then return {'protocol', text} end
  if type(head.installation) ~= 'string' or type(head.epoch) ~= 'number' or type(head.version) ~= 'number'
    or head.epoch > ${MAX_EPOCH} or head.version > ${MAX_VERSION} then
    head = false
  elseif head.installation ~= ARGV[2] then
    return {'foreign', text}
  elseif head.epoch > tonumber(ARGV[1]) then
    return {'fenced', text}
  end
end
local function check(key, expected)
  local found = redis.call('TYPE', key).ok
  if found ~= 'none' and found ~= expected then
    return redis.error_reply('WRONGTYPE ' .. key .. ' is a ' .. found .. ', not a ' .. expected)
  end
end
`

/**
 * Publishes a change. Keys: head, entries, log. Arguments from 4 on: expected head, new head, expected version, new version,
 * changes, and the most records of the log.
 */
export const PUBLISH_SCRIPT = `${GUARD}
if text ~= ARGV[4] then return {'conflict', text or ''} end
local wrong = check(KEYS[2], 'hash') or check(KEYS[3], 'stream')
if wrong then return wrong end
for key, json in string.gmatch(ARGV[8], '([^\\n]*)\\n([^\\n]*)\\n') do
  if json == '' then redis.call('HDEL', KEYS[2], key) else redis.call('HSET', KEYS[2], key, json) end
end
redis.call('SET', KEYS[1], ARGV[5])
local function log()
  return redis.pcall('XADD', KEYS[3], 'MAXLEN', '=', ARGV[9], ARGV[7] .. '-0',
    'head', ARGV[5], 'from', ARGV[6], 'changes', ARGV[8])
end
if type(log()) == 'table' then
  redis.call('UNLINK', KEYS[3])
  log()
end
return {'published', ''}
`

/**
 * Writes one step of a whole table. Keys: head, staging. Arguments from 4 on: `first` or `next` step, the entries as changes,
 * and the milliseconds for which the staging key stays in the cache.
 */
export const STAGE_SCRIPT = `${GUARD}
local wrong = check(KEYS[2], 'hash')
if wrong then return wrong end
if ARGV[4] == 'first' then redis.call('UNLINK', KEYS[2]) end
for key, json in string.gmatch(ARGV[5], '([^\\n]*)\\n([^\\n]*)\\n') do
  redis.call('HSET', KEYS[2], key, json)
end
redis.call('PEXPIRE', KEYS[2], ARGV[6])
return {'published', ''}
`

/**
 * Puts the staged table in the place of the old one. Keys: head, entries, log, staging. Arguments from 4 on: new head, version,
 * number of entries.
 */
export const REPLACE_SCRIPT = `${GUARD}
if head and head.epoch == tonumber(ARGV[1]) and head.version >= tonumber(ARGV[5]) then return {'conflict', text} end
local wrong = check(KEYS[2], 'hash') or check(KEYS[3], 'stream')
if wrong then return wrong end
if redis.call('HLEN', KEYS[4]) ~= tonumber(ARGV[6]) then return {'conflict', text or ''} end
redis.call('UNLINK', KEYS[2], KEYS[3])
if redis.call('EXISTS', KEYS[4]) == 1 then
  redis.call('PERSIST', KEYS[4])
  redis.call('RENAME', KEYS[4], KEYS[2])
end
redis.call('SET', KEYS[1], ARGV[4])
redis.call('XADD', KEYS[3], ARGV[5] .. '-0', 'head', ARGV[4])
return {'published', ''}
`
