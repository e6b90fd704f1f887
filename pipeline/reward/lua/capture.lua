-- The payment of an authorisation, or the word that there will be none. Grants that wait for it stand under
-- the authorisation; from the capture on they stand under the payment as well, where refunds find them.

-- The limit of an account among those that the operation brings, or nil.
local function limit_among(op, account)
  for _, index in ipairs(op.room or {}) do
    if request.accounts[index] == account then
      return request.limits[index]
    end
  end
  return nil
end

-- Why a grant's lines cannot bear an amount that they had got back already, or nil. What is not in force any more
-- is over: the reason given.
local function no_money_again(op, record, amount, over)
  for _, account in ipairs(record.money) do
    local limit = limit_among(op, account)
    if not limit then
      return over
    elseif not has_room(account, limit, amount) then
      return 'budget_exhausted'
    end
  end
  return nil
end

-- An authorisation that ran out before its payment was heard of.
local function has_run_out(record)
  return record.state == 'voided' and record.due_at > 0
end

local function was_paid_in_time(op, record)
  return op.intent ~= 'voided' and op.amount ~= 0 and op.eventTime < record.due_at
end

-- Whether all that an authorisation gave back when it ran out can be had again, by the limits that it was
-- reserved under, and of money by those of today; what closes the offer to somebody may have come meanwhile.
local function has_room_again(op, record)
  local rules = rules_of(record)
  for _, account in ipairs(rules.unless or NONE) do
    if not stands_at_nothing(account) then
      return false
    end
  end
  for _, unit in ipairs(rules.room or NONE) do
    if not has_room(unit[1], unit[2], 1) then
      return false
    end
  end
  for _, quota in ipairs(rules.counted or NONE) do
    if stands_at_nothing(quota[1]) and not has_room(quota[2], quota[3], 1) then
      return false
    end
  end
  return rules.room ~= nil and not no_money_again(op, record, record.amount, record.reason)
end

-- It waits for its payment again, which is here.
local function wait_again(record, legs)
  move_all(legs, record, 0, 1)
  reserve_values(legs, record, 1)
  record.state = 'held'
  record.reason = record.due_what == RAN_OUT.awaiting_payment and 'awaiting_payment' or 'awaiting_payment_and_review'
  record.due_what, record.due_at = '-', 0
end

-- Why nothing of a grant is posted with the payment, or nil.
local function failing(op, record)
  if op.intent == 'voided' then
    return op.reason
  end
  if op.amount == 0 then
    return 'payment_cancelled'
  end
  local refunded = refunded_of(record)
  return refunded > 0 and is_whole(record, refunded) and 'refunded' or nil
end

local function capture_one(op, record, legs)
  local reason = failing(op, record)
  if reason then
    release(legs, record)
    await_nothing(record)
    record.state, record.reason = 'voided', reason
    journal('capture', op.id, op.eventTime, record, legs)
  elseif op.intent == 'held' or record.reason == 'awaiting_payment_and_review' then
    await_nothing(record)
    -- The payment is above suspicion, its authorisation was not: nobody has judged that yet.
    record.reason = op.intent == 'held' and op.reason or 'authorisation_in_review'
    local review = rules_of(record).review
    if review then
      await(record, review[2], watermark + review[1])
    end
    journal('capture', op.id, op.eventTime, record, legs)
  else
    post_or_wait(record, 'capture', op.id, op.eventTime, op.eventTime, op.reason, legs)
  end
end

-- The grants of an authorisation, when it was that account's; otherwise nil and the answer: what another account
-- says of it changes nothing.
local function authorised(op)
  local noted = find(op.kind .. '_' .. op.id)
  if noted then
    return nil, { noted.id }
  end
  local ids = words(read('payments', op.authorisation) or '')
  for _, id in ipairs(ids) do
    if cjson.decode(find(id).identity)[4] ~= op.account then
      return nil, refuse(op, 'not_yours')
    end
  end
  return ids
end

local function capture(op)
  local ids, answer = authorised(op)
  if not ids then
    return answer
  end
  local legs = {}
  local linked = read('payments', op.id)
  local captured = false
  for _, id in ipairs(ids) do
    local record = find(id)
    if has_run_out(record) then
      if was_paid_in_time(op, record) and has_room_again(op, record) then
        wait_again(record, legs)
      else
        give_up(record, record.reason, op.id, op.eventTime)
      end
    end
    if record.state == 'held' and AWAITS_PAYMENT[record.reason] then
      if balance('captured/' .. op.part).posted == 0 then
        leg(legs, 'captured/' .. op.part, op.amount or 0, 0)
      end
      record.part = op.part
      if gives(record, 'discount') then
        record.direct, record.deducted, record.owed = 0, 0, 0
      end
      linked = linked and (linked .. ' ' .. id) or id
      write('payments', op.id, linked)
      captured = true
      capture_one(op, record, legs)
      legs = {}
    elseif op.intent == 'voided' and record.part == op.part and LIVE[record.state] then
      reverse(record, op.reason, op.id, op.eventTime, true)
    end
  end
  if captured then
    unpark(op.id, op.part)
  end
  return ids
end

local function cancel(op)
  local ids, answer = authorised(op)
  if not ids then
    return answer
  end
  for _, id in ipairs(ids) do
    local record = find(id)
    if record.state == 'held' and AWAITS_PAYMENT[record.reason] then
      local legs = {}
      release(legs, record)
      await_nothing(record)
      record.state, record.reason = 'voided', 'payment_cancelled'
      journal('cancel', op.id, op.eventTime, record, legs)
    elseif has_run_out(record) then
      give_up(record, 'payment_cancelled', op.id, op.eventTime)
    end
  end
  return ids
end
