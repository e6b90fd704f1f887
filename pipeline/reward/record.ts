/**
 * How the ledger writes down a grant and a voucher: lines of text that Lua changes without decoding the parts
 * that never change (lua/records.lua and lua/vouchers.lua name them). Outside Lua only this file knows the form.
 */

import { hash } from 'node:crypto';
import type { AwardItem, Grant, GrantReason, GrantState, StoredGrant } from './grant.ts';
import { accountPart, textOfPart } from './ledger-op.ts';
import type { Voucher, VoucherState } from './voucher.ts';

/** The accounts that a grant moves: by one unit each, by its amount, and by the amount's negative. */
export interface Moved {
  readonly units: readonly string[];
  readonly money: readonly string[];
  readonly contra: readonly string[];
}

/** What will happen to a grant, and when. */
export interface Due {
  readonly what: string;
  readonly atMs: number;
}

type Identity = Pick<
  Grant,
  | 'campaignId'
  | 'offerId'
  | 'eventId'
  | 'accountId'
  | 'customerId'
  | 'cardId'
  | 'paymentMinor'
  | 'occurredAtMs'
>;

/** Lines of a record that make up its head; what follows is the tail. */
const HEAD_LINES = 4;

/** What must be equal for an operation to be a repeat. What the configuration decides is not in it. */
export function identityOf(grant: Identity): string {
  return JSON.stringify([
    grant.campaignId,
    grant.offerId,
    grant.eventId,
    grant.accountId,
    grant.customerId,
    grant.cardId,
    grant.paymentMinor,
    grant.occurredAtMs,
  ]);
}

/** What else the grant was decided under: recorded, but not part of what makes a repeat. */
export function termsOf(
  grant: Pick<Grant, 'budgetLine' | 'configVersion' | 'beneficiaryId' | 'detail'>,
): string {
  return JSON.stringify([grant.budgetLine, grant.configVersion, grant.beneficiaryId, grant.detail]);
}

export function awardOf(grant: Pick<Grant, 'label' | 'award'>): string {
  return JSON.stringify([grant.label, grant.award]);
}

/**
 * @param text a record, or its head alone.
 * @throws Error when the text is not a record: the ledger is damaged.
 */
export function decodeGrant(id: string, text: string): Grant {
  const [standing, identity, terms, given, apart = ''] = text.split('\n', HEAD_LINES + 1);
  const facts = JSON.parse(identity ?? '') as (string | number)[];
  const [budgetLine, configVersion, beneficiaryId, detail] = JSON.parse(terms ?? '') as string[];
  const [label, award] = JSON.parse(given ?? '') as [string, AwardItem[]];
  return {
    id,
    campaignId: textAt(facts, 0),
    offerId: textAt(facts, 1),
    budgetLine: budgetLine ?? '',
    eventId: textAt(facts, 2),
    accountId: textAt(facts, 3),
    customerId: textAt(facts, 4),
    cardId: textAt(facts, 5),
    paymentMinor: Number(facts[6] ?? 0),
    occurredAtMs: Number(facts[7] ?? 0),
    configVersion: configVersion ?? '',
    beneficiaryId: beneficiaryId ?? '',
    detail: detail ?? '',
    label,
    award,
    ...standingOf(standing!),
    ...claimsOf(apart),
  };
}

/** What of a grant came back by no delivery, or is owed: the end of the first line of its tail. */
function claimsOf(line: string): Pick<Grant, 'deductMinor' | 'owedMinor'> {
  const [, , , , , deducted = '0', owed = '0'] = line.split(' ');
  return {
    ...(deducted !== '0' && { deductMinor: Number(deducted) }),
    ...(owed !== '0' && { owedMinor: Number(owed) }),
  };
}

/** Whether a word did something with a grant (lua/settle.lua), by the grant's text up to the first line of its tail at least. */
export function hasHeard(text: string, id: string, atMs: number): boolean {
  const word = hash('sha1', `${id} ${atMs}`, 'hex').slice(0, 10);
  return text.split('\n', HEAD_LINES + 1)[HEAD_LINES]?.includes(`=${word}`) ?? false;
}

/** What of a grant changes: the first line of its record, or that up to the revision where no time is set. */
export function standingOf(
  line: string,
): Pick<
  Grant,
  'state' | 'reason' | 'tier' | 'amountMinor' | 'clawedBackMinor' | 'revision' | 'deadlineMs'
