-- What will happen to grants and vouchers by event time: a sorted set of "id what".
--   void           a hold ends, and every leg returns
--   manual_review  a hold is overdue
--   forfeit        nobody claimed or chose
--   voucher        it expires
-- The ledger's own clock is the newest event time it has applied, so that a replay ends the same holds before
-- the same reservations.

local DUE_A_CALL = 1000
local due_changed = {}

-- What ends within this call, soonest first; equal times by name, as the sorted set has them.
local due = {}
local first_due = 1
-- Beyond this time there is more than this call has read.
local horizon = math.huge
local newest = watermark
for _, op in ipairs(request.ops) do
  if op.eventTime and op.eventTime > newest then
    newest = op.eventTime
  end
end
do
  local range = { 'ZRANGEBYSCORE', KEY.due, '-inf', int(newest), 'WITHSCORES', 'LIMIT', 0, DUE_A_CALL }
  if quoting then
    range[8] = -1
  end
  local ending = redis.call(unpack(range))
  for index = 1, #ending, 2 do
    due[#due + 1] = { member = ending[index], at = tonumber(ending[index + 1]) }
  end
  if #due == DUE_A_CALL and not quoting then
    horizon = due[#due].at
  end
end

local function add_due(id, what, at)
  local member = id .. ' ' .. what
  due_changed[member] = at
  if at <= newest then
    local place = #due + 1
    while place > first_due and (due[place - 1].at > at or (due[place - 1].at == at and due[place - 1].member > member)) do
      place = place - 1
    end
    table.insert(due, place, { member = member, at = at })
  end
end

local function drop_due(id, what)
  due_changed[id .. ' ' .. what] = false
end

-- A grant has at most one thing due.
local function await(record, what, at)
  record.due_what, record.due_at = what, at
  add_due(record.id, what, at)
end

local function await_nothing(record)
  if record.due_what ~= '-' then
    drop_due(record.id, record.due_what)
    record.due_what, record.due_at = '-', 0
  end
end
