-- From waiting to given.

local DAY_MS = 86400000
local WAITS = { claim = 'awaiting_claim', choice = 'awaiting_choice' }

-- Whole days from the event to now: as much longer the customer has who got it only now.
local function days_late(record)
  local late = watermark - cjson.decode(record.identity)[8]
  return math.max(0, math.floor(late / DAY_MS)) * DAY_MS
end

-- The customer has to claim or choose before the time that was laid down. Nobody forfeits by a review that
-- took longer: then it is as many whole days later as it needs to lie ahead.
local function wait_for_customer(record, rules)
  local deadline = rules.untilMs
  if deadline <= watermark then
    deadline = deadline + (math.floor((watermark - deadline) / DAY_MS) + 1) * DAY_MS
  end
  record.state = WAITS[rules.next]
  record.deadline = deadline
  await(record, 'forfeit', deadline)
end

-- Whether what is given is less by what was refunded meanwhile: nothing of it is in the customer's hands, in which
-- shares of it have to be fetched back.
local function is_given_less(record, refunded)
  return refunded > 0 and not record.direct and not has_vouchers(record) and not is_whole(record, refunded)
end

-- Posts what was pending. `at` is when it was said, `effect_at` the event time for what follows from it.
local function post_now(record, operation, operation_id, at, effect_at, reason, legs)
  move_all(legs, record, 1, -1)
  post_values(legs, record)
  record.state, record.reason = 'posted', reason
  local refunded = refunded_of(record)
  if is_given_less(record, refunded) then
    reduce(legs, record, refunded, false, 'partly_refunded')
    return journal(operation, operation_id, at, record, legs)
  end
  journal(operation, operation_id, at, record, legs)
  issue_vouchers(record, effect_at, days_late(record))
  catch_up(record, operation_id, effect_at)
end

-- Ends a hold for good: posted, or waiting for the customer from now on, unless the answer is what was held.
local function post_or_wait(record, operation, operation_id, at, effect_at, reason, legs)
  await_nothing(record)
  local rules = rules_of(record)
  if not rules.next or record.by ~= '-' or is_blank(record) then
    return post_now(record, operation, operation_id, at, effect_at, reason, legs)
  end
  record.reason = reason
  wait_for_customer(record, rules)
  journal(operation, operation_id, at, record, legs)
end
