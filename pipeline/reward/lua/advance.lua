local function end_wait(record, what, at)
  if what == 'void' and was_taken_off(record) then
    return reverse(record, 'hold_expired', record.id, at)
  end
  local legs = {}
  -- Until when a payment could have been made stays known: its message may come later.
  record.due_what, record.due_at = RAN_OUT[record.reason] or '-', AWAITS_PAYMENT[record.reason] and at or 0
  if what == 'void' then
    -- What nobody judged, or whose payment was not heard of, has cost its customer no right, also after an answer.
    release_all(legs, record)
    record.state = 'voided'
    record.reason = AWAITS_PAYMENT[record.reason] and 'authorisation_expired' or 'hold_expired'
  elseif what == 'forfeit' then
    release(legs, record)
    record.state, record.reason = 'forfeited', 'forfeited'
  elseif record.reason == 'held_for_review' then
    record.reason = 'review_overdue'
  end
  journal('expire', record.id, at, record, legs)
  if what == 'void' then
    drop_dependents(record, record.id, at)
  end
end

-- Moves the ledger's clock on and lets happen what has become due. Returns false when there is more of it
-- than fits a call: the operation at hand must wait for the next.
local function advance(event_time)
  if event_time > watermark then
    watermark = event_time
  end
  while due[first_due] and due[first_due].at <= watermark do
    local item = due[first_due]
    if item.at > horizon then
      return false
    end
    first_due = first_due + 1
    local id, what = string.match(item.member, '^(%S+) (%S+)$')
    if what == 'voucher' then
      expire_voucher(id, item.at)
    else
      local record = find(id)
      if record and record.due_what == what and record.due_at == item.at then
        end_wait(record, what, item.at)
      end
    end
    -- Unless it was put off meanwhile.
    if due_changed[item.member] == nil or due_changed[item.member] == item.at then
      due_changed[item.member] = false
    end
  end
  return horizon > watermark
end
