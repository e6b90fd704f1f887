-- A record is text in lines, so that the parts that never change are never encoded again. The head:
--   1  state reason tier amount clawed-back revision payment-amount deadline
--   2  identity: JSON of what must be equal for a repeat to be a repeat (record.ts)
--   3  terms: JSON of what else it was decided under, and for whom
--   4  award: JSON of the label and what was given
-- and of a grant that moved accounts the tail, which nobody else reads:
--   5  payment-as-part what-is-due when answered-by; "-" for none, and what begins so is in no list; the last with
--      "=word" for each word that it heard while it waited, "=-word" for one that changed nothing (settle.lua), and
--      "=+word@time" for one by which it was given anew (anew.lua); and where something can come back by no delivery,
--      how much of it has been claimed, what of that was to be deducted from refunds, and what is owed (reclaim.lua)
--   6  rules: JSON of what may still happen to it, or nothing (ledger-request.ts)
--   7  accounts moved by one unit, by spaces
--   8  pairs "marker quota": the quota counts the markers that are in use
--   9  accounts moved by the amount
--  10  accounts moved by the amount's negative
--  11  accounts moved by values of their own: "account value taken-back" in turn

local stored = redis.call('HMGET', KEY.state, 'sequence', 'watermark')
local stored_sequence = tonumber(stored[1] or '0')
local sequence = stored_sequence
-- The newest time that was told or stands in an entry of the journal. A person's word carries a person's time and
-- does not count.
local recorded = tonumber(stored[2] or '0')
-- The ledger's own clock: that, or the time of the operation at hand.
local watermark = recorded
local UNTIMED = { post = true, void = true, review_opened = true, review_passed = true, noted = true }
-- Reserved at an authorisation whose payment has not come.
local AWAITS_PAYMENT = { awaiting_payment = true, awaiting_payment_and_review = true }
-- What is due of one whose payment has not come in time, until it is known that there was none in time.
local RAN_OUT = { awaiting_payment = '-paid', awaiting_payment_and_review = '-paid-and-reviewed' }

local LIVE = { held = true, awaiting_claim = true, awaiting_choice = true, posted = true }

local NO_AWARD = '["",[]]'
local NONE = {}
local records = {}

-- The entries to append, ENTRY_PARTS values each: the stream's id, "operation at" and the legs in lines, the
-- grant, its record, and further fields or false. One list, since a table each cost as much as making its texts.
local entries = {}
local entry_count = 0
local ENTRY_PARTS = 5

