/** The invariants of the ledger, checked on its journal entry by entry, and on what stands at the end. */

import { hash } from 'node:crypto';
import { expect } from 'vitest';
import { earnedIdOf } from '../../pipeline/reward/grant-id.ts';
import { hasOffer, type Grant, type StoredGrant } from '../../pipeline/reward/grant.ts';
import type { JournalEntry } from '../../pipeline/reward/journal.ts';
import type { Ledger } from '../../pipeline/reward/ledger.ts';
import type { LedgerOp } from '../../pipeline/reward/ledger-op.ts';
import type { Voucher } from '../../pipeline/reward/voucher.ts';
import { SPEND, TOTAL } from './ledger-scenario.ts';

export const LIVE: ReadonlySet<string> = new Set([
  'held',
  'awaiting_claim',
  'awaiting_choice',
  'posted',
]);
const PENDING = new Set(['held', 'awaiting_claim', 'awaiting_choice']);
/** Accounts that stand at or below nothing. */
const CONTRA = /^(payable|points-issued|receivable-points)\//;
const UNBALANCED = /^(parked|voucher)\//;

type Standing = readonly [posted: number, pending: number];

/** What the journal adds up to: balances, and grants and vouchers as they were left. */
export interface Outcome {
  readonly balances: ReadonlyMap<string, Standing>;
  readonly grants: ReadonlyMap<string, StoredGrant>;
  readonly vouchers: ReadonlyMap<string, Voucher>;
}

type Balances = ReadonlyMap<string, Standing>;
type Grants = ReadonlyMap<string, Grant>;

/** Asks of the ledger after one entry; `grants` are those before it. */
type Claim = (entry: JournalEntry, balances: Balances, grants: Grants) => void;

/** Folds the journal; every claim holds after every entry. */
export function checkJournal(
  journal: readonly JournalEntry[],
  limits: ReadonlyMap<string, number>,
): Outcome {
  return foldJournal(journal, [
    staysWithin(limits),
    sumsToZero,
    staysWithinParents,
    hasOneGrantAKey,
    takesBackNoMoreThanGiven,
    paysDebtsFirst,
    saysByWhichRules,
  ]);
}

/** What the journal adds up to, each claim made after each entry. */
export function foldJournal(
  journal: readonly JournalEntry[],
  claims: readonly Claim[] = [],
): Outcome {
  const balances = new Map<string, Standing>();
  const grants = new Map<string, StoredGrant>();
  const vouchers = new Map<string, Voucher>();
  for (const [index, entry] of journal.entries()) {
    const { sequence, legs, grant, voucher } = entry;
    expect(sequence).toBe(index + 1);
    for (const { account, postedDelta, pendingDelta } of legs) {
      const [posted, pending] = balances.get(account) ?? [0, 0];
      balances.set(account, [posted + postedDelta, pending + pendingDelta]);
    }
    for (const claim of claims) claim(entry, balances, grants);
    grants.set(grant.id, grant);
    if (voucher !== undefined) vouchers.set(voucher.id, voucher);
  }
  return { balances, grants, vouchers };
}

/** I1: no account passes its limit or falls below nothing, pending included. */
export function staysWithin(limits: ReadonlyMap<string, number>): Claim {
  return ({ legs }, balances) => {
    for (const { account } of legs) {
      const [posted, pending] = balances.get(account)!;
      const limit = account.startsWith('limit/') ? 1 : limits.get(account);
      if (limit !== undefined) expect(posted + pending, account).toBeLessThanOrEqual(limit);
      if (account.startsWith('points-issued/')) continue;
      if (CONTRA.test(account)) expect(Math.max(posted, pending), account).toBeLessThanOrEqual(0);
      else expect(Math.min(posted, pending), account).toBeGreaterThanOrEqual(0);
    }
  };
}

