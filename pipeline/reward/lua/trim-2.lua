--[[
Forgets journal entries that are durable elsewhere, unless the ledger has lost entries: what it then holds
under these numbers is not what was drained.

KEYS[1]  journal
KEYS[2]  state     hash: sequence, watermark
ARGV[1]  newest sequence that the caller has seen
ARGV[2]  forget entries up to and including this sequence
Returns  how many were forgotten.
Errors:  LEDGERLOST <sequence>, as apply-12.lua says it.
]]
local sequence = redis.call('HGET', KEYS[2], 'sequence') or '0'
if tonumber(sequence) < tonumber(ARGV[1]) then
  return redis.error_reply('LEDGERLOST ' .. sequence)
end
return redis.call('XTRIM', KEYS[1], 'MINID', string.format('%d-0', tonumber(ARGV[2]) + 1))
