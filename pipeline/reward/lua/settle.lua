-- The word of an analyst on a held reward. A hold resolves once: whatever is no longer held stays as it is.

local function settle(op)
  local list = read('payments', op.event)
  if not list then
    return {}
  end
  local ids = words(list)
  for _, id in ipairs(ids) do
    local grant = find(id)
    if grant.state == 'held' then
      local legs = {}
      drop_hold(id)
      grant.state = op.to
      grant.reason = op.reason
      if op.to == 'voided' then
        move_all(legs, grant, 0, -1)
        journal('void', op.id, op.at, grant, legs)
      else
        move_all(legs, grant, 1, -1)
        journal('post', op.id, op.at, grant, legs)
        local refunded = balance('refunded/' .. op.part).posted
        if refunded > 0 then
          claw_back(grant, refunded, 'partly_refunded', op.id, op.at, {})
        end
      end
    end
  end
  return ids
end
