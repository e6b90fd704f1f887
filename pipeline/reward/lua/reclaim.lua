-- Rewards are taken back in proportion, cumulatively: after refunds of R in all on a payment of P, a reward of
-- D has given back round_half_up(D * R / P), so that a full refund returns exactly D, however many parts it
-- comes in. Points likewise.

-- It was abuse.
local ABUSE = { risk_block = true, account_frozen = true, review_confirmed = true, late_truth = true }
-- All of it went back or is owed, for these and for abuse: a refund takes nothing more, and the reason stays.
local REVERSED = { base_missing = true, review_rejected = true, hold_expired = true }
for reason in pairs(ABUSE) do
  REVERSED[reason] = true
end
local AWAITING = { awaiting_claim = true, awaiting_choice = true }

-- What of a grant's payment has gone back: by refunds, or because less was captured than authorised.
local function refunded_of(record)
  local refunded = balance('refunded/' .. record.part).posted
  local captured = balance('captured/' .. record.part).posted
  local paid = captured > 0 and captured or record.payment
  return math.min(record.payment, math.max(0, record.payment - (paid - refunded)))
end

-- Whether what remains of the payment no longer bears any of the award.
local function is_whole(record, refunded)
  return refunded >= record.payment or record.payment - refunded < rules_of(record).keep
end

-- What the rest of the payment would earn where the offer counts anew, or nil where a share is taken.
local function left_by(record, rest)
  local steps = rules_of(record).reprice
  if not steps then
    return nil
  end
  for _, step in ipairs(steps) do
    if rest >= step[1] then
      return step[2]
    end
  end
  return 0
end

-- How much of a value goes back.
local function share_of(record, refunded, whole)
  local left = not whole and left_by(record, record.payment - refunded)
  return function(total)
    if whole then
      return total
    elseif left then
      return record.amount - left
    end
    return mul_div_half_up(total, refunded, record.payment)
  end
end

-- What of a discount the payment itself never took: less was captured than authorised.
local function untaken(record)
  local captured = balance('captured/' .. record.part).posted
  if captured == 0 or captured >= record.payment or not is_in_payment(record) then
    return 0
  end
  local refunded = record.payment - captured
  return share_of(record, refunded, is_whole(record, refunded))(record.amount)
end

-- Claims what comes back by no delivery, a discount that was paid with the payment or a voucher that was used, up to
-- `direct`: `purse` is what a refund that is on its way to the customer leaves to deduct it from, or nil, and where
-- `unpaid` there was no payment to take the discount off. What is not deducted is owed: it stays in the budget, and the
-- customer's receivable says so; nobody tells the ledger that it was paid.
local function claim_direct(legs, record, direct, purse, unpaid)
  local known, deducted, owed = record.direct or 0, record.deducted or 0, record.owed or 0
  local more = direct - known
  if more <= 0 then
    return
  end
  local never_taken = unpaid and is_in_payment(record) and record.amount or untaken(record)
  local with_payment = math.max(0, math.min(more, never_taken - (known - deducted - owed)))
  local from_refund = math.min(more - with_payment, purse and purse.left or 0)
  if purse then
    purse.left = purse.left - from_refund
  end
  local missing = more - with_payment - from_refund
  if record.state == 'held' then
    -- Nobody owes anything of what is still in doubt: it is claimed with the word on it.
    direct, missing = direct - missing, 0
  end
  record.direct, record.deducted, record.owed = direct, deducted + from_refund, owed + missing
  leg(legs, 'receivable/' .. string.match(record.contra[1], '^payable/(.*)$'), missing, 0)
end

-- Takes back from a posted grant. Returns the vouchers to void once the entry is written.
local function take_back(legs, record, refunded, whole, purse, unpaid)
  local share = share_of(record, refunded, whole)
  local target, direct, void = reclaim_cost(record, share, whole)
  claim_direct(legs, record, direct, purse, unpaid)
  local back = target - (record.owed or 0)
  move_money(legs, record, record.clawed - back, 0)
  record.clawed = back
  -- What goods cost in points stays with the goods.
  if whole or not gives(record, 'goods') then
    take_values(legs, record, share)
  end
  return void
end

