-- The word of a person: on all grants of an event, or on one. A hold resolves once: whatever is no longer held
-- stays as it is, unless it was abuse.

-- What waits for the review of a payment is not posted by a word on its authorisation, nor what waits for a word
-- on this very grant by one on its event, nor what waits for one on the claim or choice. Where only the authorisation was in doubt, either word is enough.
local function is_meant(op, record)
  if op.grant or record.reason == 'authorisation_in_review' then
    return true
  end
  if record.by ~= '-' then
    return record.by == op.part
  end
  if rules_of(record).proven then
    return record.reason ~= 'awaiting_review' and cjson.decode(record.identity)[3] == op.event
  end
  return record.reason ~= 'awaiting_review' and record.part == op.part
end

-- No money moves; from here on the payment alone is waited for, or a person's word as well.
local function wait_also(record, op, operation, reason)
  record.reason = reason
  journal(operation, op.id, op.at, record, {})
end

local function release_one(op, record)
  if not is_meant(op, record) then
    return
  end
  if record.reason == 'awaiting_payment_and_review' then
    wait_also(record, op, 'review_passed', 'awaiting_payment')
  elseif record.reason ~= 'awaiting_payment' then
    post_or_wait(record, 'post', op.id, op.at, watermark, op.reason, {})
  end
end

-- A word on an authorisation that ran out: what it would have done, it does once a payment is heard of that was in time.
local function note_word(record, op)
  if op.to == 'voided' then
    give_up(record, op.reason, op.id, op.at)
  elseif op.to == 'posted' and record.due_what == RAN_OUT.awaiting_payment_and_review and is_meant(op, record) then
    record.due_what = RAN_OUT.awaiting_payment
    journal('review_passed', op.id, op.at, record, {})
  elseif op.to == 'held' and record.due_what == RAN_OUT.awaiting_payment then
    record.due_what = RAN_OUT.awaiting_payment_and_review
    journal('review_opened', op.id, op.at, record, {})
  end
end

-- Words by which it was abuse: what was given already goes back too.
local ABUSE = { review_confirmed = true, late_truth = true }

local function settle(op)
  local ids = op.grant and { op.grant } or words(read('payments', op.event) or '')
  local touched = {}
  for _, id in ipairs(ids) do
    local record = find(id)
    if record then
      touched[#touched + 1] = id
      if record.moving and has_run_out(record) then
        note_word(record, op)
      elseif op.to == 'posted' then
        if record.state == 'held' then
          release_one(op, record)
        end
      elseif op.to == 'held' then
        if record.state == 'held' and record.reason == 'awaiting_payment' then
          wait_also(record, op, 'review_opened', 'awaiting_payment_and_review')
        end
      elseif record.state == 'held' then
        local legs = {}
        release(legs, record)
        await_nothing(record)
        record.state, record.reason = 'voided', op.reason
        journal('void', op.id, op.at, record, legs)
        drop_dependents(record, op.id, watermark)
      elseif ABUSE[op.reason] and LIVE[record.state] and record.moving then
        reverse(record, op.reason, op.id, watermark)
      end
    end
  end
  return touched
end
