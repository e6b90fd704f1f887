/** What a change to a running campaign has changed, for whoever ordered it. */

import type { CampaignChange } from '../reward/adjustments.ts';
import type { SharedAccount } from '../reward/campaign.ts';
import { BUDGET } from '../reward/ledger-op.ts';
import { money } from '../terminal/summary.ts';

/**
 * @param before the shared accounts of all campaigns with their limits before the change, `after` those since, in the
 *   same order.
 */
export function changeInWords(
  change: CampaignChange,
  before: readonly SharedAccount[],
  after: readonly SharedAccount[],
): string {
  const { campaignId } = change;
  const campaign = `campaign ${campaignId}`;
  const told = (what: string): string => `${campaign}: ${what} from the next event on`;
  switch (change.kind) {
    case 'pause':
      return told(`${partOf(change.offerId)} is paused and gives nothing`);
    case 'resume':
      return told(`${partOf(change.offerId)} gives rewards again`);
    case 'close':
      return told('it is closed for good: what was promised is kept, and nothing new is earned');
    case 'restrict_instrument':
      return told(`${change.instrument} takes no part in ${partOf(change.offerId)}`);
    case 'allow_instrument':
      return told(`${change.instrument} takes part in ${partOf(change.offerId)} again`);
    case 'merchant_list':
      return told(`the list ${change.list} holds ${count(change.merchants.length)} merchants`);
    case 'add_quota':
    case 'add_budget':
      return told(limitsInWords(before, after));
  }
}

function partOf(offerId: string | undefined): string {
  return offerId === undefined ? 'the whole campaign' : `offer ${offerId}`;
}

/** `quota/card/friday-off/all 5,000 → 10,000`; budget lines in major units. */
function limitsInWords(before: readonly SharedAccount[], after: readonly SharedAccount[]): string {
  const changed = after.flatMap(({ account, limit }, index) => {
    const was = before[index]?.limit ?? limit;
    if (was === limit) return [];
    const inWords = account.startsWith(BUDGET) ? money : count;
    return [`${account} ${inWords(was)} → ${inWords(limit)}`];
  });
  return changed.length === 0 ? 'no limit is another one' : `the limits are ${changed.join(', ')}`;
}

function count(value: number): string {
  return value.toLocaleString('en-US');
}
