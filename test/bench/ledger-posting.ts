/** The least that a ledger could do: dedupe, add to every leg, append to a stream. No limits, no answers. */

import type { Redis } from 'ioredis';
import type { ReserveOp } from '../../pipeline/reward/ledger-op.ts';

const POST = `
local posted = 0
for _, op in ipairs(cjson.decode(ARGV[1])) do
  if redis.call('SET', KEYS[1] .. op.id, '1', 'NX') then
    for _, leg in ipairs(op.legs) do
      redis.call('HINCRBY', KEYS[2], leg[1], leg[2])
    end
    redis.call('XADD', KEYS[3], '*', 'id', op.id, 'legs', #op.legs)
    posted = posted + 1
  end
end
return posted`;

/** @returns how many were posted. */
export async function postings(
  redis: Redis,
  ops: readonly ReserveOp[],
  batch: number,
): Promise<number> {
  let posted = 0;
  for (let from = 0; from < ops.length; from += batch) {
    const list = ops.slice(from, from + batch).map((op) => ({
      id: op.grantId,
      legs: [
        ...op.limits.map(({ account }) => [account, 1]),
        ...op.choices[0]!.units.map(({ account }) => [account, 1]),
        ...op.choices[0]!.values.map(({ account, by }) => [account, by]),
      ],
    }));
    const keys = ['{bare}:grant:', '{bare}:balances', '{bare}:journal'];
    posted += (await redis.eval(POST, keys.length, ...keys, JSON.stringify(list))) as number;
  }
  return posted;
}
