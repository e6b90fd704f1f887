/**
 * What somebody should know before a campaign goes live: what it can cost at worst, offers without any
 * limit or that can never fire, words that advertising law forbids. A file that cannot be run at all was
 * refused when it was loaded; here an `error` must not be published, a `warning` wants a person's yes, and a
 * `note` is worth reading.
 */

import { advertisingFindings } from './publishing-words.ts';
import { budgetFindings } from './publishing-budgets.ts';
import type { Finding, Inspected, Severity } from './publishing-finding.ts';
import { deadFindings } from './publishing-dead-offers.ts';
import { offerFindings } from './publishing-offers.ts';
import { placedOffers } from './campaign-places.ts';
import type { CampaignSource } from './read-campaigns.ts';

/**
 * @param sources campaigns as `loadConfig` read them.
 * @returns the findings of each campaign, errors first.
 */
export function publishingCheck(
  sources: readonly CampaignSource[],
  settings: { readonly maxAmountMinor: number },
): Finding[] {
  return sources.flatMap(({ campaign, file }) => {
    const inspected: Inspected = {
      campaign,
      offers: placedOffers(campaign, file.content),
      maxAmountMinor: settings.maxAmountMinor,
    };
    return [
      ...budgetFindings(inspected),
      ...deadFindings(inspected),
      ...offerFindings(inspected),
      ...advertisingFindings(inspected),
    ]
      .sort((a, b) => RANK[a.severity] - RANK[b.severity])
      .map(({ severity, path, message }) => ({ severity, where: file.locate(path), message }));
  });
}

const RANK: Readonly<Record<Severity, number>> = { error: 0, warning: 1, note: 2 };
