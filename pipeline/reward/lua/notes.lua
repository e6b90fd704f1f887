-- Answers that moved nothing are kept under ids of their own.

local function note(id, operation, op, reason, legs)
  local record = {
    id = id,
    moving = false,
    state = 'rejected',
    reason = reason,
    tier = -1,
    amount = 0,
    clawed = 0,
    payment = op.amount or 0,
    deadline = 0,
    identity = op.identity,
    terms = op.terms,
    award = NO_AWARD,
  }
  journal(operation, op.id, op.eventTime, record, legs)
  return { id }
end

-- A wish that is not granted: claim, choose, redeem, extend.
local function refuse(op, reason)
  return note(op.kind .. '_' .. op.id, 'refuse', op, reason, {})
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
    deadline = 0,
    identity = op.identity,
    terms = op.terms,
    award = NO_AWARD,
  }
  if not find(record.id) then
    journal('conflict', id, op.eventTime, record, {})
  end
  return { record.id }
end
