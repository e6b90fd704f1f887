/** The answer to a person's word on one reward that waits for it. */

import type { Command, CommandResult } from './decide/account-action.ts';
import type { Grant, GrantReason } from './reward/grant.ts';

/**
 * Whether an approval that a grant has heard worked, whatever the reason says: it is given, all or in part or with
 * nothing left since its payment was refunded meanwhile, or has its payment alone to wait for. To one that waits for
 * its customer, or for a word on what the customer answered, it was only told.
 */
function wasApproved({ state, reason }: Grant): boolean {
  return state === 'posted' || state === 'clawed_back' || reason === 'awaiting_payment';
}

/**
 * @param grant as the ledger answered; undefined: there is none.
 * @param reason what the word gives as its reason.
 */
export function judgedReward(
  { id: commandId, kind, grantId }: Extract<Command, { readonly kind: 'approve' | 'reject' }>,
  grant: Grant | undefined,
  reason: GrantReason,
): CommandResult {
  if (grant === undefined) {
    return { commandId, accepted: false, message: `there is no reward ${grantId}` };
  }
  const { state, heard } = grant;
  const accepted =
    grant.reason === reason || (kind === 'approve' && heard === true && wasApproved(grant));
  const why = grant.reason === reason ? '' : ` (${grant.reason})`;
  const message = accepted
    ? `reward ${grantId} is ${state}${why}`
    : `reward ${grantId} does not wait for a review: it is ${state}${why}`;
  return { commandId, accepted, message };
}
