--[[
Takes deliveries into the ledger of deliveries, once each: one that is known keeps what it has become. One that
comes back from the record, acknowledged there, is only remembered, also where Redis has lost that word.

KEYS[1]  records    hash: delivery id -> its record (JSON), as long as it is not delivered
KEYS[2]  delivered  set of delivery ids: acknowledged, never to be sent again
KEYS[3]  waiting    sorted set: delivery id by the time it was taken in
KEYS[4]  unrouted   the same, for those that no endpoint is configured for
KEYS[5]  failed     the same, for those that need a person
KEYS[6]  held       hash: delivery id -> ids (parted by blanks) of those that wait for its delivery
KEYS[7]  changes    stream of records as they became, until they are on record
ARGV     five each: id, state, the id of its original or '', time taken in, record
Returns  for each `delivered`, `waiting`, `unrouted`, `failed`, or `held`: it waits for its original.
]]
local sets = { waiting = KEYS[3], unrouted = KEYS[4], failed = KEYS[5] }

-- Where one of the record stands.
local function standing(id, original)
  for state, key in pairs(sets) do
    if redis.call('ZSCORE', key, id) then
      if state == 'waiting' and original ~= '' and redis.call('HEXISTS', KEYS[1], original) == 1 then
        return 'held'
      end
      return state
    end
  end
end

local answers = {}
for i = 1, #ARGV, 5 do
  local id, state, original, at, record = unpack(ARGV, i, i + 4)
  local found
  if redis.call('SISMEMBER', KEYS[2], id) == 1 then
    found = 'delivered'
  elseif state == 'delivered' then
    redis.call('SADD', KEYS[2], id)
    redis.call('HDEL', KEYS[1], id)
    redis.call('HDEL', KEYS[6], id)
    for _, key in pairs(sets) do
      redis.call('ZREM', key, id)
    end
    found = state
  elseif redis.call('HEXISTS', KEYS[1], id) == 1 then
    found = standing(id, original)
  else
    redis.call('HSET', KEYS[1], id, record)
    redis.call('ZADD', sets[state], at, id)
    redis.call('XADD', KEYS[7], '*', 'record', record)
    found = state
    if original ~= '' and redis.call('HEXISTS', KEYS[1], original) == 1 then
      local others = redis.call('HGET', KEYS[6], original)
      redis.call('HSET', KEYS[6], original, others and (others .. ' ' .. id) or id)
      found = state == 'waiting' and 'held' or state
    end
  end
  answers[#answers + 1] = found
end
return answers
