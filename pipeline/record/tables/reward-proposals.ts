/** `reward_proposals`: what came to be known of rewards after they were decided, one row a step. */

import type { RewardProposal } from '../../reward/proposal.ts';
import type { RowWriter } from '../row-writer.ts';
import { arrival, code, defineTable, instant, int64, text } from '../table.ts';
import type { RowStamp } from './events.ts';

export const rewardProposals = defineTable('reward_proposals', {
  proposal_id: text,
  action_id: text,
  kind: code({ clawback: 1, compensation: 2, hold: 3 }),
  state: code({ open: 1, approved: 2, dismissed: 3, done: 4, withdrawn: 5 }),
  grant_id: text,
  campaign_id: text,
  account_id: text,
  customer_id: text,
  event_id: text,
  amount_minor: int64,
  cause_kind: text,
  cause_id: text,
  evidence: text,
  trial: text,
  actor: text,
  reason: text,
  occurred_at: instant,
  arrival,
  recorded_at: instant,
});

export function encodeRewardProposal(
  out: RowWriter,
  proposal: RewardProposal,
  stamp: RowStamp,
): void {
  rewardProposals.encode(out, {
    proposal_id: proposal.id,
    action_id: proposal.actionId,
    kind: proposal.kind,
    state: proposal.state,
    grant_id: proposal.grantId,
    campaign_id: proposal.campaignId,
    account_id: proposal.accountId,
    customer_id: proposal.customerId,
    event_id: proposal.eventId,
    amount_minor: proposal.amountMinor,
    cause_kind: proposal.causeKind,
    cause_id: proposal.causeId,
    evidence: proposal.evidence,
    trial: proposal.trial ?? '',
    actor: proposal.actor,
    reason: proposal.reason,
    occurred_at: proposal.occurredAtMs,
    arrival: stamp,
    recorded_at: stamp.recordedAtMs,
  });
}
