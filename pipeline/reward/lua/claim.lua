-- The winner asks for what was won.

-- Why a grant that does not wait for this answer cannot take it.
local function not_waiting(record)
  if record.state == 'held' and not AWAITS_PAYMENT[record.reason] then
    return 'awaiting_review'
  end
  return record.reason
end

-- The grant an answer is about, when it is the customer's own; otherwise nil and the answer.
local function grant_to_answer(op)
  local noted = find(op.kind .. '_' .. op.id)
  if noted then
    return nil, { noted.id }
  end
  local record = find(op.grant)
  if not record or not record.moving then
    return nil, refuse(op, 'grant_not_found')
  end
  if not is_owner(record, op.customer) then
    return nil, refuse(op, 'not_yours')
  end
  if record.by == op.part then
    return nil, { record.id }
  end
  return record
end

-- Why what a forfeit gave back cannot be taken again, or nil.
local function no_room_again(op, record, late)
  for _, account in ipairs(record.units) do
    if begins(account, 'stock/') then
      local limit = limit_among(op, account)
      if not limit then
        return late
      elseif not has_room(account, limit, 1) then
        return 'out_of_stock'
      end
    end
  end
  return no_money_again(op, record, record.amount, late)
end

-- Why a grant takes no answer any more, or nil. The answer's own time decides: the ledger's clock may have passed
-- the deadline before an answer arrives that was given in time.
local function obstacle_to_answer(op, record, state, late)
  if record.state ~= state and record.state ~= 'forfeited' then
    return record.by ~= '-' and state == 'awaiting_choice' and 'already_chosen' or not_waiting(record)
  end
  if op.eventTime >= record.deadline then
    return late
  end
  return record.state == 'forfeited' and no_room_again(op, record, late) or nil
end

-- The legs that the answer begins with: what a forfeit gave back is taken again.
local function wait_no_more(record)
  local legs = {}
  if record.state == 'forfeited' then
    for _, account in ipairs(record.units) do
      leg(legs, account, begins(account, 'stock/') and 0 or -1, 1)
    end
    move_counted(legs, record, -1, 1)
    move_money(legs, record, 0, record.amount)
    reserve_values(legs, record, 1)
  end
  await_nothing(record)
  return legs
end

-- Answered once, and posted. The answer of somebody under suspicion is kept as given in time, and waits for a
-- person's word on it.
local function take_answer(op, record, reason, legs)
  record.by = op.part
  -- A word on the answer's event finds it there.
  list_under(op.id, record.id)
  if op.intent == 'held' then
    record.state, record.reason = 'held', 'held_for_review'
    local review = rules_of(record).review
    if review then
      await(record, review[2], watermark + review[1])
    end
    journal(op.kind, op.id, op.eventTime, record, legs)
  else
    post_now(record, op.kind, op.id, op.eventTime, op.eventTime, reason, legs)
  end
  return { record.id }
end

local function claim(op)
  local record, answer = grant_to_answer(op)
  if not record then
    return answer
  end
  local reason = obstacle_to_answer(op, record, 'awaiting_claim', 'claim_late')
  if reason then
    return refuse(op, reason)
  end
  local legs = wait_no_more(record)
  return take_answer(op, record, 'claimed', legs)
end
