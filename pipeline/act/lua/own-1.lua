--[[
Takes a lease that is free, that is ours, or whose holder is known to be dead.

KEYS[1]  lease
ARGV[1]  our token
ARGV[2]  the token of a holder known to be dead, or ''
ARGV[3]  time to live in milliseconds
Returns  '' when it is ours now, otherwise the holder's token.
]]
local holder = redis.call('GET', KEYS[1])
if holder and holder ~= ARGV[1] and holder ~= ARGV[2] then
  return holder
end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[3])
return ''
