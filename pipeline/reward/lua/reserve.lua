-- One grant: every leg together, or none. The answer is kept either way.

local function has_room(index, amount)
  local account = request.accounts[index]
  local limit = account[2]
  if limit < 0 then
    return true
  end
  local held = balance(account[1])
  return amount <= limit - held.posted - held.pending
end

-- The first reason why a choice cannot be had, or nil. A person's own limit is named before a shared one.
local function obstacle(op, choice)
  for _, index in ipairs(op.limits) do
    if not has_room(index, 1) then
      return 'limit_reached'
    end
  end
  for _, index in ipairs(op.quotas) do
    if not has_room(index, 1) then
      return 'quota_exhausted'
    end
  end
  if choice[3] > 0 and not has_room(choice[3], 1) then
    return 'quota_exhausted'
  end
  for _, index in ipairs(op.budgets) do
    if not has_room(index, choice[2]) then
      return 'budget_exhausted'
    end
  end
  return nil
end

local function add_names(found, indexes)
  for _, index in ipairs(indexes) do
    found[#found + 1] = request.accounts[index][1]
  end
end

local function take(op, record, choice)
  record.moving = true
  record.state = op.intent
  record.reason = op.reason
  record.tier = choice[1]
  record.amount = choice[2]
  add_names(record.units, op.limits)
  add_names(record.units, op.quotas)
  if choice[3] > 0 then
    record.units[#record.units + 1] = request.accounts[choice[3]][1]
  end
  add_names(record.money, op.budgets)
  local legs = {}
  if op.intent == 'held' then
    move_all(legs, record, 0, 1)
    if op.holdMs > 0 then
      -- From the ledger's own time: a payment that comes late is held as long as any other.
      add_hold(record.id, watermark + op.holdMs, op.onTimeout)
    end
  else
    move_all(legs, record, 1, 0)
  end
  journal('reserve', record.id, op.eventTime, record, legs)
  local others = read('payments', op.event)
  write('payments', op.event, others and (others .. ' ' .. record.id) or record.id)
  local refunded = others and balance('refunded/' .. op.part).posted or 0
  if refunded > 0 then
    local reason = refunded == record.payment and 'refunded' or 'partly_refunded'
    claw_back(record, refunded, reason, record.id, op.eventTime, {})
  end
  unpark(op.event, op.part)
end

-- An event that came again, in another order of arrival, is intercepted now: what it has got is given back.
-- A hold is voided, which frees every leg; of a posted grant the money returns, and the right stays used.
local function intercept(op, grant)
  local legs = {}
  grant.reason = op.reason
  if grant.state == 'held' then
    move_all(legs, grant, 0, -1)
    grant.state = 'voided'
    drop_hold(grant.id)
    journal('void', op.id, op.eventTime, grant, legs)
  else
    move_money(legs, grant, grant.clawed - grant.amount, 0)
    grant.clawed = grant.amount
    grant.state = 'clawed_back'
    journal('clawback', op.id, op.eventTime, grant, legs)
  end
end

local function reserve(op)
  local stored = find(op.id)
  if stored then
    if stored.identity == op.identity then
      if op.intent == 'voided' and (stored.state == 'held' or stored.state == 'posted') then
        intercept(op, stored)
      end
      return { stored.id }
    end
    return conflict(op.id, op, op.choices[1][2], op.payment)
  end
  local record = {
    id = op.id,
    moving = false,
    state = op.intent,
    reason = op.reason,
    tier = op.choices[1][1],
    amount = op.choices[1][2],
    clawed = 0,
    payment = op.payment,
    identity = op.identity,
    terms = op.terms,
    units = {},
    money = {},
  }
  if op.intent ~= 'voided' then
    for _, choice in ipairs(op.choices) do
      local reason = obstacle(op, choice)
      if not reason then
        take(op, record, choice)
        return { record.id }
      end
      record.state = 'rejected'
      record.reason = reason
      if reason ~= 'quota_exhausted' then
        break
      end
    end
  end
  journal(op.intent == 'voided' and 'intercept' or 'reject', record.id, op.eventTime, record, {})
  return { record.id }
end
