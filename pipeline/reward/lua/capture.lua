-- The payment of an authorisation, or the word that there will be none. Grants that wait for it stand under
-- the authorisation; from the capture on they stand under the payment as well, where refunds find them.

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
    end
  end
  return ids
end
