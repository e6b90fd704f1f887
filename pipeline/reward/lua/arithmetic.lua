-- Numbers in Lua are doubles: integers are exact up to 2^53, and no step here goes beyond.

local written = {}

-- A whole number as text; tostring would round above 10^14. A call writes dozens of numbers for each operation,
-- and most of them again and again.
local function int(number)
  local text = written[number]
  if not text then
    text = string.format('%d', number)
    written[number] = text
  end
  return text
end

-- floor(a * b / c + 1/2) without ever forming a * b, which may need 106 bits. Needs 0 <= b <= c, c > 0.
-- Where the product is exact, one division does; otherwise a is fed in bit by bit, as in long
-- multiplication, and the remainder is kept below c by subtracting before adding.
local function mul_div_half_up(a, b, c)
  local quotient, rest = 0, 0
  if a * b <= 9007199254740992 then
    quotient = math.floor(a * b / c)
    rest = a * b - quotient * c
  else
    local bit = 4503599627370496
    while bit >= 1 do
      quotient = quotient * 2
      if rest >= c - rest then
        rest = rest - (c - rest)
        quotient = quotient + 1
      else
        rest = rest * 2
      end
      if a >= bit then
        a = a - bit
        if rest >= c - b then
          rest = rest - (c - b)
          quotient = quotient + 1
        else
          rest = rest + b
        end
      end
      bit = bit / 2
    end
  end
  if rest >= c - rest then
    quotient = quotient + 1
  end
  return quotient
end