local function words(line)
  local list = {}
  for word in string.gmatch(line, '%S+') do
    list[#list + 1] = word
  end
  return list
end

local function parse_values(line)
  local list = words(line)
  for index = 1, #list, 3 do
    list[index + 1], list[index + 2] = tonumber(list[index + 1]), tonumber(list[index + 2])
  end
  return list
end

local function parse(id, text)
  local state, reason, tier, amount, clawed, revision, payment, deadline, identity, terms, award, tail = string.match(
    text,
    '^(%S+) (%S+) (%-?%d+) (%d+) (%d+) (%d+) (%d+) (%d+)\n([^\n]*)\n([^\n]*)\n([^\n]*)\n(.*)$'
  )
  local record = {
    id = id,
    standing = string.match(text, '^[^\n]*'),
    moving = tail ~= '',
    state = state,
    reason = reason,
    tier = tonumber(tier),
    amount = tonumber(amount),
    clawed = tonumber(clawed),
    revision = tonumber(revision),
    payment = tonumber(payment),
    deadline = tonumber(deadline),
    identity = identity,
    terms = terms,
    award = award,
  }
  if record.moving then
    local part, due_what, due_at, by, claims, rules, units, counted, money, contra, values = string.match(
      tail,
      '^(%S+) (%S+) (%d+) (%S+)([^\n]*)\n([^\n]*)\n([^\n]*)\n([^\n]*)\n([^\n]*)\n([^\n]*)\n([^\n]*)$'
    )
    if claims ~= '' then
      local direct, deducted, owed = string.match(claims, '^ (%d+) (%d+) (%d+)$')
      record.direct, record.deducted, record.owed = tonumber(direct), tonumber(deducted), tonumber(owed)
    end
    record.part, record.due_what, record.due_at = part, due_what, tonumber(due_at)
    record.by, record.heard = string.match(by, '^([^=]*)(.*)$')
    record.rules, record.units, record.counted = rules, words(units), words(counted)
    record.money, record.contra, record.values = words(money), words(contra), parse_values(values)
  end
  return record
end

-- The record under an id, whichever way the answer went, or nil.
local function find(id)
  local record = records[id]
  if record then
    return record
  end
  local text = read('grants', id) or read('refused', id) or read('refusedBefore', id)
  if text then
    record = parse(id, text)
    records[id] = record
  end
  return record
end

-- The state of what is stored under an id, or nil.
local function state_of(id)
  local record = records[id]
  if record then
    return record.state
  end
  local text = read('grants', id) or read('refused', id) or read('refusedBefore', id)
  return text and string.match(text, '^%S+')
end

-- The state of what stands under an id by now: of a reward that was taken back and given again, that of the latest.
local function standing_state_of(id)
  local state = state_of(id)
  while state == 'clawed_back' do
    id = id .. '.again'
    local successor = state_of(id)
    if not successor then
      break
    end
    state = successor
  end
  return state
end

-- Whether something that the operation rests on is not given.
local function lacks_base(op)
  for _, id in ipairs(op.needs or NONE) do
    if not LIVE[standing_state_of(id)] then
      return true
    end
  end
  return false
end

-- The id that an event's evaluation gives the reward, whichever time it is given.
local function earned_id(id)
  local count
  repeat
    id, count = string.gsub(id, '%.again$', '')
  until count == 0
  return id
end

local NO_RULES = { keep = 0 }

-- What may still happen to a grant, as it was laid down when it was reserved.
local function rules_of(record)
  if record.rules == '' then
    return NO_RULES
  end
  if not record.decoded then
    record.decoded = cjson.decode(record.rules)
  end
  return record.decoded
end

-- Nothing was won: the list of what was given is empty.
local function is_blank(record)
  return string.sub(record.award, -4) == ',[]]'
end

-- Whether something of this kind is given.
local function gives(record, kind)
  return string.find(record.award, '"kind":"' .. kind .. '"', 1, true) ~= nil
end

-- Whether the reward is that customer's. One that is known to be nobody's in particular is nobody's.
local function is_owner(record, customer)
  return customer ~= '' and cjson.decode(record.terms)[3] == customer
end

local function values_line(values)
  local list = {}
  for index = 1, #values, 3 do
    list[#list + 1] = values[index]
    list[#list + 1] = int(values[index + 1])
    list[#list + 1] = int(values[index + 2])
  end
  return table.concat(list, ' ')
end

-- The fifth line.
local function standing_apart(record)
  local line = record.part .. ' ' .. record.due_what .. ' ' .. int(record.due_at) .. ' ' .. record.by .. record.heard
  if record.direct then
    line = line .. ' ' .. int(record.direct) .. ' ' .. int(record.deducted) .. ' ' .. int(record.owed)
  end
  return line
end

local function tail_of(record)
  return standing_apart(record)
    .. '\n' .. record.rules
    .. '\n' .. table.concat(record.units, ' ')
    .. '\n' .. (record.counted[1] and table.concat(record.counted, ' ') or '')
    .. '\n' .. table.concat(record.money, ' ')
    .. '\n' .. table.concat(record.contra, ' ')
    .. '\n' .. (record.values[1] and values_line(record.values) or '')
end

-- What the caller is told of a record: its head, of which the standing is enough when the rest is what the
-- reservation itself says; and the fifth line where something of it is claimed, or it may tell whether the word worked.
local function answer_of(record, op)
  if
    not record.direct
    and record.award == op.award
    and record.id == op.id
    and record.identity == op.identity
    and record.terms == op.terms
  then
    return record.standing
  end
  local head = record.standing .. '\n' .. record.identity .. '\n' .. record.terms .. '\n' .. record.award
  local is_asked = record.direct or (op.kind == 'settle' and op.grant and record.moving)
  return is_asked and head .. '\n' .. standing_apart(record) or head
end

-- Appends the journal entry that led to a grant's text. The id of the operation is written where it is not
-- the grant's, as it is in nearly every entry.
local function append(operation, operation_id, at, id, text, legs, more)
  if at > recorded and not UNTIMED[operation] then
    recorded = at
  end
  if operation_id ~= id then
    more = more or {}
    more[#more + 1] = 'operationId'
    more[#more + 1] = operation_id
  end
  entries[entry_count + 1] = int(sequence) .. '-0'
  entries[entry_count + 2] = operation .. ' ' .. int(at) .. '\n' .. legs
  entries[entry_count + 3] = id
  entries[entry_count + 4] = text
  entries[entry_count + 5] = more or false
  entry_count = entry_count + ENTRY_PARTS
end

-- Gives the record its next revision, keeps it, and appends the journal entry that led to it, together with
-- the voucher that the entry is about, if it is about one.
local function journal(operation, operation_id, at, record, legs, voucher)
  sequence = sequence + 1
  record.revision = sequence
  record.standing = record.state .. ' ' .. record.reason .. ' ' .. int(record.tier) .. ' ' .. int(record.amount)
    .. ' ' .. int(record.clawed) .. ' ' .. int(sequence) .. ' ' .. int(record.payment) .. ' ' .. int(record.deadline)
  local text = record.standing .. '\n' .. record.identity .. '\n' .. record.terms .. '\n' .. record.award
    .. '\n' .. (record.moving and tail_of(record) or '')
  records[record.id] = record
  write(record.moving and 'grants' or 'refused', record.id, text)
  local more
  if voucher then
    voucher.revision = sequence
    more = { 'voucher', voucher.id, 'voucherRecord', voucher.keep() }
  end
  append(operation, operation_id, at, record.id, text, table.concat(legs, '\n'), more)
end
