-- What was paid, by the grants it earned: on a proof it may be said to be less.
local function paid_for(ids)
  local paid = 0
  for _, id in ipairs(ids) do
    paid = math.max(paid, find(id).payment)
  end
  return paid
end

-- Who paid, as the payment's own reward says; or who has proved it, where it earned none itself. The second value
-- tells which of the two.
local function payer_of(ids)
  for _, id in ipairs(ids) do
    local record = find(id)
    if not rules_of(record).proven then
      return cjson.decode(record.identity), true
    end
  end
  return cjson.decode(find(ids[1]).identity), false
end

-- Whether the refund is of somebody else's payment: another account's, where no customer says that both are one's own.
local function is_strangers(refund, paid)
  local asked = cjson.decode(refund.identity)
  return asked[4] ~= nil and asked[4] ~= paid[4] and (asked[5] == '' or asked[5] ~= paid[5])
end

-- Whether the refund is in another currency than what it refunds: it names the campaigns that have another.
local function is_foreign(refund, ids)
  local detail = cjson.decode(refund.terms)[4] or ''
  for _, campaign in ipairs(detail == '' and NONE or cjson.decode(detail)) do
    for _, id in ipairs(ids) do
      if cjson.decode(find(id).identity)[1] == campaign then
        return true
      end
    end
  end
  return false
end

-- Counts a refund against a payment that earned grants and brings all of them in line.
-- `legs` may hold the leg that takes the refund out of the parking place, `purse` is what can be deducted from it.
-- Returns the ids touched.
local function apply_refund(refund, payment, legs, purse)
  local ids = words(read('payments', payment))
  local captured = balance('captured/' .. refund.part).posted
  local paid = captured > 0 and captured or paid_for(ids)
  local refunded = balance('refunded/' .. refund.part)
  local counted = math.min(refund.amount, paid - refunded.posted)
  if is_strangers(refund, payer_of(ids)) then
    return note('refund_' .. refund.id, 'refund_refused', refund, 'not_yours', legs)
  elseif is_foreign(refund, ids) then
    return note('refund_' .. refund.id, 'refund_refused', refund, 'currency_not_eligible', legs)
  elseif refund.amount == 0 and paid > 0 then
    return note('refund_' .. refund.id, 'refund_refused', refund, 'refund_without_amount', legs)
  elseif counted == 0 and refund.amount > 0 then
    return note('refund_' .. refund.id, 'refund_refused', refund, 'refund_exceeds_payment', legs)
  end
  local reason = 'partly_refunded'
  if counted < refund.amount then
    reason = 'refund_exceeds_payment'
  elseif refunded.posted + counted == paid then
    reason = 'refunded'
  end
  -- Also of nothing: that it came is known by its leg.
  move('refunded/' .. refund.part, counted, 0)
  legs[#legs + 1] = 'refunded/' .. refund.part .. ' ' .. int(counted) .. ' 0'
  leg(legs, 'excess/' .. refund.part, refund.amount - counted, 0)
  write('refunds', refund.id, int(refund.amount) .. ' ' .. refund.part)
  for _, id in ipairs(ids) do
    local record = find(id)
    claw_back(record, refunded_of(record), reason, refund.id, refund.eventTime, legs, purse)
    legs = {}
  end
  return ids
end

-- The journal says what was parked, for a rebuild; there is no balance of it, which would outlive its list.
local function note_parked(legs, part, amount)
  legs[#legs + 1] = 'parked/' .. part .. ' ' .. int(amount) .. ' 0'
end

-- The refunds that came before a payment earned anything, as JSON, or false.
local function parked_under(payment)
  return read('parked', payment) or read('parkedBefore', payment)
end

local function take_effect(refund, payment)
  local legs = {}
  note_parked(legs, refund.part, -refund.amount)
  -- The money went back before anything could be deducted.
  apply_refund(refund, payment, legs, nil)
  local latest = find('refund_' .. refund.id)
  if latest and latest.reason == 'payment_not_found' then
    latest.reason = 'refund_applied'
    journal('refund_applied', refund.id, refund.eventTime, latest, {})
  end
end

-- A payment has earned its first grant: refunds that came before it take effect now, in their order. What somebody
-- else has proved of it ends no wait of its payer's.
local function unpark(payment, part)
  local text = parked_under(payment)
  if not text then
    return
  end
  local paid, is_payers = payer_of(words(read('payments', payment)))
  local still = {}
  write('parked', payment, false)
  write('parkedBefore', payment, false)
  for _, waiting in ipairs(cjson.decode(text)) do
    local record = find('refund_' .. waiting[1])
    local refund = {
      id = waiting[1],
      amount = tonumber(waiting[2]),
      eventTime = tonumber(waiting[3]),
      identity = record and record.identity or '[]',
      terms = record and record.terms or '[]',
      part = part,
    }
    if not is_payers and is_strangers(refund, paid) then
      still[#still + 1] = waiting
    else
      take_effect(refund, payment)
    end
  end
  if #still > 0 then
    write('parked', payment, cjson.encode(still))
  end
end

local function park(refund, payment)
  local text = parked_under(payment)
  local list = text and cjson.decode(text) or {}
  local legs = {}
  for _, waiting in ipairs(list) do
    if waiting[1] == refund.id then
      return note('refund_' .. refund.id, 'refund_parked', refund, 'payment_not_found', legs)
    end
  end
  list[#list + 1] = { refund.id, int(refund.amount), int(refund.eventTime) }
  write('parked', payment, cjson.encode(list))
  note_parked(legs, refund.part, refund.amount)
  return note('refund_' .. refund.id, 'refund_parked', refund, 'payment_not_found', legs)
end

-- Whether it names an authorisation that has its payment: what was paid is refunded under the payment.
local function is_captured(op)
  for _, id in ipairs(words(read('payments', op.payment) or '')) do
    if find(id).part ~= op.part then
      return true
    end
  end
  return false
end

local function refund(op)
  local earlier = read('refunds', op.id)
  if earlier then
    if earlier == int(op.amount) .. ' ' .. op.part then
      return words(read('payments', op.payment) or '')
    end
    return conflict(op.id, op, 0, op.amount)
  end
  local noted = find('refund_' .. op.id)
  if noted then
    if noted.identity == op.identity then
      return { noted.id }
    end
    return conflict(op.id, op, 0, op.amount)
  end
  if op.payment == '' then
    return note('refund_' .. op.id, 'refund_refused', op, 'payment_not_named', {})
  elseif is_captured(op) then
    return note('refund_' .. op.id, 'refund_refused', op, 'payment_not_found', {})
  end
  if read('payments', op.payment) then
    return apply_refund(op, op.payment, {}, { left = op.amount })
  end
  if op.amount == 0 then
    return note('refund_' .. op.id, 'refund_refused', op, 'refund_without_amount', {})
  end
  return park(op, op.payment)
end
