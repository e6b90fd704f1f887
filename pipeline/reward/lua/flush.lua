-- All writes of one call. The journal comes first: it refuses a sequence number that does not grow, which
-- is how a ledger restored from an older copy shows itself, before anything else was changed.

local function set_fields(name, fields)
  local values = {}
  for _, field in ipairs(fields) do
    local value = seen[name][field]
    if value then
      values[#values + 1] = field
      values[#values + 1] = value
    else
      redis.call('HDEL', KEY[name], field)
    end
    if #values >= 2 * FIELDS_A_CALL then
      redis.call('HSET', KEY[name], unpack(values))
      values = {}
    end
  end
  if #values > 0 then
    redis.call('HSET', KEY[name], unpack(values))
  end
end

-- Closes a generation that is full: the one before it is forgotten, in the background.
local function rotate(name, size)
  if redis.call('HLEN', KEY[name]) >= size then
    redis.call('UNLINK', KEY[name .. 'Before'])
    redis.call('RENAME', KEY[name], KEY[name .. 'Before'])
  end
end

-- The fields of the voucher come last, since most entries have none.
local function append(entry, ...)
  redis.call(
    'XADD', KEY.journal, int(entry.sequence) .. '-0',
    'operation', entry.operation, 'operationId', entry.operation_id, 'at', int(entry.at),
    'grant', entry.grant, 'record', entry.text, 'legs', entry.legs, ...
  )
end

local function flush_balances()
  local accounts = {}
  for account, held in pairs(moved) do
    accounts[#accounts + 1] = account
    accounts[#accounts + 1] = int(held.posted) .. ' ' .. int(held.pending)
    if #accounts >= 2 * FIELDS_A_CALL then
      redis.call('HSET', KEY.balances, unpack(accounts))
      accounts = {}
    end
  end
  if #accounts > 0 then
    redis.call('HSET', KEY.balances, unpack(accounts))
  end
end

local function flush(generation_size)
  for _, entry in ipairs(entries) do
    if entry.voucher then
      append(entry, 'voucher', entry.voucher, 'voucherRecord', entry.voucher_text)
    else
      append(entry)
    end
  end
  flush_balances()
  for name, fields in pairs(changed) do
    set_fields(name, fields)
  end
  for member, at in pairs(due_changed) do
    if at then
      redis.call('ZADD', KEY.due, int(at), member)
    else
      redis.call('ZREM', KEY.due, member)
    end
  end
  redis.call('HSET', KEY.state, 'sequence', int(sequence), 'watermark', int(recorded))
  rotate('refused', generation_size)
  rotate('parked', generation_size)
end
