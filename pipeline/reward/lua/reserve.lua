-- One grant: every leg together, or none. The answer is kept either way.

local NONE = {}
local LIVE = { held = true, awaiting_claim = true, awaiting_choice = true, posted = true }

local function has_room(account, by)
  local limit = account[2]
  if limit < 0 then
    return true
  end
  local held = balance(account[1])
  return by <= limit - held.posted - held.pending
end

local function stands_at_nothing(account)
  local held = balance(account[1])
  return held.posted == 0 and held.pending == 0
end

-- The first reason why nothing can be had whatever the choice, or nil. What shuts a person out comes first,
-- then the person's own limits, then the shared ones.
local function barrier(op)
  for _, index in ipairs(op.unless or NONE) do
    if not stands_at_nothing(request.accounts[index]) then
      return 'excluded'
    end
  end
  for _, id in ipairs(op.rivals or NONE) do
    local rival = find(id)
    if rival and LIVE[rival.state] then
      return 'not_stackable'
    end
  end
  for _, id in ipairs(op.needs or NONE) do
    local base = find(id)
    if not (base and LIVE[base.state]) then
      return 'base_missing'
    end
  end
  for _, index in ipairs(op.limits) do
    if not has_room(request.accounts[index], 1) then
      return 'limit_reached'
    end
  end
  for _, index in ipairs(op.quotas or NONE) do
    if not has_room(request.accounts[index], 1) then
      return 'quota_exhausted'
    end
  end
  -- A marker in use has its place in the quota already.
  local counted = op.counted or NONE
  for index = 1, #counted, 2 do
    local marker, quota = request.accounts[counted[index]], request.accounts[counted[index + 1]]
    if stands_at_nothing(marker) and not has_room(quota, 1) then
      return 'quota_exhausted'
    end
  end
  return nil
end

-- Whether a unit of the choice's own can be had: the reason why not, or nil.
local function shortage(account)
  if has_room(account, 1) then
    return nil
  end
  return begins(account[1], 'stock/') and 'out_of_stock' or 'quota_exhausted'
end

-- Whether the values can be moved: the reason why not, or nil. `values` are {account, by, limit, floor}.
local function lack(values)
  for _, value in ipairs(values) do
    local account, by = value[1], value[2]
    if by > 0 then
      if not has_room({ account, value[3] }, by) then
        return 'budget_exhausted'
      end
    elseif is_spent(account, by) and balance(account).posted + by < value[4] then
      return 'insufficient_points'
    end
  end
  return nil
end

-- choice: { tier, amount, award, units, money, contra, values if any }
local function obstacle(choice)
  for _, index in ipairs(choice[4]) do
    local reason = shortage(request.accounts[index])
    if reason then
      return reason
    end
  end
  for _, index in ipairs(choice[5]) do
    if not has_room(request.accounts[index], choice[2]) then
      return 'budget_exhausted'
    end
  end
  return choice[7] and lack(choice[7])
end

local function add_names(found, indexes)
  for _, index in ipairs(indexes) do
    found[#found + 1] = request.accounts[index][1]
  end
end

local function add_values(record, values)
  local list = record.values
  for _, value in ipairs(values) do
    list[#list + 1], list[#list + 2], list[#list + 3] = value[1], value[2], 0
  end
end

local function fill(op, record, choice)
  record.moving = true
  record.tier, record.amount, record.award = choice[1], choice[2], choice[3]
  record.units, record.money, record.contra = {}, {}, {}
  add_names(record.units, op.limits)
  add_names(record.units, op.quotas or NONE)
  add_names(record.units, choice[4])
  if op.counted then
    record.counted = {}
    add_names(record.counted, op.counted)
  end
  add_names(record.money, choice[5])
  add_names(record.contra, choice[6])
  if choice[7] then
    record.values = {}
    add_values(record, choice[7])
  end
end

local function take(op, record, choice)
  fill(op, record, choice)
  local legs = {}
  local rules = rules_of(record)
  record.state, record.reason = op.intent, op.reason
  if op.intent == 'posted' and (not rules.next or is_blank(record)) then
    if is_blank(record) then
      record.reason = 'no_prize'
    end
    move_all(legs, record, 1, 0)
    if #record.values > 0 then
      reserve_values(legs, record, 1)
      post_values(legs, record)
    end
  else
    move_all(legs, record, 0, 1)
    reserve_values(legs, record, 1)
    if op.intent == 'posted' then
      wait_for_customer(record, rules)
    elseif op.holdMs then
      -- From the ledger's own time: a payment that comes late is held as long as any other.
      await(record, op.onTimeout, watermark + op.holdMs)
    end
  end
  journal('reserve', record.id, op.eventTime, record, legs)
  if record.state == 'posted' then
    issue_vouchers(record, op.eventTime, 0)
  end
  local others = read('payments', op.event)
  write('payments', op.event, others and (others .. ' ' .. record.id) or record.id)
  if others then
    catch_up(record, record.id, op.eventTime)
  end
  unpark(op.event, record.part)
end

-- What is stored under the id already. An event that came again, in another order of arrival, and is
-- intercepted now gives back what it has got.
local function repeated(op, record)
  if record.identity == op.identity then
    if op.intent == 'voided' and record.moving then
      reverse(record, op.reason, op.id, op.eventTime)
    end
    return { record.id }
  end
  if op.ifAbsent then
    return { record.id }
  end
  return conflict(op.id, op, op.choices[1][2], op.payment)
end

local function reserve(op)
  local known = find(op.id)
  if known then
    return repeated(op, known)
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
    deadline = 0,
    identity = op.identity,
    terms = op.terms,
    award = op.choices[1][3],
    -- All of them here, so that the table is made once in its full size.
    standing = '',
    revision = 0,
    part = op.part or op.event,
    by = '-',
    rules = op.rules or '',
    due_what = '-',
    due_at = 0,
    units = NONE,
    counted = NONE,
    money = NONE,
    contra = NONE,
    values = NONE,
  }
  if op.intent ~= 'voided' then
    record.state, record.reason = 'rejected', barrier(op)
    if not record.reason then
      for _, choice in ipairs(op.choices) do
        record.reason = obstacle(choice)
        if not record.reason then
          take(op, record, choice)
          return { record.id }
        end
        if record.reason ~= 'quota_exhausted' and record.reason ~= 'out_of_stock' then
          break
        end
      end
    end
  end
  journal(op.intent == 'voided' and 'intercept' or 'reject', record.id, op.eventTime, record, {})
  return { record.id }
end
