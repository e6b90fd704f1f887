-- What the ledger holds, read once and changed in memory until flush.lua writes it.

local KEY = {
  balances = KEYS[1],
  grants = KEYS[2],
  refused = KEYS[3],
  refusedBefore = KEYS[4],
  payments = KEYS[5],
  refunds = KEYS[6],
  parked = KEYS[7],
  parkedBefore = KEYS[8],
  due = KEYS[9],
  journal = KEYS[10],
  state = KEYS[11],
  vouchers = KEYS[12],
}

local seen = {
  grants = {}, refused = {}, refusedBefore = {}, payments = {}, refunds = {}, parked = {}, parkedBefore = {},
  vouchers = {},
}
local changed = { grants = {}, refused = {}, payments = {}, refunds = {}, parked = {}, parkedBefore = {}, vouchers = {} }
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
    if empty[name] then
      return false
    end
    value = redis.call('HGET', KEY[name], field)
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
  local ids, events = {}, {}
  for _, op in ipairs(request.ops) do
    if op.kind == 'reserve' then
      ids[#ids + 1] = op.id
      events[#events + 1] = op.event
    end
  end
  prefetch(KEY.grants, ids, function(id, text)
    seen.grants[id] = text
  end)
  prefetch(KEY.payments, events, function(event, text)
    seen.payments[event] = text
  end)
  prefetch(KEY.balances, request.accounts, hold_balance)
end
