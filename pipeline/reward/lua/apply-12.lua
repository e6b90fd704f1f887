--[[
Applies ledger operations in their order, each all or nothing, and writes the journal in the same step.
The parts stand in files of their own and are put in the place of the include lines by script.ts; what a line names
is all that the parts after it see of a part.

Everything is read and decided first; the writes stand at the end. A script that fails on what it reads
(a damaged record, say) has therefore changed nothing, and a server killed within it replays all or nothing.

KEYS[1]  balances        hash: account -> "posted pending"
KEYS[2]  grants          hash: grant id -> record of a grant that moved legs (records.lua)
KEYS[3]  refused         hash: id -> record of an answer that moved none; the current generation
KEYS[4]  refusedBefore   the generation before it
KEYS[5]  payments        hash: payment id -> ids of the grants it earned, by spaces
KEYS[6]  refunds         hash: refund id -> "amount payment", the payment as a part of an account name
KEYS[7]  parked          hash: payment id -> JSON [[refund id, amount, time], ...] of refunds that came before it
KEYS[8]  parkedBefore    the generation before it
KEYS[9]  due             sorted set: "id what" by the time at which it happens (due.lua)
KEYS[10] journal         stream: entry <sequence>-0
KEYS[11] state           hash: sequence, watermark
KEYS[12] vouchers        hash: voucher id -> record (vouchers.lua)
ARGV[1]  JSON {"accounts": [name, ...], "limits": [each one's, or -1, ...], "ops": [...]} as ledger-request.ts
         encodes it; lists that would be empty are left out
ARGV[2]  size at which a generation of refused or parked records is closed
ARGV[3]  newest sequence that the caller has seen
ARGV[4]  "apply", or "quote": answers as if, and nothing is written
ARGV[5…] what is to be the record of each choice of each reservation, from the payment's amount on

Returns [sequence it stands at, answers]: one answer an operation, in order: [id, head, id, head, ...] of the
         grants it touched, the head being the first four lines of the record, or the first alone where the
         others are those of the reservation itself; or of a reservation's own grant that line alone, up to
         the revision. Fewer answers than operations
         when so much became due that it fills the call: the caller sends the rest again.
Errors:  any error means that nothing was changed. LEDGERLOST <sequence>: the ledger stands before what the
         caller has seen, so it has lost entries, and with them the quotas and answers it would decide by.
]]

local request = cjson.decode(ARGV[1])
local FIXED_ARGUMENTS = 4
local quoting = ARGV[4] == 'quote'

--- @include "arithmetic"
--- @include "store"
--- @include "records"
--- @include "legs"
--- @include "due"
--- @include "vouchers"
--- @include "reclaim"
--- @include "post"
--- @include "advance" for advance
--- @include "notes"
--- @include "refunds" for refund, unpark, parked_under
--- @include "anew" for renew, keep_stock, made_good_at
--- @include "reserve"
--- @include "capture"
--- @include "settle" for settle
--- @include "claim"
--- @include "choose"
--- @include "redeem" for redeem, extend
--- @include "flush" for flush

if stored_sequence < tonumber(ARGV[3]) then
  return redis.error_reply('LEDGERLOST ' .. int(stored_sequence))
end

local APPLY = {
  reserve = reserve,
  refund = refund,
  settle = settle,
  capture = capture,
  cancel = cancel,
  claim = claim,
  choose = choose,
  redeem = redeem,
  extend = extend,
  refuse = function(op)
    local noted = find('refuse_' .. op.id)
    return noted and { noted.id } or refuse(op, op.reason)
  end,
  -- From now on the ledger's clock stands there, also for what comes late.
  advance = function(op)
    recorded = math.max(recorded, op.eventTime)
    return {}
  end,
}

local results = {}
for index, op in ipairs(request.ops) do
  if op.eventTime and not advance(op.eventTime) then
    break
  end
  local touched, answer = APPLY[op.kind](op)
  -- What came late may be over already.
  watermark = recorded
  advance(watermark)
  if touched then
    answer = {}
    for _, id in ipairs(touched) do
      answer[#answer + 1] = id
      answer[#answer + 1] = answer_of(find(id), op)
    end
  end
  results[index] = answer
end
if not quoting then
  flush(tonumber(ARGV[2]))
end
return { quoting and stored_sequence or sequence, results }
