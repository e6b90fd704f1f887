/** What customers have of the ledger's rewards by what was sent to other systems, against what the books say of it. */

import { expect } from 'vitest';
import { deliveriesOf } from '../../pipeline/act/given.ts';
import type { Grant, StoredGrant } from '../../pipeline/reward/grant.ts';
import type { JournalEntry } from '../../pipeline/reward/journal.ts';
import { accountPart, type RefundOp } from '../../pipeline/reward/ledger-op.ts';
import { paymentPartOf, provenPaymentOf } from '../../pipeline/reward/record.ts';
import type { Outcome } from './ledger-invariants.ts';

const terms = (): { currency: string; dueAtMs: () => undefined } => ({
  currency: 'CNY',
  dueAtMs: () => undefined,
});

/** Of one grant, in fen, pieces and points, what was given less what was taken back through other systems. */
interface Sent {
  cash: number;
  goods: number;
  points: number;
  toCollect: number;
}

const NOTHING: Sent = { cash: 0, goods: 0, points: 0, toCollect: 0 };

function sentBy(journal: readonly JournalEntry[]): Map<string, Sent> {
  const sent = new Map<string, Sent>();
  const deliveries = journal.flatMap((entry) => deliveriesOf(entry, terms));
  // One id is one delivery, however often it is asked for.
  for (const delivery of new Map(deliveries.map((each) => [each.id, each])).values()) {
    const { grantId, kind, item } = delivery;
    const of = sent.get(grantId) ?? { ...NOTHING };
    const sign = kind === 'reversal' ? -1 : 1;
    if (item.kind === 'goods') of.goods += sign;
    else if (item.kind === 'points') of.points += sign * item.points;
    else if (item.kind === 'cash' && item.as === 'receivable') of.toCollect += item.amountMinor;
    else if (item.kind === 'cash') of.cash += sign * item.amountMinor;
    sent.set(grantId, of);
  }
  return sent;
}

/** Of each grant the points that moved in the books, in hand and owed. */
function movedPoints(journal: readonly JournalEntry[]): Map<string, number> {
  const moved = new Map<string, number>();
  for (const { grant, legs } of journal) {
    for (const { account, postedDelta } of legs) {
      if (!/^(receivable-)?points\//.test(account)) continue;
      moved.set(grant.id, (moved.get(grant.id) ?? 0) + postedDelta);
    }
  }
  return moved;
}

/** A reward costs as much as the customer has of it, in money and in points, and no refund is asked for more than it is. */
export function checkOutside(
  journal: readonly JournalEntry[],
  outcome: Outcome,
  refunds: readonly RefundOp[],
): void {
  const sent = sentBy(journal);
  const points = movedPoints(journal);
  const owed = new Map<string, number>();
  for (const grant of outcome.grants.values()) {
    const of = sent.get(grant.id) ?? { ...NOTHING };
    const { owedMinor = 0, customerId } = grant;
    expect(of.toCollect, `${grant.id} to be collected`).toBe(owedMinor);
    const account = `receivable/${accountPart(customerId)}`;
    owed.set(account, (owed.get(account) ?? 0) + owedMinor);
    if (grant.state !== 'posted' && grant.state !== 'clawed_back') continue;
    expect(of.points, `${grant.id} in points`).toBe(points.get(grant.id) ?? 0);
    const out = outsideOf(grant, of, outcome);
    if (out !== undefined) expect(grant.amountMinor - grant.clawedBackMinor, grant.id).toBe(out);
  }
  for (const [account, minor] of owed)
    expect(outcome.balances.get(account)?.[0] ?? 0, account).toBe(minor);
  checkDeductions(journal, refunds);
}

/** What the customer has of a grant; undefined where it is in points. */
function outsideOf(grant: StoredGrant, sent: Sent, outcome: Outcome): number | undefined {
  const { vouchers, balances } = outcome;
  const { award, amountMinor, deductMinor = 0 } = grant;
  const kinds = new Set(award.map(({ kind }) => kind));
  if (kinds.has('points')) return undefined;
  if (kinds.has('goods')) return sent.goods * amountMinor;
  if (kinds.has('voucher')) {
    const lives = [...vouchers.values()].filter(
      ({ grantId, state }) => grantId === grant.id && (state === 'issued' || state === 'redeemed'),
    );
    if (grant.state === 'posted') checkShares(grant, outcome);
    return lives.reduce((sum, { costMinor }) => sum + costMinor, 0) - deductMinor;
  }
  const part = paymentPartOf(grant.ledgerRecord);
  const proven = provenPaymentOf(grant.ledgerRecord);
  if (part === accountPart(grant.eventId) || proven !== undefined) return sent.cash;
  // The payment itself was stopped: nothing was taken off it.
  if (grant.reason === 'risk_block') return grant.owedMinor ?? 0;
  const captured = balances.get(`captured/${part}`)?.[0] ?? grant.paymentMinor;
  return taken(grant, captured) - deductMinor;
}

/** Of vouchers that were used, the share of what was refunded is claimed, whichever of the two came first. */
function checkShares(grant: StoredGrant, { vouchers, balances }: Outcome): void {
  const { paymentMinor, deductMinor = 0, owedMinor = 0 } = grant;
  const refunded = balances.get(`refunded/${paymentPartOf(grant.ledgerRecord)}`)?.[0] ?? 0;
  const used = [...vouchers.values()].filter(
    ({ grantId, state }) => grantId === grant.id && state === 'redeemed',
  );
  const due = used.reduce(
    (sum, { costMinor }) => sum + share(costMinor, refunded, paymentMinor),
    0,
  );
  expect(deductMinor + owedMinor, `${grant.id} of used vouchers`).toBe(due);
}

/** round_half_up(total × part / whole) */
export function share(total: number, part: number, whole: number): number {
  return Math.floor((2 * total * part + whole) / (2 * whole));
}

/** What of a discount its payment took, by round_half_up; all or nothing below the threshold of the story. */
function taken({ amountMinor, paymentMinor }: Grant, captured: number): number {
  return amountMinor - share(amountMinor, Math.max(0, paymentMinor - captured), paymentMinor);
}

/** No more is deducted on account of a refund than it is. */
function checkDeductions(journal: readonly JournalEntry[], refunds: readonly RefundOp[]): void {
  const left = new Map(refunds.map(({ refundId, refundMinor }) => [refundId, refundMinor]));
  const known = new Map<string, number>();
  for (const { operationId, grant } of journal) {
    const { id, deductMinor = 0 } = grant;
    const more = deductMinor - (known.get(id) ?? 0);
    known.set(id, deductMinor);
    if (more === 0) continue;
    left.set(operationId, left.get(operationId)! - more);
    expect(left.get(operationId), operationId).toBeGreaterThanOrEqual(0);
  }
}
