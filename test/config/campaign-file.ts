/** A campaign's file for the tests: one that uses every mechanic, and what is said of a text. */

import { campaignProblems } from '../../config/campaign-checks.ts';
import { campaignSchema } from '../../config/campaign-schema.ts';
import { publishingCheck } from '../../config/publishing-check.ts';
import { told, type CampaignSource } from '../../config/read-campaigns.ts';
import { check, parseYaml } from '../../config/yaml-file.ts';

/** Everything that is refused in a file of this text, with its places. */
export function problemsOf(text: string): string[] {
  return readCampaign(text).problems;
}

/** @throws Error when the text is refused. */
export function sourceOf(text: string): CampaignSource {
  const { source, problems } = readCampaign(text);
  if (source === undefined || problems.length > 0) throw new Error(problems.join('\n'));
  return source;
}

function readCampaign(text: string): {
  readonly source: CampaignSource | undefined;
  readonly problems: string[];
} {
  const problems: string[] = [];
  const file = parseYaml('c.yaml', text, problems);
  const campaign = check(file, campaignSchema, problems);
  if (campaign === undefined) return { source: undefined, problems };
  problems.push(...campaignProblems(campaign, file.content).map((each) => told(file, each)));
  return { source: { campaign, file }, problems };
}

const RELEASE = 'release: { version: 1, author: ann, approvedBy: bob, reason: tests }';

/** What the publishing check says of a campaign, as `config check` prints it. @throws Error as `sourceOf`. */
export function findingsOf(written: string, categories: readonly string[] = []): string[] {
  // At the end, so that no place moves; what is said of a release has tests of its own.
  const text = /^release:/m.test(written) ? written : `${written}\n${RELEASE}\n`;
  const system = { ingest: { maxAmountMinor: 100_000_000 } };
  return publishingCheck({ campaignSources: [sourceOf(text)], categories, system }).map(
    ({ where, severity, message }) => `${where}: ${severity}: ${message}`,
  );
}

/** Parts replaced: [part, by, part, by, …]. @throws Error when a part is not there. */
export function replaced(campaign: string, changes: readonly string[]): string {
  let text = campaign;
  for (let i = 0; i < changes.length; i += 2) {
    if (!text.includes(changes[i]!)) throw new Error(`no ${changes[i]!}`);
    text = text.replace(changes[i]!, () => changes[i + 1]!);
  }
  return text;
}

/** A rule, what of EVERYTHING is replaced to break it, and what is then said, with its places. */
export type Row = readonly [rule: string, changes: readonly string[], problems: readonly string[]];

/** Everything that is refused in EVERYTHING with parts replaced. */
export function problemsWith(changes: readonly string[]): string[] {
  return problemsOf(replaced(EVERYTHING, changes));
}

