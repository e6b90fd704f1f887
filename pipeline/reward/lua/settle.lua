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

-- Whether a word is new to what waits, which remembers it from now on, also one that changes nothing (`mark` is "-"
-- then): a word that comes again after another would undo that one. An account's part never holds "=".
local function hears(record, op, mark)
  local word = string.sub(redis.sha1hex(op.id .. ' ' .. int(op.told or op.at)), 1, 10)
  if string.find(record.heard, '=' .. word, 1, true) or string.find(record.heard, '=-' .. word, 1, true) then
    return false
  end
  record.heard = record.heard .. '=' .. (mark or '') .. word
  return true
end

-- A word that changes nothing, and told again is none on what holds the grant by then.
local function note(record, op)
  if hears(record, op, '-') then
    journal('noted', op.id, op.at, record, {})
  end
end

local function release_one(op, record)
  if not is_meant(op, record) then
    return
  elseif record.reason == 'awaiting_payment' then
    -- Nobody's review was asked for.
    return note(record, op)
  elseif not hears(record, op) then
    return
  end
  if AWAITS_PAYMENT[record.reason] then
    wait_also(record, op, 'review_passed', 'awaiting_payment')
  else
    post_or_wait(record, 'post', op.id, op.at, watermark, op.reason, {})
  end
end

-- A word on an authorisation that ran out: what it would have done, it does once a payment is heard of that was in time.
local function note_word(record, op)
  if op.to == 'voided' then
    if hears(record, op) then
      give_up(record, op.reason, op.id, op.at)
    end
  elseif op.to == 'posted' and is_meant(op, record) then
    if record.due_what == RAN_OUT.awaiting_payment then
      note(record, op)
    elseif hears(record, op) then
      record.due_what = RAN_OUT.awaiting_payment
      journal('review_passed', op.id, op.at, record, {})
    end
  elseif op.to == 'held' and hears(record, op) then
    record.due_what = RAN_OUT.awaiting_payment_and_review
    journal('review_opened', op.id, op.at, record, {})
  end
end

-- What waits for its customer, or was missed, may come to be held by an answer that is in doubt.
local MAY_BE_HELD = { awaiting_claim = true, awaiting_choice = true, forfeited = true }

-- A word on one grant that is not held.
local function note_early(record, op)
  if op.grant and MAY_BE_HELD[record.state] then
    note(record, op)
  end
end

-- Given up, or taken back: what the till has given already, and by a word that it was abuse whatever was given.
local function take_away(record, op)
  local held = record.state == 'held'
  if not held and not (ABUSE[op.reason] and (LIVE[record.state] or record.state == 'forfeited')) then
    return note_early(record, op)
  end
  if not hears(record, op) then
    return
  end
  if not held or was_taken_off(record) then
    return reverse(record, op.reason, op.id, watermark)
  end
  local legs = {}
  release(legs, record)
  await_nothing(record)
  record.state, record.reason = 'voided', op.reason
  journal('void', op.id, op.at, record, legs)
  drop_dependents(record, op.id, watermark)
end

local function settle(op)
  local ids = op.grant and { op.grant } or words(read('payments', op.event) or '')
  local touched, is_told = {}, {}
  local gone_before = #dropped
  for _, id in ipairs(ids) do
    local record = find(id)
    if record then
      touched[#touched + 1], is_told[id] = id, true
      if (op.told or op.at) <= (made_good_at(record) or -1) then
        -- It was said of what stood there before.
      elseif record.moving and has_run_out(record) then
        note_word(record, op)
      elseif op.to == 'posted' then
        if record.state == 'held' then
          release_one(op, record)
        else
          note_early(record, op)
        end
      elseif op.to == 'held' then
        if record.state == 'held' and AWAITS_PAYMENT[record.reason] and hears(record, op) then
          wait_also(record, op, 'review_opened', 'awaiting_payment_and_review')
        end
      elseif record.moving then
        take_away(record, op)
      end
    end
  end
  for index = gone_before + 1, #dropped do
    if not is_told[dropped[index]] then
      touched[#touched + 1] = dropped[index]
    end
  end
  return touched
end
