/** What the offers of one campaign share: its calendar, lists and expressions, stock, points and draws. */

import type { Campaign } from '../../config/campaign-schema.ts';
import { Failure } from '../failure.ts';
import type { Adjustments } from './adjustments.ts';
import type { CampaignTerms } from './benefit.ts';
import { stockOf } from './campaign-accounts.ts';
import { expressionsOf } from './campaign-facts.ts';
import type { CompileSettings } from './campaign.ts';
import { Language, type CompiledExpression } from './cel.ts';
import { Scope, type Subject } from './cel-scope.ts';
import { drawSeedOf } from './draw.ts';
import { IneligibleCounts } from './ineligible-counts.ts';
import { LocalTime } from './local-time.ts';
import { WorkingDays } from './working-days.ts';

/** @throws Failure (exit code 2) when the campaign draws and there is no key for it. */
export function termsOf(
  campaign: Campaign,
  subject: Subject,
  settings: CompileSettings & { readonly adjustments: Adjustments },
): CampaignTerms {
  const { id: campaignId, window, currency, points } = campaign;
  const local = new LocalTime(campaign.timezone);
  const scope = new Scope(subject, {
    campaignId,
    window,
    currency,
    local,
    params: campaign.params,
    lists: listsOf(campaign, settings.adjustments),
  });
  return {
    campaignId,
    ineligible: settings.ineligibleOf?.(campaignId) ?? new IneligibleCounts(),
    currency,
    fromMs: window.from,
    toMs: window.to,
    local,
    workingDays: new WorkingDays(local),
    scope,
    stock: stockOf(campaign),
    pointsCost: points && { points: points.points, worthMinor: points.worthMinor },
    exchanges: new Map(
      campaign.offers.flatMap(({ id, tiers }) =>
        tiers.flatMap(({ benefit }) =>
          benefit.kind === 'exchange' ? [[id, benefit.items] as const] : [],
        ),
      ),
    ),
    draw: drawOf(campaign, settings.drawKey),
    holds: expressionsIn(campaign, scope, settings.onExpressionError),
  };
}

/** The merchants of every list; one that was replaced while the campaign runs is taken as it stands now. */
export function listsOf(
  { id, lists }: Campaign,
  adjustments: Adjustments,
): Map<string, ReadonlySet<string>> {
  return new Map(
    Object.entries(lists).map(([name, members]) => [
      name,
      new Set(adjustments.merchantList(id, name) ?? members),
    ]),
  );
}

function drawOf(campaign: Campaign, key: Buffer | undefined): CampaignTerms['draw'] {
  const draws = campaign.offers.some(({ tiers }) =>
    tiers.some(({ benefit }) => benefit.kind === 'draw'),
  );
  if (!draws) return undefined;
  if (key === undefined) {
    const message = `campaign ${campaign.id} draws prizes, and no key is given to draw with`;
    throw new Failure(message, { exitCode: 2 });
  }
  return drawSeedOf(key, campaign.id);
}

/** An expression that fails has no answer, which is not a yes. */
function expressionsIn(
  campaign: Campaign,
  scope: Scope,
  onError: CompileSettings['onExpressionError'],
): CampaignTerms['holds'] {
  const sources = expressionsOf(campaign);
  if (sources.length === 0) return () => false;
  const { params, lists, segments } = campaign;
  const names = { params, lists: Object.keys(lists), segments: Object.keys(segments) };
  const language = new Language(names, scope);
  for (const [name, source] of Object.entries(segments)) {
    scope.declareSegment(name, language.compile(source));
  }
  const compiled = new Map<string, CompiledExpression>(
    sources.map((source) => [source, language.compile(source)]),
  );
  return (source) => {
    // An error's stack leads into the library only, and taking it costs four times the rest of the failure.
    const { stackTraceLimit } = Error;
    Error.stackTraceLimit = 0;
    try {
      return compiled.get(source)!(scope) === true;
    } catch (error) {
      onError?.(campaign.id, error);
      return false;
    } finally {
      Error.stackTraceLimit = stackTraceLimit;
    }
  };
}
