-- Refunds take rewards back in proportion, cumulatively: after refunds of R in all on a payment of P, a
-- reward of D has given back round_half_up(D * R / P), so that a full refund returns exactly D, however
-- many parts it comes in.

-- Brings one grant in line with what has been refunded of its payment. `legs` may already hold a leg.
local function claw_back(grant, refunded, reason, operation_id, at, legs)
  local intercepted = grant.state == 'clawed_back' and (grant.reason == 'risk_block' or grant.reason == 'account_frozen')
  if intercepted then
    -- All of it went back already: a refund owes nothing more, and the reason stays.
  elseif grant.state == 'posted' or grant.state == 'clawed_back' then
    local owed = mul_div_half_up(grant.amount, refunded, grant.payment) - grant.clawed
    move_money(legs, grant, -owed, 0)
    grant.clawed = grant.clawed + owed
    grant.reason = reason
    if grant.clawed == grant.amount then
      grant.state = 'clawed_back'
    end
  elseif grant.state == 'held' and refunded == grant.payment then
    move_all(legs, grant, 0, -1)
    grant.state = 'voided'
    grant.reason = 'refunded'
    drop_hold(grant.id)
  end
  journal('clawback', operation_id, at, grant, legs)
end

-- The record of a refund that took nothing back.
local function note_refund(operation, refund, reason, legs)
  local record = {
    id = 'refund_' .. refund.id,
    moving = false,
    state = 'rejected',
    reason = reason,
    tier = -1,
    amount = 0,
    clawed = 0,
    payment = refund.amount,
    identity = refund.identity,
    terms = refund.terms,
    units = {},
    money = {},
  }
  journal(operation, refund.id, refund.at, record, legs)
  return record.id
end

-- Counts a refund against a payment that earned grants and brings all of them in line.
-- `legs` may hold the leg that takes the refund out of the parking place. Returns the ids touched.
local function apply_refund(refund, payment, legs)
  local ids = words(read('payments', payment))
  local paid = find(ids[1]).payment
  local refunded = balance('refunded/' .. refund.part)
  local counted = math.min(refund.amount, paid - refunded.posted)
  if counted == 0 then
    return { note_refund('refund_refused', refund, 'refund_exceeds_payment', legs) }
  end
  local reason = 'partly_refunded'
  if counted < refund.amount then
    reason = 'refund_exceeds_payment'
  elseif refunded.posted + counted == paid then
    reason = 'refunded'
  end
  leg(legs, 'refunded/' .. refund.part, counted, 0)
  if counted < refund.amount then
    leg(legs, 'excess/' .. refund.part, refund.amount - counted, 0)
  end
  write('refunds', refund.id, int(refund.amount) .. ' ' .. refund.part)
  for _, id in ipairs(ids) do
    claw_back(find(id), refunded.posted, reason, refund.id, refund.at, legs)
    legs = {}
  end
  return ids
end

-- The journal says what was parked, for a rebuild; there is no balance of it, which would outlive its list.
local function note_parked(legs, part, amount)
  legs[#legs + 1] = 'parked/' .. part .. ' ' .. int(amount) .. ' 0'
end

-- A payment has earned its first grant: refunds that came before it take effect now, in their order.
local function unpark(payment, part)
  local text = read('parked', payment) or read('parkedBefore', payment)
  if not text then
    return
  end
  write('parked', payment, false)
  write('parkedBefore', payment, false)
  for _, waiting in ipairs(cjson.decode(text)) do
    local record = find('refund_' .. waiting[1])
    local refund = {
      id = waiting[1],
      amount = tonumber(waiting[2]),
      at = tonumber(waiting[3]),
      identity = record and record.identity or '[]',
      terms = record and record.terms or '[]',
      part = part,
    }
    local legs = {}
    note_parked(legs, part, -refund.amount)
    apply_refund(refund, payment, legs)
    local latest = find('refund_' .. refund.id)
    if latest and latest.reason == 'payment_not_found' then
      latest.reason = 'refund_applied'
      journal('refund_applied', refund.id, refund.at, latest, {})
    end
  end
end

local function park(refund, payment)
  local text = read('parked', payment) or read('parkedBefore', payment)
  local list = text and cjson.decode(text) or {}
  local legs = {}
  for _, waiting in ipairs(list) do
    if waiting[1] == refund.id then
      return { note_refund('refund_parked', refund, 'payment_not_found', legs) }
    end
  end
  list[#list + 1] = { refund.id, int(refund.amount), int(refund.at) }
  write('parked', payment, cjson.encode(list))
  note_parked(legs, refund.part, refund.amount)
  return { note_refund('refund_parked', refund, 'payment_not_found', legs) }
end

-- One id with two bodies: the first one stands, the second is kept beside it.
local function conflict(id, op, amount, payment)
  local record = {
    id = 'conflict_' .. id .. '_' .. string.sub(redis.sha1hex(op.identity), 1, 12),
    moving = false,
    state = 'rejected',
    reason = 'id_conflict',
    tier = -1,
    amount = amount,
    clawed = 0,
    payment = payment,
    identity = op.identity,
    terms = op.terms,
    units = {},
    money = {},
  }
  if not find(record.id) then
    journal('conflict', id, op.eventTime, record, {})
  end
  return { record.id }
end

local function refund(op)
  local earlier = read('refunds', op.id)
  if earlier then
    if earlier == int(op.amount) .. ' ' .. op.part then
      return words(read('payments', op.payment))
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
  local incoming = {
    id = op.id,
    amount = op.amount,
    at = op.eventTime,
    identity = op.identity,
    terms = op.terms,
    part = op.part,
  }
  if op.payment == '' then
    return { note_refund('refund_refused', incoming, 'payment_not_found', {}) }
  end
  if op.amount == 0 then
    return { note_refund('refund_refused', incoming, 'refund_without_amount', {}) }
  end
  if read('payments', op.payment) then
    return apply_refund(incoming, op.payment, {})
  end
  return park(incoming, op.payment)
end