-- Whether the till has given already what still waits for a review: a discount that was taken off its payment.
local function was_taken_off(record)
  return record.state == 'held' and not AWAITS_PAYMENT[record.reason] and is_in_payment(record)
end

local function post_given(legs, record)
  move_all(legs, record, 1, -1)
  post_values(legs, record)
  await_nothing(record)
  record.state = 'posted'
end

-- Leaves a posted grant what its payment's refunds leave of it. Returns the vouchers to void once the entry is written.
local function reduce(legs, record, refunded, whole, reason, purse)
  local void = take_back(legs, record, refunded, whole, purse)
  -- That nothing was won stays known.
  record.reason = is_blank(record) and record.reason or reason
  local gone = record.clawed + (record.owed or 0)
  local spent = record.amount > 0 and gone == record.amount and #record.values == 0 and not has_vouchers(record)
  if record.state == 'posted' and (whole or spent) and not is_blank(record) then
    record.state = 'clawed_back'
    restore(legs, record)
  end
  return void
end

local function claw_back(record, refunded, reason, operation_id, at, legs, purse)
  local whole = is_whole(record, refunded)
  local void = {}
  if whole and was_taken_off(record) then
    post_given(legs, record)
  end
  if record.state == 'posted' or (record.state == 'clawed_back' and not REVERSED[record.reason]) then
    void = reduce(legs, record, refunded, whole, reason, purse)
  elseif whole and (record.state == 'held' or AWAITING[record.state]) then
    release(legs, record)
    await_nothing(record)
    record.state, record.reason = 'voided', 'refunded'
    if uses_rights(record) then
      restore(legs, record)
    end
  elseif was_taken_off(record) then
    local _, direct = reclaim_cost(record, share_of(record, refunded, whole), whole)
    claim_direct(legs, record, direct, purse)
  end
  journal('clawback', operation_id, at, record, legs)
  void_vouchers(void, record, operation_id, at)
end

-- Refunds that came before the grant could be posted take effect on it.
local function catch_up(record, operation_id, at)
  local refunded = refunded_of(record)
  if refunded > 0 then
    local reason = refunded >= record.payment and 'refunded' or 'partly_refunded'
    claw_back(record, refunded, reason, operation_id, at, {})
  end
end

local drop_dependents
-- Ids of what went with what it rested on, in this call so far.
local dropped = {}

-- An authorisation that ran out, of which no payment is waited for any more.
local function give_up(record, reason, operation_id, at)
  record.due_what, record.due_at, record.reason = '-', 0, reason
  journal('void', operation_id, at, record, {})
end

-- It was abuse, was refused, or what it rested on is gone: what has been given goes back in full, and what only
-- waited is voided. `unpaid`: it is the payment itself that is stopped.
local function reverse(record, reason, operation_id, at, unpaid)
  local legs, void = {}, {}
  -- What a refund has paid back of it already was given, and stays known.
  if was_taken_off(record) and not (unpaid and record.deducted == 0) then
    post_given(legs, record)
  end
  if record.state == 'held' or AWAITING[record.state] then
    release(legs, record)
  elseif record.state == 'posted' then
    void = take_back(legs, record, record.payment, true, nil, unpaid)
  elseif record.state == 'voided' and record.due_at > 0 then
    return give_up(record, reason, operation_id, at)
  elseif record.state ~= 'forfeited' then
    -- An answer that was given in time, and is heard of only now, would take again what was forfeited.
    return
  end
  await_nothing(record)
  record.reason = reason
  if record.state == 'posted' then
    record.state = 'clawed_back'
    journal('clawback', operation_id, at, record, legs)
  else
    record.state = 'voided'
    journal('void', operation_id, at, record, legs)
  end
  void_vouchers(void, record, operation_id, at)
  drop_dependents(record, operation_id, at)
end

-- A share of what an exchange spends goes back with the exchange.
function drop_dependents(record, operation_id, at)
  local ids = words(read('payments', cjson.decode(record.identity)[3]) or '')
  local earned = earned_id(record.id)
  for _, id in ipairs(ids) do
    local other = find(id)
    for _, base in ipairs(rules_of(other).needs or {}) do
      if base == earned then
        local before = other.revision
        reverse(other, 'base_missing', operation_id, at)
        if other.revision ~= before then
          dropped[#dropped + 1] = id
        end
      end
    end
  end
end
