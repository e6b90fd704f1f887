import { expect, test } from 'vitest';
import type { Voucher } from '../../pipeline/reward/voucher.ts';
import { apply, ledger, one, standing, useLedger } from './ledger-fixture.ts';
import { DAY_MS, extend, redeem, reserve, voucherChoice } from './ledger-offers.ts';
import { FRIDAY_NOON_MS, label, payable, refund, SPEND } from './ledger-scenario.ts';

useLedger();

const EXPIRES_MS = FRIDAY_NOON_MS + 10 * DAY_MS;

function pack(faces: readonly number[], given: object = {}) {
  return reserve({ id: 'p' }, { choices: [voucherChoice(faces)], ...given });
}

async function voucher(number = 1): Promise<Voucher> {
  return (await ledger.voucher(`g_p.${number}`))!;
}

/** Any event at that time: the ledger's clock. */
function tick(occurredAtMs: number) {
  return reserve(
    { id: `tick-${occurredAtMs}`, occurredAtMs },
    { intent: 'voided', reason: 'risk_block' },
  );
}

test('are issued when their grant posts, each with its part of the cost', async () => {
  await apply([
    pack([1000, 500, 500], { choices: [voucherChoice([1000, 500, 500], 'customer-1', 1001)] }),
  ]);
  expect(await voucher()).toEqual({
    id: 'g_p.1',
    grantId: 'g_p',
    campaignId: 'bills',
    offerId: 'off',
    customerId: 'customer-1',
    voucher: 'mall',
    faceMinor: 1000,
    minSpendMinor: 2000,
    costMinor: 501,
    scope: ['shop-1'],
    state: 'issued',
    issuedAtMs: FRIDAY_NOON_MS,
    expiresAtMs: EXPIRES_MS,
    redeemedBy: '',
    redeemedAtMs: undefined,
    extendedBy: [],
    revision: 2,
  });
  const costs = [await voucher(1), await voucher(2), await voucher(3)].map(
    (each) => each.costMinor,
  );
  expect(costs).toEqual([501, 250, 250]);
  expect(await ledger.voucher('g_p.4')).toBeUndefined();
  const entries = await ledger.drain(0);
  expect(entries.map(({ operation }) => operation)).toEqual(['reserve', 'issue', 'issue', 'issue']);
  expect(entries.map((entry) => entry.voucher?.id)).toEqual([undefined, 'g_p.1', 'g_p.2', 'g_p.3']);
});

test('run as many whole days longer as their grant posts later', async () => {
  await apply([pack([1000], { intent: 'held', reason: 'held_for_review' })]);
  expect(await ledger.voucher('g_p.1')).toBeUndefined();
  await apply([tick(FRIDAY_NOON_MS + 3 * DAY_MS - 1)]);
  await apply(label('p', 'false_positive'));
  expect(await voucher()).toMatchObject({ expiresAtMs: EXPIRES_MS + 2 * DAY_MS });
});

test('are used once, by their owner, for enough, and in time', async () => {
  await apply([pack([1000])]);
  const reasonOf = async (...args: Parameters<typeof redeem>) =>
    (await one([redeem(...args)])).reason;
  expect(await reasonOf('g_p.9', 5000, { id: 'r0' })).toBe('voucher_unknown');
  expect(await reasonOf('nonsense', 5000, { id: 'r1' })).toBe('voucher_unknown');
  expect(await reasonOf('g_p.1', 5000, { id: 'r2', customerId: 'customer-2' })).toBe('not_yours');
  expect(await reasonOf('g_p.1', 1999, { id: 'r3' })).toBe('below_minimum');
  const used = await one([redeem('g_p.1', 2000, { id: 'r/4', occurredAtMs: EXPIRES_MS - 1 })]);
  expect(used).toMatchObject({ id: 'g_p', state: 'posted' });
  expect(await voucher()).toMatchObject({
    state: 'redeemed',
    redeemedBy: 'r/4',
    redeemedAtMs: EXPIRES_MS - 1,
  });
  expect(await one([redeem('g_p.1', 2000, { id: 'r/4', occurredAtMs: EXPIRES_MS - 1 })])).toEqual(
    used,
  );
  expect(await reasonOf('g_p.1', 2000, { id: 'r5' })).toBe('voucher_used');
  // A refusal stays what it was, though the reason would be another one now.
  expect(await reasonOf('g_p.1', 1999, { id: 'r3' })).toBe('below_minimum');
  await apply([tick(EXPIRES_MS)]);
  expect(await standing(SPEND)).toEqual([1000, 0]);
});

