/** Offers that work and may not be what was meant. */

import { dateOf, LocalTime } from '../pipeline/reward/local-time.ts';
import { costOf } from './campaign-liability.ts';
import { endOf, termsOf, unknownYears } from './campaign-deadlines.ts';
import { outcomesOf, type PlacedOffer } from './campaign-places.ts';
import { moneyText, type Inspected, type PlacedFinding } from './publishing-finding.ts';

/** The law's bound for a prize that is drawn, in fen: 50,000 yuan. */
const DEAREST_PRIZE = 5_000_000n;
/** What every payment reaches: of less, nothing is left. */
const LEAST_PAYMENT = 1;

export function offerFindings(inspected: Inspected): PlacedFinding[] {
  const { campaign, offers } = inspected;
  const draft: PlacedFinding = {
    severity: 'note',
    path: ['status'],
    message: `${campaign.id} is a draft: nothing is granted`,
  };
  return [
    ...(campaign.status === 'draft' ? [draft] : []),
    ...calendarFindings(inspected),
    ...groupFindings(inspected),
    ...offers.flatMap((placed) => [
      ...limitFindings(placed),
      ...categoryFindings(inspected, placed),
      ...drawFindings(inspected, placed),
      ...claimFindings(inspected, placed),
      ...refundFindings(placed),
      ...scopeFindings(inspected, placed),
    ]),
  ];
}

function limitFindings({ offer, path, tiers }: PlacedOffer): PlacedFinding[] {
  if (offer.quota !== undefined || offer.limits.length > 0) return [];
  if (tiers.every(({ quota }) => quota !== undefined)) return [];
  const message = `${offer.id} has neither a quota nor a limit: one customer can have it again and again until the budget is gone`;
  return [{ severity: 'warning', path: [...path, 'id'], message }];
}

/** One of several that no sender uses; where it is the only one, the offer can never be granted. */
function categoryFindings(
  { categories }: Inspected,
  { offer, path }: PlacedOffer,
): PlacedFinding[] {
  const asked = offer.when.category ?? [];
  const unknown = asked.filter((category) => !categories.has(category));
  if (categories.size === 0 || unknown.length === asked.length) return [];
  return unknown.map((category) => ({
    severity: 'warning' as const,
    path: [...path, 'when', 'category', asked.indexOf(category)],
    message: `${offer.id}: lists/categories.txt does not have ${category}`,
  }));
}

function drawFindings(
  { campaign, maxAmountMinor }: Inspected,
  placed: PlacedOffer,
): PlacedFinding[] {
  const findings: PlacedFinding[] = [];
  for (const tier of placed.tiers) {
    const { benefit, benefitPath } = tier;
    if (benefit.kind !== 'draw') continue;
    const runsOut = benefit.prizes.some(({ stock }) => stock !== undefined);
    if (benefit.nonePpm === 0 && !benefit.certain && runsOut) {
      const message = `${placed.offer.id} wins by its odds always, and nothing when a prize is gone: write certain: true and a prize without stock in onPrizeEmpty`;
      findings.push({ severity: 'warning', path: benefitPath, message });
    }
    for (const [index, outcome] of outcomesOf(tier).entries()) {
      const cost = costOf(campaign, outcome.benefit, maxAmountMinor);
      if (cost !== undefined && cost <= DEAREST_PRIZE) continue;
      const worth = cost === undefined ? 'without bound' : moneyText(cost, campaign.currency);
      const message = `${placed.offer.id}: a prize may be worth ${moneyText(DEAREST_PRIZE, campaign.currency)} at most by law, and this one is ${worth}`;
      findings.push({ severity: 'warning', path: [...benefitPath, 'prizes', index], message });
    }
  }
  return findings;
}

