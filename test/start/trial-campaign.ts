/** A small campaign with one offer of each kind, the folder that a worker runs it from, and events that earn it. */

import { readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { configWith } from '../support/cli.ts';

const once = [{ per: ['customer'], period: 'campaign', max: 1 }];

/** Once for each customer; of `bill` two, of `mall` and `till` as many as their quota or budget says. */
export const TRIAL = {
  id: 'trial',
  title: 'Trial',
  timezone: 'Asia/Shanghai',
  currency: 'CNY',
  terms: 'for tests',
  window: { from: '2026-01-01T00:00:00+08:00', to: '2027-01-01T00:00:00+08:00' },
  points: { points: 500, worthMinor: 100 },
  lists: { malls: ['mall-01'] },
  budgets: {
    total: { limit: 10_000_000, children: { spend: { limit: 9_000_000 }, mall: { limit: 1000 } } },
  },
  stock: { cup: { units: 1000, costMinor: 3000 } },
  offers: [
    {
      ...{ id: 'bill', title: 'Bill', budget: 'total.spend', on: ['payment'], limits: once },
      ...{ when: { category: ['water'] }, tiers: [{ atLeast: 10_000, off: 500, quota: 2 }] },
    },
    {
      ...{ id: 'mall', title: 'Mall', budget: 'total.mall', on: ['payment'], limits: once },
      ...{ when: { merchant: { list: 'malls' } }, atLeast: 10_000, off: 1000 },
    },
    {
      ...{ id: 'till', title: 'Till', budget: 'total.spend', on: ['payment.authorising'] },
      ...{ when: { category: ['dining'] }, settle: 'preauth', atLeast: 10_000, off: 700 },
      ...{ quota: { max: 2 }, authorisation: '30m' },
    },
    {
      ...{ id: 'points', title: 'Points', budget: 'total.spend', on: ['payment'] },
      ...{ when: { category: ['fuel'] }, atLeast: 100, points: { perMinor: 100, rateBp: 10_000 } },
      limits: [{ per: ['customer'], period: 'day', max: 5 }],
    },
    {
      ...{ id: 'draw', title: 'Draw', budget: 'total.spend', on: ['campaign.shared'] },
      draw: {
        prizes: [
          { id: 'top', ppm: 500_000, vouchers: [{ voucher: 'top', face: 900, validFor: '30d' }] },
        ],
        none: { ppm: 500_000 },
        onPrizeEmpty: 'none',
      },
      limits: once,
    },
    {
      ...{ id: 'pack', title: 'Pack', budget: 'total.spend', on: ['voucher.claimed'] },
      vouchers: [{ voucher: 'cinema', face: 2000, count: 2, validFor: '30d' }],
      limits: once,
    },
    {
      ...{ id: 'gift', title: 'Gift', budget: 'total.spend', on: ['wallet.bound'], limits: once },
      ...{ goods: { sku: 'cup' }, claim: { anchor: 'grant', within: '10d', onMiss: 'forfeit' } },
    },
    {
      ...{ id: 'proof', title: 'Proof', budget: 'total.spend', on: ['proof.submitted'] },
      ...{ atLeast: 10_000, off: 1500, review: 'always', limits: once },
    },
  ],
};

/** An answer tells its rewards however slow the machine is: by default it waits 50 ms for the ledger. */
export const PATIENT = { http: { rewardTimeoutMs: '9s' } };

/** The shipped configuration with these campaigns instead of its own. @returns the folder. */
export async function configOf(...campaigns: readonly (typeof TRIAL)[]): Promise<string> {
  return await withCampaigns(await configWith({}), campaigns);
}

/** As `configOf`, for what has to be told in the first answer. */
export async function patientConfigOf(...campaigns: readonly (typeof TRIAL)[]): Promise<string> {
  return await withCampaigns(await configWith(PATIENT), campaigns);
}

async function withCampaigns(
  folder: string,
  campaigns: readonly (typeof TRIAL)[],
): Promise<string> {
  const directory = join(folder, 'campaigns');
  for (const name of await readdir(directory)) {
    if (name.endsWith('.yaml')) await rm(join(directory, name));
  }
  for (const campaign of campaigns) {
    await writeFile(join(directory, `${campaign.id}.yaml`), stringify(campaign));
  }
  return folder;
}

export interface Reward {
  readonly grantId: string;
  readonly offerId: string;
  readonly state: string;
  readonly reason: string;
  readonly amountMinor: number;
}

export interface Answer {
  readonly status: number;
  readonly verdict: string;
  readonly rewards: 'pending' | readonly Reward[];
}

export type Fields = Readonly<Record<string, unknown>>;

const START_MS = Date.parse('2026-11-20T02:00:00Z');

/** Events of customers with cards, telephones and addresses of their own, a second apart. */
export class Crowd {
  #made = 0;

  /** What each kind of offer is earned by. */
  of(offer: keyof typeof KINDS, who?: string, fields: Fields = {}): Fields & { id: string } {
    const number = ++this.#made;
    const id = `e-${number}`;
    const customer = who ?? id;
    return {
      id,
      occurredAt: new Date(START_MS + number * 1000).toISOString(),
      ...{ accountId: `a-${customer}`, customerId: `c-${customer}`, cardId: `k-${customer}` },
      ...{ deviceId: `d-${customer}`, ip: `198.51.${number >> 8}.${number & 255}` },
      ...{ channel: 'mobile_bank', instrument: 'credit' },
      ...KINDS[offer],
      ...fields,
    };
  }
}

const money = { amount: 25_000, currency: 'CNY' };
const KINDS = {
  bill: { type: 'payment', category: 'water', merchantId: 'water-1', ...money },
  mall: { type: 'payment', category: 'fashion', merchantId: 'mall-01', ...money },
  till: { type: 'payment.authorising', category: 'dining', merchantId: 'diner-1', ...money },
  points: { type: 'payment', category: 'fuel', merchantId: 'fuel-1', ...money },
  draw: { type: 'campaign.shared' },
  pack: { type: 'voucher.claimed', attributes: { offerId: 'pack' } },
  gift: { type: 'wallet.bound' },
  proof: { type: 'proof.submitted', merchantId: 'mall-01', ...money },
} as const;

/** Sends an event to a worker; answers of refusals have no verdict. */
export async function send(
  address: string,
  event: Fields,
  path = '/v1/events',
): Promise<Answer & { readonly code: number }> {
  const answer = await fetch(`${address}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(event),
  });
  return { code: answer.status, ...((await answer.json()) as Answer) };
}

/** As a till does: whose rewards the ledger has not told in time, it asks again under the same id. */
export async function answered(address: string, event: Fields): Promise<Answer> {
  const answer = await send(address, event);
  return answer.rewards === 'pending' ? answered(address, event) : answer;
}

/** `offer state reason` of each reward, once they are known. */
export function told({ rewards }: Answer): readonly string[] {
  if (rewards === 'pending') return ['pending'];
  return rewards.map(({ offerId, state, reason }) => `${offerId} ${state} ${reason}`);
}
