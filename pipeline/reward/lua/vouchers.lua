-- Vouchers: issued when their grant posts, then with lives of their own. A record is one line:
--   state cost minimum issued expires redeemed-at revision redeemed-by extended-by ...
-- What it is a voucher of stands in the award of its grant; the journal has the leg voucher/<id>, 1 while it
-- lives, of which no balance is kept.

local function keep_voucher(voucher)
  local text = table.concat({
    voucher.state, int(voucher.cost), int(voucher.minimum), int(voucher.issued), int(voucher.expires),
    int(voucher.redeemed_at), int(voucher.revision), voucher.redeemed_by, unpack(voucher.extended_by),
  }, ' ')
  write('vouchers', voucher.id, text)
  return text
end

local function new_voucher(voucher)
  voucher.keep = function()
    return keep_voucher(voucher)
  end
  return voucher
end

-- The voucher, or nil.
local function find_voucher(id)
  local text = read('vouchers', id)
  if not text then
    return nil
  end
  local list = words(text)
  return new_voucher({
    id = id,
    grant = string.match(id, '^(.*)%.%d+$'),
    state = list[1],
    cost = tonumber(list[2]),
    minimum = tonumber(list[3]),
    issued = tonumber(list[4]),
    expires = tonumber(list[5]),
    redeemed_at = tonumber(list[6]),
    revision = tonumber(list[7]),
    redeemed_by = list[8],
    extended_by = { unpack(list, 9) },
  })
end

local function has_vouchers(record)
  return gives(record, 'voucher')
end

-- The vouchers of a grant, in their order.
local function vouchers_of(record)
  local list = {}
  if has_vouchers(record) then
    repeat
      local voucher = find_voucher(record.id .. '.' .. int(#list + 1))
      list[#list + 1] = voucher
    until not voucher
  end
  return list
end

local function voucher_leg(voucher, sign)
  return 'voucher/' .. voucher.id .. ' ' .. int(sign) .. ' 0'
end

-- Issues the vouchers of a grant that has just posted, and shares its cost out among them by their faces.
-- `shift` is the time by which all of them run longer.
local function issue_vouchers(record, at, shift)
  if not has_vouchers(record) then
    return
  end
  local faces, cost, list = 0, record.amount, {}
  for _, item in ipairs(cjson.decode(record.award)[2]) do
    if item.kind == 'voucher' then
      list[#list + 1] = item
      faces = faces + item.faceMinor
    else
      cost = cost - (item.amountMinor or 0)
    end
  end
  local face, shared = 0, 0
  for number, item in ipairs(list) do
    face = face + item.faceMinor
    local through = number == #list and cost or (faces > 0 and mul_div_half_up(cost, face, faces) or 0)
    local voucher = new_voucher({
      id = record.id .. '.' .. int(number),
      grant = record.id,
      state = 'issued',
      cost = through - shared,
      minimum = item.minSpendMinor,
      issued = at,
      expires = item.expiresAtMs + shift,
      redeemed_at = 0,
      redeemed_by = '-',
      extended_by = {},
    })
    shared = through
    journal('issue', record.id, at, record, { voucher_leg(voucher, 1) }, voucher)
    add_due(voucher.id, 'voucher', voucher.expires)
  end
end

-- Nobody used it: its cost returns to the lines it came from.
local function expire_voucher(id, at)
  local voucher = find_voucher(id)
  if not voucher or voucher.state ~= 'issued' or voucher.expires ~= at then
    return
  end
  local record = find(voucher.grant)
  local legs = { voucher_leg(voucher, -1) }
  move_money(legs, record, -voucher.cost, 0)
  record.clawed = record.clawed + voucher.cost
  record.reason = 'voucher_expired'
  voucher.state = 'expired'
  journal('expire', id, at, record, legs, voucher)
end

-- A discount that was taken off the payment itself: its grant was captured.
local function is_in_payment(record)
  return record.direct ~= nil and gives(record, 'discount')
end

-- What of the cost has gone back once `share` of it is taken back: goods, and a voucher that is not used, go back
-- whole or not at all. Returns that, what of it comes back by no delivery since it is spent, and the vouchers to void.
local function reclaim_cost(record, share, whole)
  local other, target, direct, void = record.amount, 0, 0, {}
  for _, voucher in ipairs(vouchers_of(record)) do
    other = other - voucher.cost
    if voucher.state == 'redeemed' then
      direct = direct + share(voucher.cost)
    elseif voucher.state ~= 'issued' then
      target = target + voucher.cost
    elseif whole then
      target = target + voucher.cost
      void[#void + 1] = voucher
    end
  end
  local rest = (whole or not gives(record, 'goods')) and share(other) or 0
  if is_in_payment(record) then
    direct = direct + rest
  else
    target = target + rest
  end
  return target + direct, direct, void
end

local function void_vouchers(list, record, operation_id, at)
  for _, voucher in ipairs(list) do
    voucher.state = 'voided'
    drop_due(voucher.id, 'voucher')
    journal('voucher_void', operation_id, at, record, { voucher_leg(voucher, -1) }, voucher)
  end
end