test('are used where they hold, and in their campaign’s currency', async () => {
  await apply([pack([500, 700, 900])]);
  const use = (n: number, purchase: object): ReturnType<typeof one> =>
    one([{ ...redeem(`g_p.${n}`, 3000, { id: JSON.stringify(purchase) }), ...purchase }]);
  const at = (places: string[], lists: string[] = [], inCurrency = true): object => ({
    places,
    campaigns: { bills: { inCurrency, lists } },
  });
  expect(await use(1, at(['shop-2', 'dining']))).toMatchObject({ reason: 'voucher_out_of_scope' });
  expect(await use(1, { places: [], campaigns: {} })).toMatchObject({
    reason: 'voucher_out_of_scope',
  });
  expect(await use(1, at(['shop-1'], [], false))).toMatchObject({
    reason: 'voucher_wrong_currency',
  });
  expect(await use(1, at(['shop-1']))).toMatchObject({ id: 'g_p' });
  // A scope may be a category, or a list of the campaign that names the merchant.
  expect(await use(2, at(['shop-2', 'shop-1']))).toMatchObject({ id: 'g_p' });
  expect(await use(3, at(['shop-2'], ['shop-1']))).toMatchObject({ id: 'g_p' });
});

test('not used in time, their cost returns to the line and the payable', async () => {
  await apply([pack([1000, 500])]);
  await apply([redeem('g_p.2', 2000, { id: 'r' })]);
  const late = await one([redeem('g_p.1', 2000, { id: 'late', occurredAtMs: EXPIRES_MS })]);
  expect(late).toMatchObject({ id: 'redeem_late', state: 'rejected', reason: 'voucher_expired' });
  expect(await voucher()).toMatchObject({ state: 'expired' });
  expect(await ledger.grant('g_p')).toMatchObject({
    state: 'posted',
    reason: 'voucher_expired',
    clawedBackMinor: 1000,
  });
  expect(await standing(SPEND)).toEqual([500, 0]);
  expect(await standing(payable('customer-1'))).toEqual([-500, 0]);
});

test('run longer once for each word, and not when they are gone', async () => {
  await apply([pack([1000])]);
  const extended = await one([extend('g_p.1', 30 * DAY_MS, 'x1')]);
  expect(await voucher()).toMatchObject({
    expiresAtMs: EXPIRES_MS + 30 * DAY_MS,
    extendedBy: ['x1'],
  });
  expect(await one([extend('g_p.1', 30 * DAY_MS, 'x1')])).toEqual(extended);
  await apply([tick(EXPIRES_MS + 30 * DAY_MS - 1)]);
  expect(await voucher()).toMatchObject({ state: 'issued' });
  await apply([tick(EXPIRES_MS + 30 * DAY_MS)]);
  expect(await one([extend('g_p.1', DAY_MS, 'x2')])).toMatchObject({ reason: 'voucher_expired' });
  expect(await one([extend('g_p.2', DAY_MS, 'x3')])).toMatchObject({ reason: 'voucher_unknown' });
  expect(await standing(SPEND)).toEqual([0, 0]);
});

test('extended in the very call in which they would have expired, they live on', async () => {
  await apply([pack([1000]), extend('g_p.1', DAY_MS, 'x1'), tick(EXPIRES_MS)]);
  expect(await voucher()).toMatchObject({ state: 'issued' });
  await apply([tick(EXPIRES_MS + DAY_MS)]);
  expect(await voucher()).toMatchObject({ state: 'expired' });
});

