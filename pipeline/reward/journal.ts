/** The journal: every change of the ledger, in the order of its own sequence numbers. */

import type { StoredGrant } from './grant.ts';
import { decodeGrant, decodeVoucher, movedOf, tailOf, type Moved } from './record.ts';
import type { Voucher } from './voucher.ts';

/** What moved a leg. A contract with the ledger_entries table: add, never rename. */
export const OPERATIONS = [
  'reserve',
  'reject',
  'intercept',
  'post',
  'void',
  'expire',
  'clawback',
  'capture',
  'cancel',
  'claim',
  'choose',
  'issue',
  'redeem',
  'extend',
  'voucher_void',
  'refuse',
  'refund_parked',
  'refund_applied',
  'refund_refused',
  'conflict',
  'review_opened',
  'review_passed',
  'noted',
] as const;
export type Operation = (typeof OPERATIONS)[number];

/** One account's part of an entry. */
export interface JournalLeg {
  readonly account: string;
  readonly postedDelta: number;
  readonly pendingDelta: number;
}

/** One change of one grant. An entry without legs is an answer that moved nothing: a rejection, say. */
export interface JournalEntry {
  /** 1, 2, 3 … without a gap. */
  readonly sequence: number;
  readonly operation: Operation;
  /** The business id of what was applied: grant, refund, event or command. */
  readonly operationId: string;
  readonly occurredAtMs: number;
  /** The grant as this entry left it; its revision is the entry's sequence. */
  readonly grant: StoredGrant;
  readonly legs: readonly JournalLeg[];
  /** The voucher that the entry is about, as the entry left it. */
  readonly voucher: Voucher | undefined;
}

/** An entry as the table ledger_entries holds it: one row a leg. */
export interface LedgerRow {
  readonly sequence: number;
  readonly operation: string;
  readonly operationId: string;
  readonly grantId: string;
  readonly campaignId: string;
  /** '' in the one row of an entry without legs. */
  readonly account: string;
  readonly postedDelta: number;
  readonly pendingDelta: number;
  readonly leg: number;
  readonly occurredAtMs: number;
}

/** The rows of one entry; at least one, so that the table shows every sequence number. */
export function ledgerRowsOf(entry: JournalEntry): LedgerRow[] {
  const legs = entry.legs.length > 0 ? entry.legs : [NO_LEG];
  return legs.map((leg, index) => ({
    sequence: entry.sequence,
    operation: entry.operation,
    operationId: entry.operationId,
    grantId: entry.grant.id,
    campaignId: entry.grant.campaignId,
    ...leg,
    leg: index,
    occurredAtMs: entry.occurredAtMs,
  }));
}

const NO_LEG: JournalLeg = { account: '', postedDelta: 0, pendingDelta: 0 };

/** @param id the stream's id, `<sequence>-0`; @param fields names and values in turn (lua/records.lua). */
export function decodeEntry(id: string, fields: readonly string[]): JournalEntry {
  const value = new Map<string, string>();
  for (let i = 0; i < fields.length; i += 2) value.set(fields[i]!, fields[i + 1]!);
  const record = value.get('record')!;
  const ledgerRecord = tailOf(record);
  const grantId = value.get('grant')!;
  const grant = { ...decodeGrant(grantId, record), ledgerRecord };
  const [, operation, at, legs] = ENTRY.exec(value.get('entry')!)!;
  const voucherId = value.get('voucher');
  return {
    sequence: Number(id.slice(0, id.indexOf('-'))),
    operation: operation as Operation,
    operationId: value.get('operationId') ?? grantId,
    occurredAtMs: Number(at),
    grant,
    legs: legsOf(legs!, movedOf(ledgerRecord), grant.amountMinor),
    voucher:
      voucherId === undefined
        ? undefined
        : decodeVoucher(voucherId, value.get('voucherRecord')!, grant),
  };
}

/** `operation at`, and the legs in lines. */
const ENTRY = /^(\S+) (\S+)\n([^]*)$/;

/** Spells out the legs that name the record's accounts in short (lua/legs.lua). */
function legsOf(text: string, moved: Moved, amount: number): JournalLeg[] {
  if (text === '') return [];
  return text.split('\n').flatMap((line) => {
    const [account, first, second] = line.split(' ');
    const [posted, pending] = [Number(first), Number(second)];
    const each = (accounts: readonly string[], times: number): JournalLeg[] =>
      accounts.map((name) => ({
        account: name,
        // Adding 0 turns the −0 of a product into 0.
        postedDelta: posted * times + 0,
        pendingDelta: pending * times + 0,
      }));
    const money = (times: number): JournalLeg[] => [
      ...each(moved.money, times),
      ...each(moved.contra, -times),
    ];
    if (account === '*') return [...each(moved.units, 1), ...money(amount)];
    return account === '$' ? money(1) : each([account!], 1);
  });
}
