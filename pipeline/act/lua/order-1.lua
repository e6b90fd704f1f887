--[[
Gives each action its place in the order of actions, once: a replay finds the place it had.

KEYS[1]  actions   hash: action id -> place; `next` under the empty name
ARGV     action ids, in their order
Returns  their places, in the order of ARGV.
]]
local places = {}
for index, id in ipairs(ARGV) do
  local place = redis.call('HGET', KEYS[1], id)
  if not place then
    place = redis.call('HINCRBY', KEYS[1], '', 1)
    redis.call('HSET', KEYS[1], id, place)
  end
  places[index] = tonumber(place)
end
return places
