-- The legs of an entry are lines "account posted pending"; "*" stands for all accounts that the record names
-- by one unit or by the amount, and "$" for those of the amount alone, in fen. journal.ts spells them out.

local function move(account, posted, pending)
  local held = balance(account)
  held.posted = held.posted + posted
  held.pending = held.pending + pending
  moved[account] = held
end

-- Moves one account and notes the leg.
local function leg(legs, account, posted, pending)
  if posted ~= 0 or pending ~= 0 then
    move(account, posted, pending)
    legs[#legs + 1] = account .. ' ' .. int(posted) .. ' ' .. int(pending)
  end
end

-- What a marker in use adds to the quota that counts it: posted wins over pending.
local function counts(marker)
  local held = balance(marker)
  if held.posted > 0 then
    return 1, 0
  end
  return 0, held.pending > 0 and 1 or 0
end

local function move_counted(legs, record, posted, pending)
  for index = 1, #record.counted, 2 do
    local marker = record.counted[index]
    local posted_before, pending_before = counts(marker)
    leg(legs, marker, posted, pending)
    local posted_after, pending_after = counts(marker)
    leg(legs, record.counted[index + 1], posted_after - posted_before, pending_after - pending_before)
  end
end

-- Moves the accounts that a grant moves by its amount, and their contra.
local function move_money(legs, record, posted, pending)
  for _, account in ipairs(record.money) do
    move(account, posted, pending)
  end
  for _, account in ipairs(record.contra) do
    move(account, -posted, -pending)
  end
  legs[#legs + 1] = '$ ' .. int(posted) .. ' ' .. int(pending)
end

-- Moves every account of a grant but its values; the signs are -1, 0 or 1.
local function move_all(legs, record, posted, pending)
  local amount = record.amount
  for _, account in ipairs(record.units) do
    move(account, posted, pending)
  end
  for _, account in ipairs(record.money) do
    move(account, posted * amount, pending * amount)
  end
  for _, account in ipairs(record.contra) do
    move(account, -posted * amount, -pending * amount)
  end
  legs[#legs + 1] = '* ' .. int(posted) .. ' ' .. int(pending)
  move_counted(legs, record, posted, pending)
end

local function begins(account, prefix)
  return string.sub(account, 1, #prefix) == prefix
end

-- Points spent are posted at once, whatever the grant waits for, and so is their contra.
local function is_spent(account, by)
  if by < 0 then
    return begins(account, 'points/')
  end
  return begins(account, 'points-issued/')
end

-- Points become the customer's, earned or given back. What the customer owes is kept back.
local function credit_points(legs, account, points, pending)
  local receivable = 'receivable-' .. account
  local kept = math.min(points, -balance(receivable).posted)
  leg(legs, receivable, kept, 0)
  leg(legs, account, points - kept, pending)
end

-- Values become pending, or no longer are: the sign is 1 or -1. Points spent go, or come back.
local function reserve_values(legs, record, sign)
  for index = 1, #record.values, 3 do
    local account, by = record.values[index], record.values[index + 1]
    if sign < 0 and by < 0 and is_spent(account, by) then
      credit_points(legs, account, sign * by, 0)
    elseif is_spent(account, by) then
      leg(legs, account, sign * by, 0)
    else
      leg(legs, account, 0, sign * by)
    end
  end
end

-- Values that are pending are posted.
local function post_values(legs, record)
  for index = 1, #record.values, 3 do
    local account, by = record.values[index], record.values[index + 1]
    if not is_spent(account, by) then
      if by > 0 and begins(account, 'points/') then
        credit_points(legs, account, by, -by)
      else
        leg(legs, account, by, -by)
      end
    end
  end
end

-- Takes values back up to what `share` says of each. Points that are spent already become what is owed.
local function take_values(legs, record, share)
  for index = 1, #record.values, 3 do
    local account, by = record.values[index], record.values[index + 1]
    local owed = share(math.abs(by)) - record.values[index + 2]
    record.values[index + 2] = record.values[index + 2] + owed
    if by < 0 and begins(account, 'points/') then
      credit_points(legs, account, owed, 0)
    elseif by < 0 then
      leg(legs, account, owed, 0)
    elseif begins(account, 'points/') then
      local at_hand = math.max(0, math.min(owed, balance(account).posted))
      leg(legs, account, -at_hand, 0)
      leg(legs, 'receivable-' .. account, at_hand - owed, 0)
    else
      leg(legs, account, -owed, 0)
    end
  end
end

-- Whether its rights are used up whatever becomes of it: the customer has been asked to claim or to choose.
local function uses_rights(record)
  return record.deadline > 0
end

-- All that was pending returns.
local function release_all(legs, record)
  move_all(legs, record, 0, -1)
  reserve_values(legs, record, -1)
end

-- What was pending returns: all of it, or values and stock alone where rights and quotas are used up.
local function release(legs, record)
  if not uses_rights(record) then
    return release_all(legs, record)
  end
  for _, account in ipairs(record.units) do
    leg(legs, account, begins(account, 'stock/') and 0 or 1, -1)
  end
  move_counted(legs, record, 1, -1)
  move_money(legs, record, 0, -record.amount)
  reserve_values(legs, record, -1)
end

-- Quotas and rights become free again where the offer says so; stock stays used: it is out of the house.
local function restore(legs, record)
  local rules = rules_of(record)
  for _, account in ipairs(record.units) do
    if (rules.restore and begins(account, 'quota/')) or (rules.right and begins(account, 'limit/')) then
      leg(legs, account, -1, 0)
    end
  end
  if rules.restore then
    move_counted(legs, record, -1, 0)
  end
end
