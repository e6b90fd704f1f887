/** The answer to a person's word on one reward that waits for it. */

import type { Command, CommandResult } from './decide/account-action.ts';
import type { Grant, GrantReason, GrantState } from './reward/grant.ts';

/**
 * Where an approval that a grant has heard leaves it, whatever its reason says: given, all or in part or with nothing
 * left since its payment was refunded meanwhile, or with its payment alone to wait for. A claim or a choice that it
 * waits for was only told, unless the reason is the approval.
 */
const APPROVED: ReadonlySet<GrantState> = new Set(['posted', 'clawed_back', 'held']);

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
    grant.reason === reason || (kind === 'approve' && heard === true && APPROVED.has(state));
  const why = grant.reason === reason ? '' : ` (${grant.reason})`;
  const message = accepted
    ? `reward ${grantId} is ${state}${why}`
    : `reward ${grantId} does not wait for a review: it is ${state}${why}`;
  return { commandId, accepted, message };
}
