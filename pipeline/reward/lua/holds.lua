-- Holds end by an analyst's word (settle.lua) or by event time. The ledger's own clock is the latest event
-- time it has applied, so that a replay ends the same holds before the same reservations.

local HOLD_ENDS = { 'void', 'manual_review' }
local added_holds = {}
local dropped_holds = {}

-- Holds that end within this call, soonest first.
local due = {}
local newest = watermark
for _, op in ipairs(request.ops) do
  if op.eventTime and op.eventTime > newest then
    newest = op.eventTime
  end
end
local ending = redis.call('ZRANGEBYSCORE', KEY.holds, '-inf', int(newest), 'WITHSCORES')
for index = 1, #ending, 2 do
  due[#due + 1] = { member = ending[index], at = tonumber(ending[index + 1]) }
end

local function add_hold(id, at, on_timeout)
  local hold = { member = id .. ' ' .. on_timeout, at = at }
  added_holds[#added_holds + 1] = hold
  if at <= newest then
    local place = #due + 1
    while place > 1 and due[place - 1].at > at do
      place = place - 1
    end
    table.insert(due, place, hold)
  end
end

local function drop_hold(id)
  for _, on_timeout in ipairs(HOLD_ENDS) do
    dropped_holds[#dropped_holds + 1] = id .. ' ' .. on_timeout
  end
end

-- Moves the ledger's clock on and ends the holds whose time is over: void gives every leg back,
-- manual_review leaves the grant held and says that it is overdue.
local function advance(event_time)
  if event_time > watermark then
    watermark = event_time
  end
  while due[1] and due[1].at <= watermark do
    local hold = table.remove(due, 1)
    local id, on_timeout = string.match(hold.member, '^(%S+) (%S+)$')
    local grant = find(id)
    if grant and grant.state == 'held' then
      local legs = {}
      if on_timeout == 'void' then
        move_all(legs, grant, 0, -1)
        grant.state = 'voided'
        grant.reason = 'hold_expired'
      else
        grant.reason = 'review_overdue'
      end
      journal('expire', id, hold.at, grant, legs)
    end
    drop_hold(id)
  end
end
