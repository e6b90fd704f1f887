/** The answer to a person's word on one reward that waits for it. */

import type { Command, CommandResult } from '../decide/account-action.ts';
import type { Grant, GrantReason } from '../reward/grant.ts';

/**
 * Whether an approval that worked on a grant still shows, whatever the reason says: it is given, all or in part or with
 * nothing left since its payment was refunded meanwhile, or has its payment alone to wait for.
 */
function isApproved(grant: Grant): boolean {
  const { state, reason } = grant;
  const isGiven = state === 'posted' || state === 'clawed_back';
  return isGiven || reason === 'awaiting_payment' || hasRunOut(grant);
}

/** Its payment was not heard of in time; one that was made in time still gives it. */
function hasRunOut({ reason }: Grant): boolean {
  return reason === 'authorisation_expired';
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
    grant.reason === reason || (kind === 'approve' && heard === true && isApproved(grant));
  const why = grant.reason === reason ? '' : ` (${grant.reason})`;
  const message = accepted
    ? `reward ${grantId} is ${state}${why}${hasRunOut(grant) ? RUN_OUT : ''}`
    : `reward ${grantId} does not wait for a review: it is ${state}${why}`;
  return { commandId, accepted, message };
}

const RUN_OUT = '; your word counts once a payment is heard of that was made in time';
