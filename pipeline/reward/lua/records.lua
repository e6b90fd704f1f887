-- What the ledger holds, read once and changed in memory until flush.lua writes it.
--
-- A record is text in lines, so that the parts that never change are never encoded again:
--   1  state reason tier amount clawed-back revision payment-amount
--   2  identity: JSON of what must be equal for a repeat to be a repeat (record.ts)
--   3  terms: JSON of the budget line and the configuration version it was decided under
--   4  accounts moved by one unit, by spaces
--   5  accounts moved by the amount, by spaces

local KEY = {
  balances = KEYS[1],
  grants = KEYS[2],
  refused = KEYS[3],
  refusedBefore = KEYS[4],
  payments = KEYS[5],
  refunds = KEYS[6],
  parked = KEYS[7],
  parkedBefore = KEYS[8],
  holds = KEYS[9],
  journal = KEYS[10],
  state = KEYS[11],
}

local seen = { grants = {}, refused = {}, refusedBefore = {}, payments = {}, refunds = {}, parked = {}, parkedBefore = {} }
local changed = { grants = {}, refused = {}, payments = {}, refunds = {}, parked = {}, parkedBefore = {} }
-- Empty generations are not asked for every operation.
local empty = {
  refused = redis.call('HLEN', KEY.refused) == 0,
  refusedBefore = redis.call('HLEN', KEY.refusedBefore) == 0,
  parked = redis.call('HLEN', KEY.parked) == 0,
  parkedBefore = redis.call('HLEN', KEY.parkedBefore) == 0,
}

-- The value of a field, or false.
local function read(name, field)
  local value = seen[name][field]
  if value == nil then
    value = not empty[name] and redis.call('HGET', KEY[name], field)
    seen[name][field] = value
  end
  return value
end

-- Sets a field, or removes it when the value is false.
local function write(name, field, value)
  seen[name][field] = value
  local list = changed[name]
  list[#list + 1] = field
end

local balances = {}
local moved = {}

local function hold_balance(account, text)
  local held = { posted = 0, pending = 0 }
  if text then
    local posted, pending = string.match(text, '^(%-?%d+) (%-?%d+)$')
    held.posted, held.pending = tonumber(posted), tonumber(pending)
  end
  balances[account] = held
  return held
end

local function balance(account)
  return balances[account] or hold_balance(account, redis.call('HGET', KEY.balances, account))
end

-- Most of what a call will read is known beforehand: one command for many fields costs a third of as many commands.
local FIELDS_A_CALL = 500

local function prefetch(key, fields, note)
  for from = 1, #fields, FIELDS_A_CALL do
    local last = math.min(from + FIELDS_A_CALL - 1, #fields)
    local values = redis.call('HMGET', key, unpack(fields, from, last))
    for index, value in ipairs(values) do
      note(fields[from + index - 1], value)
    end
  end
end

do
  local ids, events, accounts = {}, {}, {}
  for _, op in ipairs(request.ops) do
    if op.kind == 'reserve' then
      ids[#ids + 1] = op.id
      events[#events + 1] = op.event
    end
  end
  for index, account in ipairs(request.accounts) do
    accounts[index] = account[1]
  end
  prefetch(KEY.grants, ids, function(id, text)
    seen.grants[id] = text
  end)
  prefetch(KEY.payments, events, function(event, text)
    seen.payments[event] = text
  end)
  prefetch(KEY.balances, accounts, hold_balance)
end

local records = {}

local function words(line)
  local list = {}
  for word in string.gmatch(line, '%S+') do
    list[#list + 1] = word
  end
  return list
end

local function parse(id, text, moving)
  local state, reason, tier, amount, clawed, revision, payment, identity, terms, units, money = string.match(
    text,
    '^(%S+) (%S+) (%-?%d+) (%d+) (%d+) (%d+) (%d+)\n([^\n]*)\n([^\n]*)\n([^\n]*)\n([^\n]*)$'
  )
  return {
    id = id,
    head = state .. ' ' .. reason .. ' ' .. tier .. ' ' .. amount .. ' ' .. clawed .. ' ' .. revision .. ' ' .. payment
      .. '\n' .. identity .. '\n' .. terms,
    moving = moving,
    state = state,
    reason = reason,
    tier = tonumber(tier),
    amount = tonumber(amount),
    clawed = tonumber(clawed),
    revision = tonumber(revision),
    payment = tonumber(payment),
    identity = identity,
    terms = terms,
    units = words(units),
    money = words(money),
  }
end

-- The record under an id, whichever way the answer went, or nil.
local function find(id)
  local record = records[id]
  if record then
    return record
  end
  local text = read('grants', id)
  local moving = text ~= false
  text = text or read('refused', id) or read('refusedBefore', id)
  if text then
    record = parse(id, text, moving)
    records[id] = record
  end
  return record
end

local stored = redis.call('HMGET', KEY.state, 'sequence', 'watermark')
local sequence = tonumber(stored[1] or '0')
local watermark = tonumber(stored[2] or '0')
local entries = {}

local function move(account, posted, pending)
  local held = balance(account)
  held.posted = held.posted + posted
  held.pending = held.pending + pending
  moved[account] = held
end

-- Moves one account and notes the leg.
local function leg(legs, account, posted, pending)
  move(account, posted, pending)
  legs[#legs + 1] = account .. ' ' .. int(posted) .. ' ' .. int(pending)
end

-- Moves the accounts that a grant moves by its amount.
local function move_money(legs, record, posted, pending)
  for _, account in ipairs(record.money) do
    move(account, posted, pending)
  end
  legs[#legs + 1] = '$ ' .. int(posted) .. ' ' .. int(pending)
end

-- Moves every account of a grant between pending and posted; the signs are -1, 0 or 1.
local function move_all(legs, record, posted, pending)
  for _, account in ipairs(record.units) do
    move(account, posted, pending)
  end
  for _, account in ipairs(record.money) do
    move(account, posted * record.amount, pending * record.amount)
  end
  legs[#legs + 1] = '* ' .. int(posted) .. ' ' .. int(pending)
end

-- The legs of an entry are lines "account posted pending"; "*" stands for all accounts that the record names,
-- by one unit or by the amount, and "$" for those of the amount alone. journal.ts spells them out.

-- Gives the record its next revision, keeps it, and appends the journal entry that led to it.
local function journal(operation, operation_id, at, record, legs)
  sequence = sequence + 1
  record.revision = sequence
  record.head = record.state .. ' ' .. record.reason .. ' ' .. int(record.tier) .. ' ' .. int(record.amount)
    .. ' ' .. int(record.clawed) .. ' ' .. int(sequence) .. ' ' .. int(record.payment)
    .. '\n' .. record.identity .. '\n' .. record.terms
  local text = record.head .. '\n' .. table.concat(record.units, ' ') .. '\n' .. table.concat(record.money, ' ')
  records[record.id] = record
  write(record.moving and 'grants' or 'refused', record.id, text)
  entries[#entries + 1] = {
    sequence = sequence,
    operation = operation,
    operation_id = operation_id,
    at = at,
    record = record,
    text = text,
    legs = table.concat(legs, '\n'),
  }
end
