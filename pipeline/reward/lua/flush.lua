-- All writes of one call. The journal comes first: it refuses a sequence number that does not grow, which
-- is how a ledger restored from an older copy shows itself, before anything else was changed.

local function set_fields(name, fields)
  local values, count = {}, 0
  for _, field in ipairs(fields) do
    local value = seen[name][field]
    if value then
      values[count + 1], values[count + 2] = field, value
      count = count + 2
    else
      redis.call('HDEL', KEY[name], field)
    end
    if count >= 2 * FIELDS_A_CALL then
      redis.call('HSET', KEY[name], unpack(values))
      values, count = {}, 0
    end
  end
  if count > 0 then
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

local function flush_journal()
  local call, key = redis.call, KEY.journal
  for index = 1, entry_count, ENTRY_PARTS do
    local id, entry, grant, text, more = unpack(entries, index, index + ENTRY_PARTS - 1)
    if more then
      call('XADD', key, id, 'entry', entry, 'grant', grant, 'record', text, unpack(more))
    else
      call('XADD', key, id, 'entry', entry, 'grant', grant, 'record', text)
    end
  end
end

local function flush_balances()
  local values, count = {}, 0
  for account, held in pairs(moved) do
    values[count + 1], values[count + 2] = account, int(held.posted) .. ' ' .. int(held.pending)
    count = count + 2
    if count >= 2 * FIELDS_A_CALL then
      redis.call('HSET', KEY.balances, unpack(values))
      values, count = {}, 0
    end
  end
  if count > 0 then
    redis.call('HSET', KEY.balances, unpack(values))
  end
end

local function flush(generation_size)
  flush_journal()
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
