/** Offers that can never be granted, and why. */

import type { EventType } from '../pipeline/event.ts';
import { budgetPath } from './campaign-budgets.ts';
import { costOf, openDays } from './campaign-liability.ts';
import { outcomesOf, type Path, type PlacedOffer } from './campaign-places.ts';
import { moneyText, type Inspected, type PlacedFinding } from './publishing-finding.ts';

/** Events of money that changes hands at a merchant: the others have neither amount nor merchant. */
const MONEY: ReadonlySet<EventType> = new Set([
  'payment',
  'payment.authorising',
  'instalment',
  'voucher.redeemed',
  'redemption.requested',
  'proof.submitted',
]);

/** Events that take a reward back and never earn one. */
const TAKING: ReadonlySet<EventType> = new Set(['refund', 'payment.cancelled']);

type Say = (keys: Path, message: string) => void;

export function deadFindings(inspected: Inspected): PlacedFinding[] {
  return inspected.offers.flatMap((placed) => {
    const findings: PlacedFinding[] = [];
    const say: Say = (keys, message) => {
      const path = [...placed.path, ...keys];
      findings.push({
        severity: 'error',
        path,
        message: `${placed.offer.id} can never be granted: ${message}`,
      });
    };
    sayTrigger(placed, say);
    sayCategory(inspected, placed, say);
    sayThreshold(inspected, placed, say);
    sayTime(inspected, placed, say);
    sayCounters(placed, say);
    sayList(inspected, placed, say);
    sayBudget(inspected, placed, say);
    return findings;
  });
}

function sayTrigger({ offer }: PlacedOffer, say: Say): void {
  if (offer.on.every((type) => TAKING.has(type))) {
    say(['on'], `${offer.on.join(', ')}: what takes rewards back earns none`);
    return;
  }
  const types = offer.on.join(', ');
  if (offer.on.some((type) => MONEY.has(type))) return;
  for (const field of ['category', 'merchant'] as const) {
    const asked = offer.when[field] ?? (field === 'merchant' ? offer.when.merchantList : undefined);
    if (asked !== undefined) say(['when', field], `an event of ${types} has no ${field}`);
  }
}

function sayCategory({ categories }: Inspected, { offer }: PlacedOffer, say: Say): void {
  const asked = offer.when.category;
  if (asked === undefined || categories.size === 0) return;
  if (asked.some((category) => categories.has(category))) return;
  say(['when', 'category'], `lists/categories.txt does not have ${asked.join(', ')}`);
}

function sayThreshold(
  { campaign, maxAmountMinor }: Inspected,
  placed: PlacedOffer,
  say: Say,
): void {
  const { offer, tiers } = placed;
  const [lowest] = tiers;
  const at = [...lowest!.path.slice(placed.path.length), 'atLeast'];
  if (lowest!.atLeast > maxAmountMinor) {
    const most = moneyText(BigInt(maxAmountMinor), campaign.currency);
    say(at, `no event may have more than ${most} (ingest.maxAmountMinor)`);
  }
  if (lowest!.atLeast > 0 && !offer.on.some((type) => MONEY.has(type) || TAKING.has(type))) {
    say(at, `an event of ${offer.on.join(', ')} has no amount`);
  }
}

function sayTime({ campaign }: Inspected, placed: PlacedOffer, say: Say): void {
  if (placed.offer.schedule === undefined || openDays(campaign, placed).length > 0) return;
  say(['schedule'], 'none of its days lies inside its window');
}

function sayCounters({ offer, tiers }: PlacedOffer, say: Say): void {
  if (offer.quota?.max === 0) say(['quota', 'max'], 'its quota is 0');
  for (const [index, { max }] of offer.limits.entries()) {
    if (max === 0) say(['limits', index, 'max'], 'a limit is 0');
  }
  if (tiers.every(({ quota }) => quota === 0)) say(['tiers'], 'the quota of every tier is 0');
}

function sayList({ campaign }: Inspected, { offer }: PlacedOffer, say: Say): void {
  const { merchantList } = offer.when;
  if (merchantList === undefined || campaign.lists[merchantList]!.length > 0) return;
  say(['when', 'merchant', 'list'], `the list ${merchantList} is empty`);
}

/** Fixed costs only: a share of a small payment may still fit. */
function sayBudget({ campaign }: Inspected, { offer, tiers }: PlacedOffer, say: Say): void {
  const lines = budgetPath(campaign.budgets, offer.budget)!;
  const limit = Math.min(...lines.map((line) => line.limit));
  const costs = tiers.flatMap((tier) =>
    outcomesOf(tier).map(({ benefit }) => costOf(campaign, benefit, 0)),
  );
  if (costs.length === 0 || costs.some((cost) => cost === undefined || cost <= BigInt(limit)))
    return;
  const has = moneyText(BigInt(limit), campaign.currency);
  say(['budget'], `its budget has ${has}, less than one grant costs`);
}