/** One campaign with every mechanic. */
export const EVERYTHING = `id: everything
title: Everything
timezone: Asia/Shanghai
currency: CNY
calendar: cn
terms: 名额有限，先到先得。
window: { from: '2026-01-01T00:00:00+08:00', to: '2026-04-01T00:00:00+08:00' }
phases:
  warmup: { from: '2025-12-20T00:00:00+08:00', to: '2026-01-01T00:00:00+08:00' }
  wrapup: { from: '2026-04-01T00:00:00+08:00', to: '2026-04-08T00:00:00+08:00' }
params: { spends: 2, malls: [a, b], tag: vip }
lists: { partners: [shop-1, shop-2] }
segments:
  newCard: customer.cards == 1 && customer.cardApprovedAt >= campaign.from
  young: segment.newCard && hasTag('young')
points: { points: 500, worthMinor: 100 }
budgets:
  total:
    limit: 100000000
    children:
      spend: { limit: 60000000 }
      gifts: { limit: 40000000 }
stock:
  cup: { units: 100, costMinor: 3000 }
  phone: { units: 1, costMinor: 200000 }
targets: { payments: 100000 }
offers:
  - id: bill-off
    title: Tiers
    plan: [A04]
    priority: -5
    group: bill
    stacking: group
    budget: total.spend
    when: { channel: [mobile_bank], merchant: { list: partners } }
    excludedBy: [gift]
    tiers:
      - { atLeast: 10000, off: 500, quota: 100 }
      - { atLeast: 20000, off: { percentBp: 500, cap: 3000 }, quota: 0 }
    onTierExhausted: next_lower
    limits: [{ per: [customer, category], max: 1 }]
    hold: { timeout: 72h }
    refund: { quota: restore, below: revoke }
  - id: gift
    title: New user
    budget: total.gifts
    eligible: |
      segment.newCard &&
        event.amount >= 100
    vouchers: [{ voucher: phone-topup, face: 1000, count: 2, validFor: 15d, scope: [phone] }]
    limits: [{ per: [customer], max: 1 }]
    delivery: { within: 5wd }
  - id: draw
    title: Draw
    on: [payment, instalment]
    budget: total.gifts
    draw:
      prizes:
        - { id: first, ppm: 100, goods: { sku: phone } }
        - { id: free-order, ppm: 900, off: { percentBp: 10000, cap: 200000 } }
        - { id: lucky, ppm: 199000, points: 500 }
      none: { ppm: 800000 }
      onPrizeEmpty: lucky
    claim: { within: 10wd }
    delivery: { within: 15wd, anchor: claim }
    limits: [{ perAny: [customer, card, device], max: 1 }]
  - id: wake
    title: Certain
    budget: total.gifts
    draw:
      certain: true
      onPrizeEmpty: repay
      prizes:
        - { id: card, ppm: 20000, stock: phone, vouchers: [{ voucher: jd, face: 10000, validFor: 30d }] }
        - { id: repay, ppm: 980000, cashback: 500 }
    limits: [{ per: [customer], period: ever, max: 1 }]
  - id: first-spend
    title: Choice
    budget: total.gifts
    atLeast: 30000
    quota: { max: 50, unit: customer }
    choice:
      within: 30d
      options:
        - { id: mall, vouchers: [{ voucher: mall, face: 10000, validFor: 30d }] }
        - { id: cup, goods: { sku: cup, priority: true } }
  - id: fee
    title: Fee
    on: [instalment]
    budget: total.spend
    atLeast: 300000
    feeCut: { of: attributes.fee, factorBp: 8000 }
    limits: [{ per: [customer], max: 1 }]
  - id: cash
    title: Cashback
    on: [instalment]
    budget: total.spend
    atLeast: 500000
    eligible: event.terms >= 12
    cashback: { bp: 100, cap: 10000 }
    quota: { max: 20 }
  - id: friday
    title: Friday
    on: [payment.authorising]
    settle: preauth
    budget: total.spend
    schedule: { weekdays: [friday], from: '10:00', to: '22:00', dayType: workday_adjusted }
    atLeast: 20000
    off: 5000
    quota: { max: 10, period: occurrence }
    limits: [{ per: [card], period: day, max: 1 }]
  - id: double
    title: Points
    budget: total.spend
    points: { perMinor: 100, rateBp: 10000, bonus: { eligible: birthdayMonth(), addBp: 5000 } }
  - id: shop
    title: Exchange
    on: [redemption.requested]
    budget: total.gifts
    review: always
    exchange:
      items:
        - { id: cup, goods: { sku: cup }, combos: [{ points: 20000, cash: 9900 }, { points: 40000 }] }
    delivery: { within: 7wd, anchor: approved }
  - id: return
    title: Points back
    on: [redemption.requested]
    budget: total.gifts
    points: { ofSpentBp: 500 }
  - id: more
    title: Two more
    phase: wrapup
    window: { from: '2026-04-02T00:00:00+08:00', to: '2026-04-08T00:00:00+08:00' }
    budget: total.gifts
    eligible: inPhase.payments >= params.spends
    vouchers: [{ voucher: any, face: 5000, validFor: 15d }]
    to: inviter
    limits: [{ per: [inviter], period: month, max: 10 }]
    notice: { channels: [app], before: 3d }
    funding: { bank: 50, merchant: 50 }
  - id: extend
    title: Extend
    on: [campaign.viewed]
    phase: wrapup
    budget: total.gifts
    extend: { vouchers: [mall], by: 30d }
    limits: [{ per: [voucher], period: ever, max: 1 }]
`;

/** One offer about which nothing is to be said. */
export const SMALL = `id: small
title: 满减
timezone: Asia/Shanghai
currency: CNY
calendar: cn
terms: 名额有限，先到先得。
window: { from: '2026-01-01T00:00:00+08:00', to: '2026-02-01T00:00:00+08:00' }
budgets:
  total:
    limit: 1000000
    children:
      spend: { limit: 900000 }
offers:
  - id: off
    title: 满200减50
    budget: total.spend
    atLeast: 20000
    off: 5000
    quota: { max: 100 }
`;

/** Everything that is said of SMALL with parts replaced, its budgets aside. */
export function said(changes: readonly string[]): string[] {
  return findingsOf(replaced(SMALL, changes)).filter((each) => !each.includes(': total'));
}
