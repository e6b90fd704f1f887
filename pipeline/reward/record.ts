/**
 * How the ledger writes down a grant: lines of text that Lua changes without decoding the parts that never
 * change (lua/records.lua names them). This file is the only one outside Lua that knows the form.
 */

import type { Grant, GrantReason, GrantState } from './grant.ts';

/** The accounts that a grant has moved: by one unit each, and by its amount each. */
export interface Moved {
  readonly units: readonly string[];
  readonly money: readonly string[];
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

/** What the grant was decided under: recorded, but not part of what makes a repeat. */
export function termsOf(
  grant: Pick<Grant, 'budgetLine' | 'configVersion' | 'beneficiaryId' | 'detail'>,
): string {
  return JSON.stringify([grant.budgetLine, grant.configVersion, grant.beneficiaryId, grant.detail]);
}

/** @throws Error when the text is not a record: the ledger is damaged. */
export function decodeGrant(id: string, text: string): Grant {
  const [standing, identity, terms] = text.split('\n');
  const facts = JSON.parse(identity ?? '') as (string | number)[];
  const [budgetLine, configVersion, beneficiaryId, detail] = JSON.parse(terms ?? '') as string[];
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
    label: '',
    award: [],
    deadlineMs: 0,
    ...standingOf(standing!),
  };
}

/** The accounts that the record's grant has moved. */
export function movedOf(text: string): Moved {
  const [, , , units = '', money = ''] = text.split('\n');
  return {
    units: units === '' ? [] : units.split(' '),
    money: money === '' ? [] : money.split(' '),
  };
}

/** What of a grant changes: the first line of its record. */
export function standingOf(
  line: string,
): Pick<Grant, 'state' | 'reason' | 'tier' | 'amountMinor' | 'clawedBackMinor' | 'revision'> {
  const [state, reason, tier, amount, clawedBack, revision] = line.split(' ');
  return {
    state: state as GrantState,
    reason: reason as GrantReason,
    tier: Number(tier),
    amountMinor: Number(amount),
    clawedBackMinor: Number(clawedBack),
    revision: Number(revision),
  };
}

/** The record of a grant as the Lua scripts would have left it. */
export function encodeRecord(grant: Grant, moved: Moved): string {
  const standing = [
    grant.state,
    grant.reason,
    grant.tier,
    grant.amountMinor,
    grant.clawedBackMinor,
    grant.revision,
    grant.paymentMinor,
  ].join(' ');
  const accounts = [moved.units.join(' '), moved.money.join(' ')];
  return [standing, identityOf(grant), termsOf(grant), ...accounts].join('\n');
}

function textAt(facts: readonly (string | number)[], index: number): string {
  return String(facts[index] ?? '');
}
