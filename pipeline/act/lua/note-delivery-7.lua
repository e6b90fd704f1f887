--[[
Writes down what became of a delivery. What was acknowledged stays so: a later word on it changes nothing.

KEYS     as place-delivery-7.lua
ARGV[1]  delivery id
ARGV[2]  `delivered`, `waiting`, `unrouted` or `failed`
ARGV[3]  record
Returns  ids of those that waited for it and may be sent now; false when it was acknowledged before.
]]
local id, state, record = ARGV[1], ARGV[2], ARGV[3]
if redis.call('HEXISTS', KEYS[1], id) == 0 then
  return false
end
local sets = { waiting = KEYS[3], unrouted = KEYS[4], failed = KEYS[5] }
local at
for _, key in pairs(sets) do
  at = at or redis.call('ZSCORE', key, id)
  redis.call('ZREM', key, id)
end
redis.call('XADD', KEYS[7], '*', 'record', record)
if state ~= 'delivered' then
  redis.call('HSET', KEYS[1], id, record)
  redis.call('ZADD', sets[state], at, id)
  return {}
end
redis.call('HDEL', KEYS[1], id)
redis.call('SADD', KEYS[2], id)
local released = {}
for each in string.gmatch(redis.call('HGET', KEYS[6], id) or '', '%S+') do
  released[#released + 1] = each
end
redis.call('HDEL', KEYS[6], id)
return released
