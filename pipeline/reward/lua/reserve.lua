-- One grant: every leg together, or none. The answer is kept either way.

local function has_room(account, limit, by)
  if limit < 0 then
    return true
  end
  local held = balance(account)
  return by <= limit - held.posted - held.pending
end

local function has_room_at(index, by)
  return has_room(request.accounts[index], request.limits[index], by)
end

local function stands_at_nothing(account)
  local held = balance(account)
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
    if LIVE[standing_state_of(id)] then
      return 'not_stackable'
    end
  end
  if lacks_base(op) then
    return 'base_missing'
  end
  for _, index in ipairs(op.rights or NONE) do
    if not has_room_at(index, 1) then
      return 'limit_reached'
    end
  end
  for _, index in ipairs(op.quotas or NONE) do
    if not has_room_at(index, 1) then
      return 'quota_exhausted'
    end
  end
  -- A marker in use has its place in the quota already.
  local counted = op.counted or NONE
  for index = 1, #counted, 2 do
    if stands_at_nothing(request.accounts[counted[index]]) and not has_room_at(counted[index + 1], 1) then
      return 'quota_exhausted'
    end
  end
  return nil
end

-- Whether a unit of the choice's own can be had: the reason why not, or nil.
local function shortage(account, limit)
  if has_room(account, limit, 1) then
    return nil
  end
  return begins(account, 'stock/') and 'out_of_stock' or 'quota_exhausted'
end

-- Whether the values can be moved: the reason why not, or nil. `values` are {account, by, limit, floor}.
local function lack(values)
  for _, value in ipairs(values) do
    local account, by = value[1], value[2]
    if by > 0 then
      if not has_room(account, value[3], by) then
        return 'budget_exhausted'
      end
    elseif is_spent(account, by) and balance(account).posted + by < value[4] then
      return 'insufficient_points'
    end
  end
  return nil
end

-- A choice is flat: tier, amount, number of its text, how many units, of money and of contra it moves, and these
-- accounts by their numbers. Its text is an argument of its own, the record from the payment's amount on, as it
-- is when nothing is due: most grants are journalled without anything of it being taken apart.
local FIRST_ACCOUNT = 7

local function text_of(choice)
  return ARGV[FIXED_ARGUMENTS + choice[3]]
end

-- The first reason why this choice cannot be had, or nil.
local function obstacle(choice, values)
  local money = FIRST_ACCOUNT + choice[4]
  for place = FIRST_ACCOUNT, money - 1 do
    local index = choice[place]
    local reason = shortage(request.accounts[index], request.limits[index])
    if reason then
      return reason
    end
  end
  for place = money, money + choice[5] - 1 do
    if not has_room_at(choice[place], choice[2]) then
      return 'budget_exhausted'
    end
  end
  return values and lack(values)
end

