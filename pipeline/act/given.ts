/**
 * What an entry of the ledger's journal gives to a customer or takes back: pure, and the same deliveries under
 * the same ids however often an entry is read. Vouchers follow their own entries, which know how long
 * they run; all else follows the posting of its grant.
 */

import type { AwardItem, Grant, StoredGrant } from '../reward/grant.ts';
import type { JournalEntry } from '../reward/journal.ts';
import {
  accountPart,
  BUDGET,
  POINTS,
  POINTS_ISSUED,
  RECEIVABLE,
  RECEIVABLE_POINTS,
} from '../reward/ledger-op.ts';
import { paymentPartOf, provenPaymentOf } from '../reward/record.ts';
import type { Voucher } from '../reward/voucher.ts';
import type { Delivery, DeliveryItem } from './delivery.ts';
import type { OfferTerms } from './offer-terms.ts';

/** Of an offer that is no longer in the configuration. */
const NO_TERMS: OfferTerms = { currency: '', dueAtMs: () => undefined };

/**
 * @param termsOf what the configuration says of an offer now; undefined when it is gone.
 * @returns in the order of the award.
 */
export function deliveriesOf(
  entry: JournalEntry,
  termsOf: (campaignId: string, offerId: string) => OfferTerms | undefined,
): Delivery[] {
  const { grant, voucher } = entry;
  if (grant.state !== 'posted' && grant.state !== 'clawed_back') return [];
  const terms = termsOf(grant.campaignId, grant.offerId) ?? NO_TERMS;
  if (voucher !== undefined) return voucherDelivery(entry, voucher, terms);
  const items = deliverable(entry, terms);
  if (entry.operation === 'clawback') {
    const reversals = items.flatMap(({ id, item }) => reversalOf(entry, id, item));
    return [...reversals, ...collectionOf(entry, terms)];
  }
  // A word that was only noted of it gives nothing again.
  if (grant.state !== 'posted' || entry.operation === 'noted') return [];
  return items.flatMap(({ id, item }) => {
    const left = leftOf(entry, item);
    return left === undefined
      ? []
      : [{ ...frameOf(entry, terms), id, kind: left.kind, item: left }];
  });
}

/** What an entry gives of an item: less of it when the payment was refunded in part before it posted. */
function leftOf({ grant, legs }: JournalEntry, item: DeliveryItem): DeliveryItem | undefined {
  if (item.kind === 'cash') {
    const amountMinor = item.amountMinor - grant.clawedBackMinor;
    return amountMinor > 0 ? { ...item, amountMinor } : undefined;
  }
  if (item.kind !== 'points') return item;
  const points = item.points - returnedPoints(legs, Math.sign(item.points));
  return points === 0 ? undefined : { ...item, points };
}

/** Of points given, those that the entry gives back to who issues them; of points spent, below 0, those that come from there. */
function returnedPoints(legs: JournalEntry['legs'], sign: number): number {
  return legs
    .filter(
      ({ account, postedDelta }) => account.startsWith(POINTS_ISSUED) && postedDelta * sign > 0,
    )
    .reduce((sum, { postedDelta }) => sum + postedDelta, 0);
}

function voucherDelivery(entry: JournalEntry, voucher: Voucher, terms: OfferTerms): Delivery[] {
  const frame = { ...frameOf(entry, terms), item: itemOfVoucher(voucher) };
  const { id } = voucher;
  switch (entry.operation) {
    case 'issue':
      return [{ ...frame, id, kind: 'voucher' }];
    case 'extend':
      return [follow(frame, id, 'extension', entry.sequence)];
    case 'voucher_void':
      return [follow(frame, id, 'reversal', 1)];
    default:
      // Used or run out: the system that gave it knows both.
      return [];
  }
}

/** What an entry took back of one item, if anything. */
function reversalOf(entry: JournalEntry, originalId: string, item: DeliveryItem): Delivery[] {
  const frame = frameOf(entry, NO_TERMS);
  switch (item.kind) {
    case 'goods':
      return entry.grant.state === 'clawed_back'
        ? [follow({ ...frame, item }, originalId, 'reversal', 1)]
        : [];
    case 'points': {
      const points = -movedOn(entry, POINTS, RECEIVABLE_POINTS) + 0;
      if (points === 0) return [];
      return [
        follow({ ...frame, item: { ...item, points } }, originalId, 'reversal', entry.sequence),
      ];
    }
    case 'cash': {
      const amountMinor = takenMinor(entry);
      if (amountMinor === 0) return [];
      const part = { ...item, amountMinor };
      return [follow({ ...frame, item: part }, originalId, 'reversal', entry.sequence)];
    }
    case 'voucher':
      return [];
  }
}

