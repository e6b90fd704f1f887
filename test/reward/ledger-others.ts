/** How rewards stand to other rewards and to the refunds of their payment, however often they are given. */

import { expect } from 'vitest';
import { ABUSE_REASONS } from '../../pipeline/reward/abuse.ts';
import { earnedIdOf } from '../../pipeline/reward/grant-id.ts';
import { hasOffer, type Grant, type StoredGrant } from '../../pipeline/reward/grant.ts';
import type { JournalEntry } from '../../pipeline/reward/journal.ts';
import type { LedgerOp, ReserveOp } from '../../pipeline/reward/ledger-op.ts';
import { paymentPartOf } from '../../pipeline/reward/record.ts';
import { foldJournal, LIVE, type Outcome } from './ledger-invariants.ts';
import { share } from './ledger-outside.ts';

const REVERSED: ReadonlySet<string> = new Set([...ABUSE_REASONS, 'review_rejected']);

/**
 * None is given beside a live one that excludes it or without one that it rests on, nor outlives what it rested on; and
 * of none stands more than the refunds of its payment leave.
 */
export function checkOthers(
  journal: readonly JournalEntry[],
  outcome: Outcome,
  list: readonly LedgerOp[],
): void {
  const asked = new Map<string, ReserveOp>();
  for (const op of list) if (op.kind === 'reserve') asked.set(op.grantId, op);
  foldJournal(journal, [
    ({ operation, grant }, _balances, grants) => {
      const op = asked.get(earnedIdOf(grant.id));
      if (operation !== 'reserve' || op === undefined) return;
      for (const id of op.rivals)
        expect(isLive(id, grants), `${grant.id} beside ${id}`).toBe(false);
      for (const id of op.needs ?? [])
        expect(isLive(id, grants), `${grant.id} on ${id}`).toBe(true);
    },
  ]);
  for (const grant of outcome.grants.values()) {
    if (!hasOffer(grant) || grant.reason === 'id_conflict') continue;
    const needs = asked.get(earnedIdOf(grant.id))?.needs ?? [];
    if (LIVE.has(grant.state)) for (const id of needs) restsOnSomething(id, outcome);
    if (grant.state === 'posted') isWhatRefundsLeave(grant, outcome);
  }
}

function givenAs(earnedId: string, grants: ReadonlyMap<string, Grant>): readonly Grant[] {
  return [...grants.values()].filter(({ id }) => earnedIdOf(id) === earnedId);
}

function isLive(earnedId: string, grants: ReadonlyMap<string, Grant>): boolean {
  return givenAs(earnedId, grants).some(({ state }) => LIVE.has(state));
}

function restsOnSomething(earnedId: string, { grants }: Outcome): void {
  const latest = givenAs(earnedId, grants).reduce((a, b) => (a.id.length > b.id.length ? a : b));
  expect(LIVE.has(latest.state) || !REVERSED.has(latest.reason), latest.id).toBe(true);
}

function isWhatRefundsLeave(grant: StoredGrant, { balances }: Outcome): void {
  const { id, award, amountMinor, clawedBackMinor, owedMinor = 0, paymentMinor } = grant;
  if (award.length === 0) return;
  const part = paymentPartOf(grant.ledgerRecord);
  const [refunded = 0] = balances.get(`refunded/${part}`) ?? [];
  const [paid = paymentMinor] = balances.get(`captured/${part}`) ?? [];
  const gone = Math.max(0, paymentMinor - (paid - refunded));
  expect(gone, `${id} of what went back`).toBeLessThan(paymentMinor);
  if (award.some(({ kind }) => kind === 'voucher' || kind === 'goods')) return;
  expect(clawedBackMinor + owedMinor, `${id} taken back`).toBe(
    share(amountMinor, gone, paymentMinor),
  );
}
