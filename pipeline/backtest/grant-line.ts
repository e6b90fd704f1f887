/** A grant of a dry run as it is written to a file. */

import type { JudgedGrant } from './dry-run.ts';

/** @returns what one line of `--grants` says. */
export function grantLine({ grant, fraud }: JudgedGrant): Readonly<Record<string, unknown>> {
  const { id: grantId, occurredAtMs, deadlineMs, detail } = grant;
  const { campaignId, offerId, label, state, reason, amountMinor, clawedBackMinor } = grant;
  const { eventId, accountId, customerId, beneficiaryId, cardId, paymentMinor } = grant;
  return {
    ...{ grantId, campaignId, offerId, label, state, reason, amountMinor, clawedBackMinor },
    award: grant.award,
    budgetLine: grant.budgetLine,
    ...{ eventId, accountId, customerId, beneficiaryId, cardId, paymentMinor },
    occurredAt: new Date(occurredAtMs).toISOString(),
    ...(deadlineMs > 0 && { deadline: new Date(deadlineMs).toISOString() }),
    ...(detail !== '' && { draw: JSON.parse(detail) as unknown }),
    ...(fraud !== undefined && { fraud }),
  };
}
