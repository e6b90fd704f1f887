/** What each budget line can be asked for at worst, against its limit. */

import { sum, worstCase, type Bound } from './campaign-liability.ts';
import type { BudgetLine } from './campaign-budgets.ts';
import type { PlacedOffer } from './campaign-places.ts';
import { moneyText, type Inspected, type PlacedFinding } from './publishing-finding.ts';

interface Claimed {
  readonly placed: PlacedOffer;
  readonly worst: Bound;
}

/** One finding for every line that an offer spends from; lines above others carry what those do. */
export function budgetFindings(inspected: Inspected): PlacedFinding[] {
  const { campaign, offers, maxAmountMinor } = inspected;
  const claimed = offers.map((placed) => ({
    placed,
    worst: worstCase(campaign, placed, maxAmountMinor),
  }));
  const visit = (
    lines: Readonly<Record<string, BudgetLine>>,
    above: string,
    path: readonly string[],
  ): PlacedFinding[] =>
    Object.entries(lines).flatMap(([name, { limit, children }]) => {
      const line = above + name;
      const mine = claimed.filter(
        ({ placed }) => placed.offer.budget === line || placed.offer.budget.startsWith(`${line}.`),
      );
      const below = visit(children ?? {}, `${line}.`, [...path, name, 'children']);
      if (mine.length === 0) return below;
      const at = [...path, name, 'limit'];
      return [lineFinding({ line, limit }, at, mine, campaign.currency), ...below];
    });
  return visit(campaign.budgets, '', ['budgets']);
}

function lineFinding(
  { line, limit }: { readonly line: string; readonly limit: number },
  path: readonly string[],
  claimed: readonly Claimed[],
  currency: string,
): PlacedFinding {
  const of = moneyText(BigInt(limit), currency);
  const total = sum(claimed.map(({ worst }) => worst));
  if (total === undefined) {
    const names = claimed
      .filter(({ worst }) => worst === undefined)
      .map(({ placed }) => placed.offer.id);
    const message = `${line}: at worst unlimited (${names.join(', ')}): only the line's ${of} stops it`;
    return { severity: 'warning', path, message };
  }
  const worst = moneyText(total, currency);
  if (total <= BigInt(limit)) {
    return { severity: 'note', path, message: `${line}: at worst ${worst} of ${of}` };
  }
  const parts = claimed.map(
    (each) => `${each.placed.offer.id} ${moneyText(each.worst!, currency)}`,
  );
  const message = `${line}: at worst ${worst}, and the line has ${of}: customers are turned away before the quotas are used (${parts.join(', ')})`;
  return { severity: 'warning', path, message };
}
