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

local function claim(op)
  local record, answer = grant_to_answer(op)
  if not record then
    return answer
  end
  if record.state ~= 'awaiting_claim' then
    return refuse(op, record.state == 'forfeited' and 'claim_late' or not_waiting(record))
  end
  await_nothing(record)
  record.by = op.part
  post_now(record, 'claim', op.id, op.eventTime, op.eventTime, 'claimed', {})
  return { record.id }
end