local function add_values(record, values)
  local list = record.values
  for _, value in ipairs(values) do
    list[#list + 1], list[#list + 2], list[#list + 3] = value[1], value[2], 0
  end
end

-- Journals a text that is made in one piece, and returns the standing that it begins with. Whatever looks at it
-- later within the call reads it as any stored record.
local function journal_text(operation, op, name, state, reason, choice, rest)
  sequence = sequence + 1
  local standing = state .. ' ' .. reason .. ' ' .. int(choice[1]) .. ' ' .. int(choice[2]) .. ' 0 ' .. int(sequence)
  local text = standing .. ' ' .. rest
  write(name, op.id, text)
  append(operation, op.id, op.eventTime, op.id, text, name == 'grants' and '* 1 0' or '')
  return standing
end

local function post_units(list)
  for _, index in ipairs(list or NONE) do
    move(request.accounts[index], 1, 0)
  end
end

-- Given at once, and nothing is to happen to it, as with nearly every grant.
local function give(op, choice)
  local accounts, amount = request.accounts, choice[2]
  local money = FIRST_ACCOUNT + choice[4]
  local contra = money + choice[5]
  post_units(op.rights)
  post_units(op.quotas)
  for place = FIRST_ACCOUNT, money - 1 do
    move(accounts[choice[place]], 1, 0)
  end
  for place = money, contra - 1 do
    move(accounts[choice[place]], amount, 0)
  end
  for place = contra, contra + choice[6] - 1 do
    move(accounts[choice[place]], -amount, 0)
  end
  write('payments', op.event, op.id)
  return journal_text('reserve', op, 'grants', op.intent, op.reason, choice, text_of(choice))
end

local function new_record(op, choice)
  local standing = op.intent .. ' ' .. op.reason .. ' ' .. int(choice[1]) .. ' ' .. int(choice[2]) .. ' 0 0 '
  return parse(op.id, standing .. text_of(choice))
end

-- A payment that was captured and voided lists its grant already.
local function lists(ids, id)
  for _, listed in ipairs(words(ids or '')) do
    if listed == id then
      return true
    end
  end
  return false
end

-- Refunds find a grant by what it stands under.
local function list_under(payment, id)
  local others = read('payments', payment)
  if not lists(others, id) then
    write('payments', payment, others and (others .. ' ' .. id) or id)
  end
end

local function take(op, choice)
  local record = new_record(op, choice)
  record.heard = op.heard or record.heard
  local legs = {}
  local rules = rules_of(record)
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
    issue_vouchers(record, op.eventTime, op.anew and days_late(record) or 0)
  end
  list_under(op.event, record.id)
  if op.proven then
    list_under(op.proven, record.id)
  end
  -- Its payment may have been refunded although no other reward stands there: one that was taken for abuse stood there.
  catch_up(record, record.id, op.eventTime)
  unpark(op.proven or op.event, record.part)
end

-- What the caller asked for, for comparison with what is stored.
local function read_facts(op)
  op.identity, op.terms, op.award = string.match(text_of(op.choices[1]), '^[^\n]*\n([^\n]*)\n([^\n]*)\n([^\n]*)')
end

-- What is stored under the id already. An event that came again, in another order of arrival, and is
-- intercepted now gives back what it has got, unless a person gave it although it was intercepted.
local function repeated(op, record)
  if record.identity == op.identity then
    if op.intent == 'voided' and record.moving and not made_good_at(record) then
      reverse(record, op.reason, op.id, op.eventTime)
    end
    return { record.id }
  end
  if op.ifAbsent and cjson.decode(record.identity)[3] ~= op.event then
    return { record.id }
  end
  return conflict(op.id, op, op.choices[1][2], op.payment)
end

-- Nothing moves; the text ends where the record's tail would begin.
local function turn_down(op, operation, state, reason)
  local choice = op.choices[1]
  local head = string.match(text_of(choice), '^[^\n]*\n[^\n]*\n[^\n]*\n[^\n]*\n')
  return journal_text(operation, op, 'refused', state, reason, choice, head)
end

-- Returns the ids touched, or nil and the standing of an answer that says only what was asked for.
local function answer(op)
  if op.intent == 'voided' then
    return nil, turn_down(op, 'intercept', 'voided', op.reason)
  elseif op.intent == 'rejected' then
    return nil, turn_down(op, 'reject', 'rejected', op.reason)
  end
  local reason = barrier(op)
  if not reason then
    for number, choice in ipairs(op.choices) do
      reason = obstacle(choice, op.values and op.values[number])
      if not reason then
        if number == 1 and op.plain and not op.anew and not read('payments', op.event) and not parked_under(op.event) then
          return nil, give(op, choice)
        end
        read_facts(op)
        take(op, choice)
        return { op.id }
      end
      -- What a draw falls back on is promised for a prize that the line cannot bear, too.
      if reason ~= 'quota_exhausted' and reason ~= 'out_of_stock' and not (op.draw and reason == 'budget_exhausted') then
        break
      end
    end
  end
  return nil, turn_down(op, 'reject', 'rejected', reason)
end

-- Returns as `answer`. What is asked for anew is told by its id, which may be another than that of the operation; what
-- does not go along is none.
local function reserve(op)
  local known, predecessor, stays
  if op.anew then
    known, predecessor, stays = renew(op)
    if stays then
      return {}
    end
  else
    known = find(op.id)
  end
  if known then
    read_facts(op)
    return repeated(op, known)
  end
  local ids, standing = answer(op)
  if predecessor and not ids then
    keep_stock(predecessor, op)
  end
  if op.anew then
    return ids or { op.id }
  end
  return ids, standing
end
