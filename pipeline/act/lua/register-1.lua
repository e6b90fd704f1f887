--[[
Sets an account's standing, once per action and never backwards: an action whose job was delayed by
retries does not undo one that was ordered after it.

KEYS[1]  accounts  hash: account id -> JSON [place, status, action id, time, reason, actor]
ARGV[1]  account id
ARGV[2]  place of the action in the order of actions
ARGV[3]  JSON of the new standing
Returns  1 when it took effect, 0 when this action or a later one already had.
]]
local standing = redis.call('HGET', KEYS[1], ARGV[1])
if standing and cjson.decode(standing)[1] >= tonumber(ARGV[2]) then
  return 0
end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[3])
return 1
