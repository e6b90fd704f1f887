-- Vouchers in the customer's hand: used, or let run longer.

local GONE = { redeemed = 'voucher_used', expired = 'voucher_expired', voided = 'voucher_voided' }

-- The n-th voucher of its grant's award, which says what it is a voucher of.
local function item_of(voucher)
  local left = tonumber(string.match(voucher.id, '(%d+)$'))
  for _, item in ipairs(cjson.decode(find(voucher.grant).award)[2]) do
    if item.kind == 'voucher' then
      left = left - 1
      if left == 0 then
        return item
      end
    end
  end
  return nil
end

local function holds(list, wanted)
  for _, each in ipairs(list) do
    if each == wanted then
      return true
    end
  end
  return false
end

-- Why a voucher does not hold for this purchase, or nil.
local function unfit(op, record, voucher)
  local campaign = op.campaigns[cjson.decode(record.identity)[1]]
  if campaign and not campaign.inCurrency then
    return 'voucher_wrong_currency'
  end
  local scope = item_of(voucher).scope
  for _, place in ipairs(scope) do
    if holds(op.places, place) or (campaign and holds(campaign.lists, place)) then
      return op.amount < voucher.minimum and 'below_minimum' or nil
    end
  end
  if #scope > 0 then
    return 'voucher_out_of_scope'
  end
  return op.amount < voucher.minimum and 'below_minimum' or nil
end

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
  -- The time of its use decides: the ledger's clock may have passed its end before it was heard of.
  local expired = voucher.state == 'expired' and record.state == 'posted' and op.eventTime < voucher.expires
  if voucher.state ~= 'issued' and not expired then
    return refuse(op, GONE[voucher.state])
  end
  local reason = unfit(op, record, voucher)
    or (expired and no_money_again(op, record, voucher.cost, 'voucher_expired'))
  if reason then
    return refuse(op, reason)
  end
  local legs = { voucher_leg(voucher, expired and 0 or -1) }
  if expired then
    move_money(legs, record, voucher.cost, 0)
    record.clawed, record.reason = record.clawed - voucher.cost, 'granted'
  end
  voucher.state, voucher.redeemed_by, voucher.redeemed_at = 'redeemed', op.part, op.eventTime
  drop_due(voucher.id, 'voucher')
  journal('redeem', op.id, op.eventTime, record, legs, voucher)
  -- Of a payment that was refunded in part meanwhile: the share that an unused voucher is spared.
  catch_up(record, op.id, op.eventTime)
  return { record.id }
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
  if op.names and not holds(op.names, item_of(voucher).voucher) then
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
