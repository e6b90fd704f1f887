/** The keys of a benefit as a file writes them, and the one form that they are read into. */

import { z } from 'zod';
import type {
  Benefit,
  ChoiceBenefit,
  DrawBenefit,
  ExchangeItem,
  MoneyRule,
  PlainBenefit,
  PointsRule,
  Prize,
  Rounding,
  VoucherRule,
} from './campaign-benefits.ts';
import {
  count,
  dayTerm,
  expression,
  factor,
  name,
  odds,
  points,
  positiveAmount,
  positiveDuration,
  share,
  text,
  amount,
} from './campaign-values.ts';

const voucher = z
  .strictObject({
    voucher: name,
    face: positiveAmount,
    count: count.min(1, 'write 1 or more').max(100, 'write at most 100').default(1),
    minSpend: amount.default(0),
    validFor: dayTerm,
    scope: z.array(text).default([]),
  })
  .transform(({ face, minSpend, ...rest }): VoucherRule => ({
    ...rest,
    faceMinor: face,
    minSpendMinor: minSpend,
  }));

function attributeName(message: string): z.ZodString {
  return z.string().regex(/^attributes\.[A-Za-z_][A-Za-z0-9_]*$/, message);
}

/** Of a share of money, before its cap. */
const shareKeys = {
  cap: positiveAmount.optional(),
  rounding: z.enum(['down', 'half_up']).default('down'),
};

const plainKeys = {
  off: z
    .union([positiveAmount, z.strictObject({ percentBp: share, ...shareKeys })], {
      error: 'write an amount in fen, or { percentBp: 500, cap: 3000 }',
    })
    .meta({ id: 'off' })
    .optional(),
  feeCut: z
    .strictObject({
      of: attributeName('write the attribute that holds the fee in fen, such as attributes.fee'),
      factorBp: z
        .int('write the part that is left to pay in whole basis points, such as 8000')
        .nonnegative('write 0 or more basis points')
        .max(9999, 'write less than 10000: the fee has to become smaller'),
      ...shareKeys,
    })
    .meta({ id: 'feeCut' })
    .optional(),
  cashback: z
    .union([positiveAmount, z.strictObject({ bp: share, ...shareKeys })], {
      error: 'write an amount in fen, or { bp: 100, cap: 10000 }',
    })
    .meta({ id: 'cashback' })
    .optional(),
  points: z
    .union(
      [
        points,
        z.strictObject({
          perMinor: positiveAmount,
          rateBp: factor.default(10_000),
          bonus: z
            .strictObject({
              eligible: expression,
              addBp: factor,
              stackOn: z.enum(['base', 'running']).default('base'),
            })
            .optional(),
        }),
        z.strictObject({ ofSpentBp: share }),
        z.strictObject({
          of: attributeName('write the attribute that holds the points, such as attributes.points'),
        }),
      ],
      {
        error:
          'write a number of points, { perMinor: 100, rateBp: 10000 }, { ofSpentBp: 500 } or { of: attributes.points }',
      },
    )
    .meta({ id: 'points' })
    .optional(),
  vouchers: z
    .array(voucher)
    .min(1, 'name at least one voucher')
    .max(20)
    .meta({ id: 'vouchers' })
    .optional(),
  goods: z
    .strictObject({ sku: name, priority: z.boolean().default(false) })
    .meta({ id: 'goods' })
    .optional(),
};
const PLAIN = ['off', 'feeCut', 'cashback', 'points', 'vouchers', 'goods'] as const;
type WrittenPlain = z.infer<z.ZodObject<typeof plainKeys>>;

/** Says what is wrong unless exactly one of the keys is there. */
function exactlyOne(keys: readonly string[]) {
  return (value: object, context: z.RefinementCtx): void => {
    const found = writtenOf(value, keys);
    if (found.length === 1) return;
    const rest = found.length === 0 ? 'none is there' : `${found.join(' and ')} are there`;
    context.addIssue({
      code: 'custom',
      path: found.length === 0 ? [] : [found[1]!],
      message: `write exactly one of ${keys.join(', ')}: ${rest}`,
      input: value,
    });
  };
}

function writtenOf(value: object, keys: readonly string[]): string[] {
  const record = value as Readonly<Record<string, unknown>>;
  return keys.filter((key) => record[key] !== undefined);
}

const prize = z
  .strictObject({ id: name, ppm: odds, stock: name.optional(), ...plainKeys })
  .superRefine(exactlyOne(PLAIN))
  .transform(({ id, ppm, stock, ...written }): Prize => {
    const benefit = plainOf(written);
    return {
      id,
      ppm,
      benefit,
      stock: stock ?? (benefit.kind === 'goods' ? benefit.sku : undefined),
    };
  });

const option = z
  .strictObject({ id: name, ...plainKeys })
  .superRefine(exactlyOne(PLAIN))
  .transform(({ id, ...written }) => ({ id, benefit: plainOf(written) }));

