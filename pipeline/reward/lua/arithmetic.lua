-- Numbers in Lua are doubles: integers are exact up to 2^53, and no step here goes beyond.

-- A whole number as it goes into a text. Lua writes numbers below 10^14 exactly by itself, which costs half as
-- much as asking for it, and there are dozens of them in each operation.
local function int(number)
  if number < 100000000000000 and number > -100000000000000 then
    return number
  end
  return string.format('%d', number)
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
