/** What customers are told: the terms, the notice of limited numbers, and words that advertising law forbids. */

import { outcomesOf, type Path, type PlacedOffer } from './campaign-places.ts';
import type { Inspected, PlacedFinding } from './publishing-finding.ts';

/** Superlatives; 最多, 最后 and the like count and order, and praise nothing. */
const FORBIDDEN = /最(?![多少后终迟晚近早新])|第一(?![次步笔条款天日])/u;

const NOTICE = '名额有限';

export function advertisingFindings({ campaign, offers }: Inspected): PlacedFinding[] {
  const findings: PlacedFinding[] = [];
  const { title, terms } = campaign;
  const texts: [string, Path][] = [
    [title, ['title']],
    [terms ?? '', ['terms']],
    ...offers.map(({ offer, path }): [string, Path] => [offer.title, [...path, 'title']]),
  ];
  for (const [text, path] of texts) {
    const word = FORBIDDEN.exec(text)?.[0];
    if (word === undefined) continue;
    const message = `advertising law forbids superlatives such as "${word}": write the plain fact`;
    findings.push({ severity: 'error', path, message });
  }
  if (terms === undefined) {
    const message = `${campaign.id} has no public terms: write them, or where they stand, in terms`;
    findings.push({ severity: 'warning', path: ['id'], message });
    return findings;
  }
  const scarce = offers.filter(isScarce).map(({ offer }) => offer.id);
  // What stands behind an address cannot be read here.
  if (scarce.length > 0 && !terms.includes(NOTICE) && !/^https?:\/\/\S+$/.test(terms)) {
    const message = `the terms do not say ${NOTICE}, and ${scarce.join(', ')} can run out`;
    findings.push({ severity: 'warning', path: ['terms'], message });
  }
  return findings;
}

/** Whether a quota or a stock ends it before its time. */
function isScarce({ offer, tiers }: PlacedOffer): boolean {
  return (
    offer.quota !== undefined ||
    tiers.some(
      (tier) =>
        tier.quota !== undefined ||
        (tier.benefit.kind === 'draw' &&
          tier.benefit.prizes.some(({ stock }) => stock !== undefined)) ||
        outcomesOf(tier).some(({ benefit }) => benefit.kind === 'goods'),
    )
  );
}