> {
  const [state, reason, tier, amount, clawedBack, revision, , deadline = '0'] = line.split(' ');
  return {
    state: state as GrantState,
    reason: reason as GrantReason,
    tier: Number(tier),
    amountMinor: Number(amount),
    clawedBackMinor: Number(clawedBack),
    revision: Number(revision),
    deadlineMs: Number(deadline),
  };
}

/** The part of a record that only the ledger reads; '' of an answer that moved nothing. */
export function tailOf(text: string): string {
  let at = 0;
  for (let line = 0; line < HEAD_LINES; line++) at = text.indexOf('\n', at) + 1;
  return text.slice(at);
}

/** The accounts that a tail's grant moves in short legs. */
export function movedOf(tail: string): Moved {
  const [, , units = '', , money = '', contra = ''] = tail.split('\n');
  return { units: wordsOf(units), money: wordsOf(money), contra: wordsOf(contra) };
}

/** The payment that a tail's grant stands under, as a part: of an authorisation from its capture on. */
export function paymentPartOf(tail: string): string {
  return tail.slice(0, tail.indexOf(' '));
}

/** The payment that a tail's grant was granted on the proof of; undefined of any other. */
export function provenPaymentOf(tail: string): string | undefined {
  const [, rules = ''] = tail.split('\n', 2);
  if (rules === '') return undefined;
  const { proven } = JSON.parse(rules) as { readonly proven?: true };
  return proven === undefined ? undefined : textOfPart(paymentPartOf(tail));
}

/** What is due for a tail's grant, if anything. */
export function dueOf(tail: string): Due | undefined {
  const [, what, atMs] = tail.slice(0, tail.indexOf('\n')).split(' ');
  return what === undefined || what.startsWith('-') ? undefined : { what, atMs: Number(atMs) };
}

/** The record of a grant as the Lua scripts left it. */
export function encodeRecord(grant: StoredGrant): string {
  const standing = [
    grant.state,
    grant.reason,
    grant.tier,
    grant.amountMinor,
    grant.clawedBackMinor,
    grant.revision,
    grant.paymentMinor,
    grant.deadlineMs,
  ].join(' ');
  const lines = [standing, identityOf(grant), termsOf(grant), awardOf(grant), grant.ledgerRecord];
  return lines.join('\n');
}

/** @param grant the voucher's own: what it is a voucher of stands in its award. */
export function decodeVoucher(id: string, text: string, grant: Grant): Voucher {
  const [state, cost, , issued, expires, redeemedAt, revision, redeemedBy, ...extendedBy] =
    text.split(' ');
  const items = grant.award.filter((each) => each.kind === 'voucher');
  const item = items[Number(id.slice(id.lastIndexOf('.') + 1)) - 1];
  if (item === undefined) throw new Error(`grant ${grant.id} has no voucher ${id}`);
  return {
    id,
    grantId: grant.id,
    campaignId: grant.campaignId,
    offerId: grant.offerId,
    customerId: grant.beneficiaryId,
    voucher: item.voucher,
    faceMinor: item.faceMinor,
    minSpendMinor: item.minSpendMinor,
    costMinor: Number(cost),
    scope: item.scope,
    state: state as VoucherState,
    issuedAtMs: Number(issued),
    expiresAtMs: Number(expires),
    redeemedBy: redeemedBy === '-' ? '' : textOfPart(redeemedBy!),
    redeemedAtMs: redeemedAt === '0' ? undefined : Number(redeemedAt),
    extendedBy: extendedBy.map(textOfPart),
    revision: Number(revision),
  };
}

/** The record of a voucher as the Lua scripts left it. */
export function encodeVoucherRecord(voucher: Voucher): string {
  return [
    voucher.state,
    voucher.costMinor,
    voucher.minSpendMinor,
    voucher.issuedAtMs,
    voucher.expiresAtMs,
    voucher.redeemedAtMs ?? 0,
    voucher.revision,
    voucher.redeemedBy === '' ? '-' : accountPart(voucher.redeemedBy),
    ...voucher.extendedBy.map(accountPart),
  ].join(' ');
}

function wordsOf(line: string): string[] {
  return line === '' ? [] : line.split(' ');
}

function textAt(facts: readonly (string | number)[], index: number): string {
  return String(facts[index] ?? '');
}
