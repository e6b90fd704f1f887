-- Vouchers in the customer's hand: used, or let run longer.

local GONE = { redeemed = 'voucher_used', expired = 'voucher_expired', voided = 'voucher_voided' }

local function redeem(op)
  local noted = find('redeem_' .. op.id)
  if noted then
    return { noted.id }
  end
  local voucher = find_voucher(op.voucher)
  if not voucher then
    return refuse(op, 'voucher_unknown')
  end
  local record = find(voucher.grant)
  if not is_owner(record, op.customer) then
    return refuse(op, 'not_yours')
  end
  if voucher.redeemed_by == op.part then
    return { record.id }
  end
  if voucher.state ~= 'issued' then
    return refuse(op, GONE[voucher.state])
  end
  if op.amount < voucher.minimum then
    return refuse(op, 'below_minimum')
  end
  voucher.state, voucher.redeemed_by, voucher.redeemed_at = 'redeemed', op.part, op.eventTime
  drop_due(voucher.id, 'voucher')
  journal('redeem', op.id, op.eventTime, record, { voucher_leg(voucher, -1) }, voucher)
  return { record.id }
end

-- Whether a voucher is one of the named kinds; its own name stands in the award of its grant.
local function is_named(voucher, names)
  local left = tonumber(string.match(voucher.id, '(%d+)$'))
  for _, item in ipairs(cjson.decode(find(voucher.grant).award)[2]) do
    if item.kind == 'voucher' then
      left = left - 1
      if left == 0 then
        for _, name in ipairs(names) do
          if name == item.voucher then
            return true
          end
        end
        return false
      end
    end
  end
  return false
end

local function extend(op)
  local noted = find('extend_' .. op.id)
  if noted then
    return { noted.id }
  end
  local voucher = find_voucher(op.voucher)
  if not voucher then
    return refuse(op, 'voucher_unknown')
  end
  if op.customer ~= '' and not is_owner(find(voucher.grant), op.customer) then
    return refuse(op, 'not_yours')
  end
  if op.names and not is_named(voucher, op.names) then
    return refuse(op, 'voucher_unknown')
  end
  for _, by in ipairs(voucher.extended_by) do
    if by == op.part then
      return { voucher.grant }
    end
  end
  if voucher.state ~= 'issued' then
    return refuse(op, GONE[voucher.state])
  end
  voucher.expires = voucher.expires + op.byMs
  voucher.extended_by[#voucher.extended_by + 1] = op.part
  add_due(voucher.id, 'voucher', voucher.expires)
  journal('extend', op.id, op.eventTime, find(voucher.grant), { voucher_leg(voucher, 0) }, voucher)
  return { voucher.grant }
end
