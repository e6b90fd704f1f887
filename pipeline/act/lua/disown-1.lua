--[[
Gives a lease back, if it is still ours.

KEYS[1]  lease
ARGV[1]  our token
Returns  1 when it was ours, otherwise 0.
]]
if redis.call('GET', KEYS[1]) == ARGV[1] then
  return redis.call('DEL', KEYS[1])
end
return 0