const combo = z
  .strictObject({ points: points.optional(), cash: positiveAmount.optional() })
  .refine(
    (value) => value.points !== undefined || value.cash !== undefined,
    'write points, cash or both: nothing is exchanged for nothing',
  )
  .transform((value) => ({ points: value.points ?? 0, cashMinor: value.cash ?? 0 }));

const item = z
  .strictObject({
    id: name,
    goods: plainKeys.goods,
    vouchers: plainKeys.vouchers,
    combos: z.array(combo).min(1, 'write at least one way to pay'),
  })
  .superRefine(exactlyOne(['goods', 'vouchers']))
  .transform(({ id, combos, ...written }): ExchangeItem => ({
    id,
    combos,
    benefit: plainOf(written),
  }));

/** The keys of an offer or a tier of which exactly one says what is given. */
export const benefitKeys = {
  ...plainKeys,
  draw: z
    .strictObject({
      prizes: z.array(prize).min(1, 'name at least one prize'),
      none: z.strictObject({ ppm: odds }).prefault({ ppm: 0 }),
      onPrizeEmpty: name.default('none'),
      certain: z.boolean().default(false),
    })
    .transform(({ none, ...rest }): DrawBenefit => ({ kind: 'draw', ...rest, nonePpm: none.ppm }))
    .meta({ id: 'draw' })
    .optional(),
  choice: z
    .strictObject({
      options: z.array(option).min(2, 'a choice needs at least two options'),
      within: dayTerm,
      onMiss: z.literal('forfeit').default('forfeit'),
    })
    .transform((value): ChoiceBenefit => ({ kind: 'choice', ...value }))
    .meta({ id: 'choice' })
    .optional(),
  exchange: z
    .strictObject({ items: z.array(item).min(1, 'an exchange needs at least one item') })
    .transform((value) => ({ kind: 'exchange' as const, ...value }))
    .meta({ id: 'exchange' })
    .optional(),
  extend: z
    .strictObject({
      vouchers: z.array(name).min(1, 'name at least one voucher'),
      by: positiveDuration,
    })
    .transform(({ vouchers, by }) => ({ kind: 'extend' as const, vouchers, byMs: by }))
    .meta({ id: 'extend' })
    .optional(),
};
export const BENEFITS = [...PLAIN, 'draw', 'choice', 'exchange', 'extend'] as const;
export type WrittenBenefit = z.infer<z.ZodObject<typeof benefitKeys>>;

/** A refinement: exactly one of the keys of a benefit is there. */
export const oneBenefit = exactlyOne(BENEFITS);

/** The benefit keys that are there. */
export function benefitsWritten(value: object): string[] {
  return writtenOf(value, BENEFITS);
}

/** @param written has exactly one benefit: `oneBenefit` has seen it. */
export function benefitOf(written: WrittenBenefit): Benefit {
  const { draw, choice, exchange, extend, ...plain } = written;
  return draw ?? choice ?? exchange ?? extend ?? plainOf(plain);
}

function plainOf(written: Partial<WrittenPlain>): PlainBenefit {
  const { off, feeCut, cashback, vouchers, goods } = written;
  if (off !== undefined) {
    const money = typeof off === 'number' ? fixed(off) : shareOf(off, off.percentBp);
    return { kind: 'discount', money };
  }
  if (cashback !== undefined) {
    const money = typeof cashback === 'number' ? fixed(cashback) : shareOf(cashback, cashback.bp);
    return { kind: 'cashback', money };
  }
  if (feeCut !== undefined) {
    // The customer pays factorBp of the fee; the rest is the benefit.
    const shareBp = 10_000 - feeCut.factorBp;
    const attribute = feeCut.of.slice('attributes.'.length);
    return { kind: 'fee_cut', money: shareOf(feeCut, shareBp, attribute) };
  }
  if (vouchers !== undefined) return { kind: 'vouchers', vouchers };
  if (goods !== undefined) return { kind: 'goods', ...goods };
  return { kind: 'points', points: pointsOf(written.points!) };
}

function fixed(amountMinor: number): MoneyRule {
  return { kind: 'fixed', amountMinor };
}

function shareOf(
  { cap: capMinor, rounding }: { cap?: number | undefined; rounding: Rounding },
  shareBp: number,
  attribute?: string,
): MoneyRule {
  return { kind: 'share', attribute, shareBp, capMinor, rounding };
}

function pointsOf(written: NonNullable<WrittenPlain['points']>): PointsRule {
  if (typeof written === 'number') return { kind: 'fixed', points: written };
  if ('of' in written) {
    return { kind: 'credited', attribute: written.of.slice('attributes.'.length) };
  }
  if ('ofSpentBp' in written) return { kind: 'share_of_spent', shareBp: written.ofSpentBp };
  return { kind: 'rate', ...written, bonus: written.bonus };
}