test('of a refunded payment: what is not used is voided when all goes back, what is used goes back in proportion', async () => {
  await apply([pack([1000, 500]), redeem('g_p.2', 2000, { id: 'r' })]);
  expect(await one(refund('r1', 'p', 15_000))).toMatchObject({
    state: 'posted',
    clawedBackMinor: 250,
  });
  expect(await voucher()).toMatchObject({ state: 'issued' });
  expect(await one(refund('r2', 'p', 15_000))).toMatchObject({
    state: 'clawed_back',
    clawedBackMinor: 1500,
  });
  expect(await voucher()).toMatchObject({ state: 'voided' });
  expect(await standing(SPEND)).toEqual([0, 0]);
  expect(await one([redeem('g_p.1', 2000, { id: 'r3' })])).toMatchObject({
    reason: 'voucher_voided',
  });
  await apply([tick(EXPIRES_MS)]);
  expect(await standing(SPEND)).toEqual([0, 0]);
});

test('of a payment of which too little remains are voided though part of it stays', async () => {
  await apply([pack([1000], { onRefund: { quota: 'keep', keepAtLeastMinor: 20_000 } })]);
  await apply(refund('r1', 'p', 10_000));
  expect(await voucher()).toMatchObject({ state: 'issued' });
  await apply(refund('r2', 'p', 1));
  expect(await voucher()).toMatchObject({ state: 'voided' });
});

test('of abuse are voided, and what was used of them is owed', async () => {
  await apply([pack([1000, 500]), redeem('g_p.2', 2000, { id: 'r' })]);
  expect(await one(label('p', 'confirmed'))).toMatchObject({
    state: 'clawed_back',
    clawedBackMinor: 1000,
    owedMinor: 500,
  });
  expect([(await voucher(1)).state, (await voucher(2)).state]).toEqual(['voided', 'redeemed']);
});

test('more than fit one call expire before the operation that made them due, in as many calls as it takes', async () => {
  const list = Array.from({ length: 2500 }, (_, n) =>
    reserve({ id: `v${n}`, customerId: `c${n}` }, { choices: [voucherChoice([100])] }),
  );
  await apply(list);
  const [first, second] = await apply([
    tick(EXPIRES_MS),
    { ...reserve({ id: 'z', customerId: 'z' }), occurredAtMs: EXPIRES_MS },
  ]);
  expect([first!.reason, second!.reason]).toEqual(['risk_block', 'granted']);
  expect(second!.revision).toBe(2500 * 3 + 2);
  expect(await standing(SPEND)).toEqual([1000, 0]);
  expect(await ledger.redis.zcard(ledger.keys.due)).toBe(0);
});

test('used before they are issued, they are unknown and stay unused; a hold that comes late runs from then', async () => {
  const hold = { timeoutMs: DAY_MS, onTimeout: 'void' } as const;
  const early = redeem('g_p.1', 5000, { id: 'early' });
  // The ledger has seen later times: neither the hold nor the vouchers are over before they begin.
  await apply([tick(FRIDAY_NOON_MS + 3 * DAY_MS), early]);
  await apply([pack([1000], { intent: 'held', reason: 'held_for_review', hold }), early]);
  await apply([tick(FRIDAY_NOON_MS + 4 * DAY_MS - 1)]);
  expect(await one(label('p', 'false_positive'))).toMatchObject({ state: 'posted' });
  expect(await one([early])).toMatchObject({ id: 'redeem_early', reason: 'voucher_unknown' });
  expect(await voucher()).toMatchObject({ state: 'issued' });
  await apply([redeem('g_p.1', 5000, { id: 'use' }), early]);
  expect(await voucher()).toMatchObject({ state: 'redeemed', redeemedBy: 'use' });
  expect(await standing(SPEND)).toEqual([1000, 0]);
});