function claimFindings({ campaign }: Inspected, placed: PlacedOffer): PlacedFinding[] {
  const local = new LocalTime(campaign.timezone);
  const running = termsOf(campaign, placed).find(({ what }) => what === 'claim');
  if (running === undefined) return [];
  const endMs = endOf(running.lastMs, running.term, local);
  if (endMs === undefined) return [];
  const { id } = placed.offer;
  const path = running.path;
  const lastDay = dateOf(local.day(endMs - 1));
  if (endMs < placed.open.to) {
    const message = `${id}: claims end on ${lastDay}, before the offer does: what is won later cannot be claimed`;
    return [{ severity: 'error', path, message }];
  }
  const closeMs = Math.max(
    campaign.window.to,
    ...Object.values(campaign.phases).map(({ to }) => to),
  );
  if (closeMs > campaign.window.to && endMs > closeMs) {
    const message = `${id}: claims end on ${lastDay}, after the last phase, which ends on ${dateOf(local.day(closeMs - 1))}`;
    return [{ severity: 'warning', path, message }];
  }
  return [{ severity: 'note', path, message: `${id}: claims end on ${lastDay}, 24:00` }];
}

/**
 * Half a voucher or half a kettle cannot be taken back: where a share goes back, such a thing stays whole until
 * nothing is left of the payment, and who sends back all but a fen has it for that.
 */
function refundFindings({ offer, path, tiers }: PlacedOffer): PlacedFinding[] {
  if (offer.refund.below !== 'keep') return [];
  const kept = tiers.some(
    (tier) =>
      tier.atLeast > LEAST_PAYMENT &&
      outcomesOf(tier).some(
        ({ benefit }) => benefit.kind === 'vouchers' || benefit.kind === 'goods',
      ),
  );
  if (!kept) return [];
  const message = `${offer.id}: vouchers and goods stay when a refund leaves less than the payment had to reach: write refund: { below: revoke }`;
  return [{ severity: 'warning', path: [...path, 'id'], message }];
}

/** Where a voucher is good for: a list, a category or a merchant. Of merchants only those are known that the file names. */
function scopeFindings(inspected: Inspected, placed: PlacedOffer): PlacedFinding[] {
  const { campaign, categories } = inspected;
  if (categories.size === 0) return [];
  const places = new Set([
    ...categories,
    ...Object.keys(campaign.lists),
    ...Object.values(campaign.lists).flat(),
    ...campaign.offers.flatMap(({ when }) => [...(when.merchant ?? []), ...(when.category ?? [])]),
  ]);
  return placed.tiers.flatMap(outcomesOf).flatMap(({ benefit, path }) =>
    benefit.kind !== 'vouchers'
      ? []
      : benefit.vouchers.flatMap(({ voucher, scope }, index) =>
          scope.flatMap((place, at) => {
            if (places.has(place)) return [];
            const message = `${placed.offer.id}: ${voucher} is good at ${place}, which is no list, no category of lists/categories.txt and no merchant that the campaign names`;
            return [{ severity: 'warning' as const, path: [...path, index, 'scope', at], message }];
          }),
        ),
  );
}

/** Years without working days that no deadline needs today: the next deadline that is written may. */
function calendarFindings({ campaign }: Inspected): PlacedFinding[] {
  if (campaign.calendar === 'none') return [];
  const local = new LocalTime(campaign.timezone);
  return unknownYears(campaign.window.from, campaign.window.to - 1, local).map((year) => ({
    severity: 'warning' as const,
    path: ['calendar'],
    message: `the calendar does not know the working days of ${year}`,
  }));
}

/** Two offers of one group that one event can earn both, or of which nothing says which one it earns. */
function groupFindings({ offers }: Inspected): PlacedFinding[] {
  return offers.flatMap((placed, index) =>
    offers
      .slice(0, index)
      .filter((other) => overlap(placed, other))
      .flatMap((other) => {
        const shared = `${other.offer.id} and ${placed.offer.id} share the group ${placed.offer.group!}`;
        const exclusive = placed.offer.stacking === 'group' && other.offer.stacking === 'group';
        if (exclusive && placed.offer.priority !== other.offer.priority) return [];
        const [key, message] = exclusive
          ? [
              'stacking',
              `${shared} and exclude each other with the same priority: only their order in the file says which one is granted, write priority`,
            ]
          : [
              'group',
              `${shared} and both can be granted for one event: write stacking: group in both`,
            ];
        return [{ severity: 'warning' as const, path: [...placed.path, key], message: message }];
      }),
  );
}

function overlap(a: PlacedOffer, b: PlacedOffer): boolean {
  return (
    a.offer.group !== undefined &&
    a.offer.group === b.offer.group &&
    a.open.from < b.open.to &&
    b.open.from < a.open.to &&
    a.offer.on.some((type) => b.offer.on.includes(type))
  );
}
