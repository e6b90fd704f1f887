-- What was voided or taken back as abuse, and by a person's word is given after all. Nothing was ever delivered of
-- what was voided: it is asked for again under its own id. What was given once, and taken back, keeps its record,
-- and its place takes a grant of another id.

-- What rested on something that was taken for abuse went with it, and is asked for together with it.
local function was_abuse(record)
  return (record.state == 'voided' or record.state == 'clawed_back')
    and (ABUSE[record.reason] ~= nil or record.reason == 'base_missing')
end

-- When a person gave it although it was taken for abuse, or nil: what took it, and all that was said until then, is none
-- on what is given in its place, also when it is told again.
local function made_good_at(record)
  local latest
  for at in string.gmatch(record.heard or '', '=%+%x+@(%d+)') do
    latest = math.max(latest or 0, tonumber(at))
  end
  return latest
end

-- The rights and quotas that it has used up, and the stock that was out, go to what takes its place.
local function hand_over(record, op)
  local taken_back = record.state == 'clawed_back'
  if not record.moving or not (taken_back or uses_rights(record)) then
    return
  end
  local legs = {}
  for _, account in ipairs(record.units) do
    if taken_back or not begins(account, 'stock/') then
      leg(legs, account, -1, 0)
    end
  end
  move_counted(legs, record, -1, 0)
  journal('void', op.anew, op.eventTime, record, legs)
end

-- Goods that went out and were never given again are out all the same.
local function keep_stock(record, op)
  local legs = {}
  for _, account in ipairs(record.units) do
    if begins(account, 'stock/') then
      leg(legs, account, 1, 0)
    end
  end
  if #legs > 0 then
    journal('noted', op.anew, op.eventTime, record, legs)
  end
end

-- The business id that a part of an account's name was made of (accountPart): what stands in it as its number is one
-- character of UTF-8.
local function text_of_part(part)
  return (string.gsub(part, '%%(%x%x%x%x)', function(digits)
    local code = tonumber(digits, 16)
    if code < 0x80 then
      return string.char(code)
    elseif code < 0x800 then
      return string.char(0xC0 + math.floor(code / 0x40), 0x80 + code % 0x40)
    end
    return string.char(
      0xE0 + math.floor(code / 0x1000),
      0x80 + math.floor(code / 0x40) % 0x40,
      0x80 + code % 0x40
    )
  end))
end

local function unlist(payment, id)
  local others = {}
  for _, listed in ipairs(words(read('payments', payment) or '')) do
    if listed ~= id then
      others[#others + 1] = listed
    end
  end
  write('payments', payment, #others > 0 and table.concat(others, ' ') or false)
end

-- What was voided leaves its id to what is asked for anew, perhaps of another event: an authorisation that was
-- intercepted is made good by its payment. It leaves all under which it stood: what is refused then stands nowhere.
local function make_room(record)
  if record.moving then
    unlist(cjson.decode(record.identity)[3], record.id)
    unlist(text_of_part(record.part), record.id)
    unlist(text_of_part(record.by), record.id)
    write('grants', record.id, false)
  else
    write('refused', record.id, false)
  end
  records[record.id] = nil
end

-- Whether what is asked for along with the reward that it rests on stays as it is: that one is not given, or it was
-- not kept back because of it.
local function stays_behind(op, known)
  if not op.along then
    return false
  end
  return lacks_base(op) or (op.along == 'base_missing' and not (known and known.reason == 'base_missing'))
end

-- Gives the operation the id under which the reward is asked for, and the words that it has heard so far, with this
-- one. Told again, a word gives nothing a second time, whatever became of it since: not where it gave, and not where
-- there was nothing to make good. Returns the record that answers the operation already; or nil and, where it was
-- given once, the one whose place is to be taken; or nil twice and true where all stays as it is.
local function renew(op)
  local word = string.sub(redis.sha1hex(op.anew), 1, 10)
  local given = '=+' .. word .. '@' .. int(op.anewAt)
  local known = find(op.id)
  op.heard = given
  while known and was_abuse(known) do
    local heard = known.heard or ''
    if string.find(heard, word, 1, true) then
      return known
    end
    op.heard = heard .. given
    local successor = known.state == 'clawed_back' and find(op.id .. '.again')
    if not successor then
      if stays_behind(op, known) then
        return nil, nil, true
      end
      hand_over(known, op)
      if known.state == 'voided' then
        make_room(known)
        return nil
      end
      op.id = op.id .. '.again'
      return nil, known
    end
    op.id, known = successor.id, successor
  end
  if not known and stays_behind(op) then
    return nil, nil, true
  end
  if known and known.moving and not string.find(known.heard, word, 1, true) then
    known.heard = known.heard .. '=' .. word
    journal('noted', op.anew, op.eventTime, known, {})
  end
  return known
end
