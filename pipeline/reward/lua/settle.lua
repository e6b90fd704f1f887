-- The word of a person: on all grants of an event, or on one. A hold resolves once: whatever is no longer held
-- stays as it is, unless it was abuse.

-- What waits for a payment, or for the review of one, is not posted by a word on the authorisation, nor what
-- waits for a word on this very grant by one on its event.
local function may_post(op, record)
  if record.reason == 'awaiting_payment' then
    return false
  end
  return op.grant or (record.reason ~= 'awaiting_review' and record.part == op.part)
end

local function settle(op)
  local ids = op.grant and { op.grant } or words(read('payments', op.event) or '')
  local touched = {}
  for _, id in ipairs(ids) do
    local record = find(id)
    if record then
      touched[#touched + 1] = id
      if op.to == 'posted' then
        if record.state == 'held' and may_post(op, record) then
          post_or_wait(record, 'post', op.id, op.at, watermark, op.reason, {})
        end
      elseif record.state == 'held' then
        local legs = {}
        release(legs, record)
        await_nothing(record)
        record.state, record.reason = 'voided', op.reason
        journal('void', op.id, op.at, record, legs)
      elseif op.reason == 'review_confirmed' and LIVE[record.state] and record.moving then
        reverse(record, op.reason, op.id, watermark)
      end
    end
  end
  return touched
end
