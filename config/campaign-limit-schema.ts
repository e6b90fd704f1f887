/** The limits of an offer: how often one person, card, device or place may have it. */

import { z } from 'zod';
import { count } from './campaign-values.ts';

/** What a limit can be counted by: `customer` is the customerId or the accountId; attributes name those after `merchant`. */
export const LIMIT_KEYS = [
  'customer',
  'account',
  'card',
  'device',
  'ip',
  'category',
  'merchant',
  'inviter',
  'voucher',
  'payment',
  'identity',
  'phone',
] as const;
export type LimitKey = (typeof LIMIT_KEYS)[number];

/** `minute`, `hour`, `day`, `week` (from Monday) and `month` are those of the local clock; `occurrence` is one opening of the schedule. */
const PERIODS = [
  'campaign',
  'minute',
  'hour',
  'day',
  'week',
  'month',
  'occurrence',
  'ever',
] as const;
export type Period = (typeof PERIODS)[number];

const limitKeys = z.array(z.enum(LIMIT_KEYS)).min(1, 'name what is counted');

export const limit = z
  .strictObject({
    per: limitKeys.optional(),
    perAny: limitKeys.optional(),
    period: z.enum(PERIODS).default('campaign'),
    max: count,
  })
  .refine(
    ({ per, perAny }) => (per === undefined) !== (perAny === undefined),
    'write either per or perAny',
  )
  .transform(({ per, perAny, ...rest }) => ({
    ...rest,
    per: per ?? perAny!,
    /** Every key that the event names takes a leg of its own, and any full one refuses: one person, many names. */
    any: perAny !== undefined,
  }));
