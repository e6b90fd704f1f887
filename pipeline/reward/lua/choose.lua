-- One of the options that were laid down when the grant was reserved is taken. The dearest was reserved, so
-- that the money is there for any; what the chosen one costs less returns.

-- option: { label, tier, amount, award, units, money, contra, values }
local function option_of(record, label)
  for _, option in ipairs(rules_of(record).options) do
    if option[1] == label then
      return option
    end
  end
  return nil
end

-- All of it stays pending. Every leg of what was reserved by its name: the entry's record names the accounts of the
-- option only.
local function exchange(legs, record, option)
  for _, account in ipairs(record.money) do
    leg(legs, account, 0, -record.amount)
  end
  for _, account in ipairs(record.contra) do
    leg(legs, account, 0, record.amount)
  end
  reserve_values(legs, record, -1)
  record.tier, record.amount, record.award = option[2], option[3], option[4]
  record.money, record.contra, record.values = option[6], option[7], {}
  for _, account in ipairs(option[5]) do
    leg(legs, account[1], 0, 1)
    record.units[#record.units + 1] = account[1]
  end
  move_money(legs, record, 0, record.amount)
  add_values(record, option[8])
  reserve_values(legs, record, 1)
end

local function choose(op)
  local record, answer = grant_to_answer(op)
  if not record then
    return answer
  end
  local reason = obstacle_to_answer(op, record, 'awaiting_choice', 'forfeited')
  if reason then
    return refuse(op, reason)
  end
  local option = option_of(record, op.option)
  if not option then
    return refuse(op, 'no_such_option')
  end
  local missing = lack(option[8])
  for _, account in ipairs(option[5]) do
    missing = missing or shortage(account[1], account[2])
  end
  if missing then
    return refuse(op, missing)
  end
  local legs = wait_no_more(record)
  exchange(legs, record, option)
  return take_answer(op, record, 'chosen', legs)
end