/** I2: the root line and what is payable are each other's contra, and so are points in hand, owed, and issued. */
export const sumsToZero: Claim = (_entry, balances) => {
  const money = [0, 0];
  const points = [0, 0];
  for (const [account, [posted, pending]] of balances) {
    const isMoney = account === TOTAL || account.startsWith('payable/');
    if (!isMoney && !/^(points|points-issued|receivable-points)\//.test(account)) continue;
    const sum = isMoney ? money : points;
    sum[0]! += posted;
    sum[1]! += pending;
  }
  expect({ money, points }).toEqual({ money: [0, 0], points: [0, 0] });
};

/** I3: an event and an offer are one grant; where it was taken back and given after all, one of them lives. */
export const hasOneGrantAKey: Claim = ({ grant }, _balances, grants) => {
  if (!hasOffer(grant) || grant.reason === 'id_conflict') return;
  for (const other of grants.values()) {
    const isSame = other.eventId === grant.eventId && other.offerId === grant.offerId;
    if (!isSame || other.reason === 'id_conflict') continue;
    expect(earnedIdOf(other.id)).toBe(earnedIdOf(grant.id));
    if (other.id !== grant.id && LIVE.has(grant.state)) expect(LIVE.has(other.state)).toBe(false);
  }
};

/** I4 */
export const takesBackNoMoreThanGiven: Claim = ({ grant }) => {
  expect(grant.clawedBackMinor, grant.id).toBeLessThanOrEqual(grant.amountMinor);
};

/** Nobody has points in hand and owes some. */
export const paysDebtsFirst: Claim = ({ legs }, balances) => {
  for (const { account } of legs) {
    if (!/^(receivable-)?points\//.test(account)) continue;
    const points = account.replace('receivable-', '');
    const [inHand, owed] = [balances.get(points)?.[0], balances.get(`receivable-${points}`)?.[0]];
    expect(Math.min(inHand ?? 0, -(owed ?? 0)), account).toBeLessThanOrEqual(0);
  }
};

/** I7: the lines below have no more than the line above. */
export const staysWithinParents: Claim = (_entry, balances) => {
  const [child, root] = [balances.get(SPEND) ?? [0, 0], balances.get(TOTAL) ?? [0, 0]];
  expect(child[0] + child[1]).toBeLessThanOrEqual(root[0] + root[1]);
};

/** I8: the version of the rules, and the event whose decision let it be. */
export const saysByWhichRules: Claim = ({ grant }) => {
  if (!hasOffer(grant) || grant.reason === 'id_conflict') return;
  expect([grant.configVersion, grant.eventId], grant.id).not.toContain('');
};

/** What the accounts say is what the grants and vouchers say. */
export function checkStanding({ balances, grants, vouchers }: Outcome): void {
  const moneyOf = (state: (grant: Grant) => boolean, of: (grant: Grant) => number): number =>
    [...grants.values()]
      .filter(hasOffer)
      .filter(state)
      .reduce((sum, grant) => sum + of(grant), 0);
  const [posted, pending] = balances.get(TOTAL) ?? [0, 0];
  const isPosted = ({ state }: Grant): boolean => state === 'posted' || state === 'clawed_back';
  expect(posted).toBe(moneyOf(isPosted, (each) => each.amountMinor - each.clawedBackMinor));
  expect(pending).toBe(
    moneyOf(
      ({ state }) => PENDING.has(state),
      (each) => each.amountMinor,
    ),
  );
  for (const grant of grants.values()) {
    const own = [...vouchers.values()].filter(({ grantId }) => grantId === grant.id);
    if (own.length === 0) continue;
    expect(own.reduce((sum, { costMinor }) => sum + costMinor, 0)).toBe(grant.amountMinor);
    const lives = own.some(({ state }) => state === 'issued');
    if (lives) expect(grant.state).toBe('posted');
  }
}

/** Nothing waits beyond its time, and the ledger's own balances are what the journal adds up to. */
export async function checkLedger(ledger: Ledger, outcome: Outcome): Promise<void> {
  await waitsInTime(ledger, outcome);
  await keepsWhatIsWritten(ledger, outcome);
}

/** I6: by the ledger's list of what is due, and by what the grants themselves say. */
export async function waitsInTime({ redis, keys }: Ledger, { grants }: Outcome): Promise<void> {
  const watermark = Number((await redis.hget(keys.state, 'watermark')) ?? 0);
  expect(await redis.zcount(keys.due, '-inf', watermark)).toBe(0);
  for (const { id, state, deadlineMs } of grants.values()) {
    if (state === 'awaiting_claim' || state === 'awaiting_choice')
      expect(deadlineMs, id).toBeGreaterThan(watermark);
  }
}

/** The ledger's own balances are what its journal adds up to. */
export async function keepsWhatIsWritten(
  { redis, keys }: Ledger,
  { balances }: Outcome,
): Promise<void> {
  const kept = Object.entries(await redis.hgetall(keys.balances)).map(
    ([account, text]): [string, Standing] => {
      const [posted, pending] = text.split(' ').map(Number);
      return [account, [posted!, pending!]];
    },
  );
  const isMoved = ([account, [posted, pending]]: readonly [string, Standing]): boolean =>
    (posted !== 0 || pending !== 0) && !UNBALANCED.test(account);
  expect(new Map(kept.filter(isMoved))).toEqual(new Map([...balances].filter(isMoved)));
}

/** The words by which a person gave it although it was taken for abuse, and when, as they stand in its record. */
function gaveIt({ ledgerRecord }: StoredGrant): { readonly word: string; readonly at: number }[] {
  const words = ledgerRecord.split('\n', 1)[0]!.matchAll(/=\+([0-9a-f]+)@(\d+)/g);
  return [...words].map(([, word, at]) => ({ word: word!, at: Number(at) }));
}

/** When it was given last by such a word; −1 when by none. */
function madeGoodAt(grant: StoredGrant): number {
  return Math.max(-1, ...gaveIt(grant).map(({ at }) => at));
}

/** Whether a word was spoken already when one gave the grant anew: told again, it is none on what was given then. */
function wasSaidBefore(list: readonly LedgerOp[], index: number, grant: StoredGrant): boolean {
  const said = JSON.stringify(list[index]);
  const first = list.findIndex((op) => JSON.stringify(op) === said);
  const gave = new Set(gaveIt(grant).map(({ word }) => word));
  return list
    .slice(first)
    .some(
      (op) =>
        op.kind === 'reserve' &&
        op.anew !== undefined &&
        op.grantId === earnedIdOf(grant.id) &&
        gave.has(hash('sha1', op.anew.wordId, 'hex').slice(0, 10)),
    );
}

/** I9: an event that was intercepted, or whose reward was found to be abuse, has nothing, unless a person gave it. */
export function checkIntercepted(list: readonly LedgerOp[], { grants }: Outcome): void {
  for (const op of list) {
    if (op.kind !== 'reserve' || op.intent !== 'voided') continue;
    const grant = grants.get(op.grantId)!;
    if (madeGoodAt(grant) < 0) expect(LIVE.has(grant.state), op.grantId).toBe(false);
  }
  for (const [index, op] of list.entries()) {
    if (op.kind !== 'settle' || op.reason !== 'review_confirmed' || !('eventId' in op)) continue;
    for (const grant of grants.values()) {
      if (grant.eventId !== op.eventId || !hasOffer(grant)) continue;
      const toldAtMs = op.toldAtMs ?? op.occurredAtMs;
      if (toldAtMs <= madeGoodAt(grant) || wasSaidBefore(list, index, grant)) continue;
      expect(LIVE.has(grant.state), grant.id).toBe(false);
    }
  }
}