/** What an entry leaves the customer owing: it was spent, and no refund was left to deduct it from. */
function collectionOf(entry: JournalEntry, terms: OfferTerms): Delivery[] {
  const owed = entry.legs.find(({ account }) => account.startsWith(RECEIVABLE));
  if (owed === undefined) return [];
  const { currency } = terms;
  const item = { kind: 'cash', as: 'receivable', amountMinor: owed.postedDelta, currency } as const;
  const id = `${entry.grant.id}.receivable.${entry.sequence}`;
  return [{ ...frameOf(entry, NO_TERMS), id, kind: 'reversal', item }];
}

/** @param k 1 for what happens once, otherwise the number of the entry that it follows from. */
function follow(
  frame: Omit<Delivery, 'id' | 'kind'>,
  originalId: string,
  kind: 'reversal' | 'extension',
  k: number,
): Delivery {
  return { ...frame, id: `${originalId}.${kind}.${k}`, kind, originalId };
}

function frameOf(
  { grant, occurredAtMs }: JournalEntry,
  terms: OfferTerms,
): Omit<Delivery, 'id' | 'kind' | 'item'> {
  return {
    originalId: '',
    grantId: grant.id,
    campaignId: grant.campaignId,
    offerId: grant.offerId,
    customerId: beneficiaryOf(grant),
    occurredAtMs,
    dueAtMs: terms.dueAtMs(grant, occurredAtMs),
  };
}

function beneficiaryOf({ beneficiaryId, customerId, accountId }: Grant): string {
  return beneficiaryId || customerId || accountId;
}

/** What is given beside vouchers. The vouchers of an award are numbered first, the rest after them. */
function deliverable(entry: JournalEntry, terms: OfferTerms): { id: string; item: DeliveryItem }[] {
  const { id: grantId, award } = entry.grant;
  const others = award.filter((item) => item.kind !== 'voucher');
  const vouchers = award.length - others.length;
  return others.flatMap((given, index) => {
    const item = itemOf(given, terms);
    if (item === undefined || isInPayment(entry, given)) return [];
    return [{ id: `${grantId}.${vouchers + index + 1}`, item }];
  });
}

/** A discount that was authorised with the payment was paid with it, whatever its offer says by now. */
function isInPayment(entry: JournalEntry, item: AwardItem): boolean {
  return item.kind === 'discount' && isCaptured(entry.grant);
}

/** Reserved at an authorisation and standing under its payment since; what the payment itself earned never moved. */
function isCaptured({ eventId, ledgerRecord }: StoredGrant): boolean {
  return (
    ledgerRecord !== '' &&
    paymentPartOf(ledgerRecord) !== accountPart(eventId) &&
    provenPaymentOf(ledgerRecord) === undefined
  );
}

function itemOf(item: AwardItem, { currency }: OfferTerms): DeliveryItem | undefined {
  switch (item.kind) {
    case 'discount':
    case 'cashback':
    case 'fee_cut':
      return { kind: 'cash', as: item.kind, amountMinor: item.amountMinor, currency };
    case 'points':
      return item.broughtIn ? undefined : { kind: 'points', points: item.points };
    case 'goods':
      return item;
    case 'voucher':
      return undefined;
  }
}

function itemOfVoucher(voucher: Voucher): DeliveryItem {
  return {
    kind: 'voucher',
    voucherId: voucher.id,
    voucher: voucher.voucher,
    faceMinor: voucher.faceMinor,
    minSpendMinor: voucher.minSpendMinor,
    expiresAt: new Date(voucher.expiresAtMs).toISOString(),
    scope: voucher.scope,
  };
}

/** What was taken back in money: every budget line moved by it. */
function takenMinor({ legs }: JournalEntry): number {
  const line = legs.find(({ account }) => account.startsWith(BUDGET));
  return line === undefined ? 0 : -line.postedDelta;
}

/** Points that were spent already are owed from then on: both together are what was taken back. */
function movedOn({ legs }: JournalEntry, ...prefixes: readonly string[]): number {
  return legs
    .filter(({ account }) => prefixes.some((prefix) => account.startsWith(prefix)))
    .reduce((sum, { postedDelta }) => sum + postedDelta, 0);
}
