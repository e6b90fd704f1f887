/**
 * What somebody should know before a campaign goes live: what it can cost at worst, offers without any
 * limit or that can never fire, words that advertising law forbids. A file that cannot be run at all was
 * refused when it was loaded; here an `error` must not be published, a `warning` wants a person's yes, and a
 * `note` is worth reading.
 */

import type { LoadedConfig } from './load.ts';
import { advertisingFindings } from './publishing-words.ts';
import { budgetFindings } from './publishing-budgets.ts';
import type { Finding, Inspected, Severity } from './publishing-finding.ts';
import { deadFindings } from './publishing-dead-offers.ts';
import { releaseFindings } from './publishing-release.ts';
import { offerFindings } from './publishing-offers.ts';
import { placedOffers } from './campaign-places.ts';
import { ConfigFailure } from './yaml-file.ts';

/** What is read of a configuration. */
export type Published = Pick<LoadedConfig, 'campaignSources' | 'categories'> & {
  readonly system: { readonly ingest: { readonly maxAmountMinor: number } };
};

/**
 * @param config as `loadConfig` read it.
 * @returns the findings of each campaign, errors first.
 */
export function publishingCheck({ campaignSources, categories, system }: Published): Finding[] {
  return campaignSources.flatMap(({ campaign, file }) => {
    const inspected: Inspected = {
      campaign,
      offers: placedOffers(campaign, file.content),
      maxAmountMinor: system.ingest.maxAmountMinor,
      categories: new Set(categories),
    };
    return [
      ...budgetFindings(inspected),
      ...deadFindings(inspected),
      ...offerFindings(inspected),
      ...advertisingFindings(inspected),
      ...releaseFindings(inspected),
    ]
      .sort((a, b) => RANK[a.severity] - RANK[b.severity])
      .map(({ severity, path, message }) => ({
        campaignId: campaign.id,
        severity,
        where: file.locate(path),
        message,
      }));
  });
}

/** The campaigns that must not be published: their drafts stay drafts, and no worker starts with one approved. */
export function unpublishable(config: Published): ReadonlySet<string> {
  return new Set(
    publishingCheck(config)
      .filter(({ severity }) => severity === 'error')
      .map(({ campaignId }) => campaignId),
  );
}

/** @throws ConfigFailure with every error of the publishing check in a campaign that is not a draft. */
export function refuseUnpublishable(config: Published): void {
  const approved = config.campaignSources.filter(({ campaign }) => campaign.status === 'approved');
  const errors = publishingCheck({ ...config, campaignSources: approved }).filter(
    ({ severity }) => severity === 'error',
  );
  if (errors.length === 0) return;
  throw new ConfigFailure(
    errors.map(({ where, message }) => `${where}: not to be published: ${message}`),
  );
}

const RANK: Readonly<Record<Severity, number>> = { error: 0, warning: 1, note: 2 };
