/**
 * Which payments are the campaign's own: those that the conditions of one of its offers on payments let in, whether
 * they earned anything or not. A campaign without such an offer looks at all payments.
 */

import type { Campaign, Offer } from '../../config/campaign-schema.ts';

/** The values go to the database in the address of every statement, which may be a megabyte long. */
const MOST_MERCHANTS = 500;
const ON_PAYMENTS = new Set(['payment', 'payment.authorising']);

/** One list of values an offer, by the same place in each column; an empty list lets everything in. */
export interface Scope {
  readonly channels: readonly (readonly string[])[];
  readonly categories: readonly (readonly string[])[];
  readonly instruments: readonly (readonly string[])[];
  readonly merchants: readonly (readonly string[])[];
}

/** Holds for a row of `events` that is a payment of the campaign. */
export const IN_SCOPE = `arrayExists(
    (channels, categories, instruments, merchants) ->
      (empty(channels) OR has(channels, channel)) AND (empty(categories) OR has(categories, category)) AND
      (empty(instruments) OR has(instruments, instrument)) AND (empty(merchants) OR has(merchants, merchant_id)),
    {channels:Array(Array(String))}, {categories:Array(Array(String))},
    {instruments:Array(Array(String))}, {merchants:Array(Array(String))})`;

type Conditions = Readonly<Record<keyof Scope, readonly string[]>>;

export function scopeOf(campaign: Campaign): Scope {
  const conditions = conditionsOf(campaign);
  return {
    channels: conditions.map(({ channels }) => channels),
    categories: conditions.map(({ categories }) => categories),
    instruments: conditions.map(({ instruments }) => instruments),
    merchants: conditions.map(({ merchants }) => merchants),
  };
}

/** The same for a reader: one line an offer's conditions. */
export function scopeInWords(campaign: Campaign): string[] {
  return conditionsOf(campaign).map((conditions) => {
    const parts = Object.entries(conditions)
      .filter(([, values]) => values.length > 0)
      .map(([name, values]) =>
        values.length > 12 ? `${values.length} ${name}` : `${name} ${values.join(', ')}`,
      );
    return parts.length === 0 ? 'all payments' : parts.join('; ');
  });
}

const EVERYTHING: Conditions = { channels: [], categories: [], instruments: [], merchants: [] };

function conditionsOf(campaign: Campaign): readonly Conditions[] {
  const offers = campaign.offers.filter(({ on }) => on.some((type) => ON_PAYMENTS.has(type)));
  const found = new Map<string, Conditions>();
  for (const { when } of offers) {
    const conditions = {
      channels: when.channel ?? [],
      categories: when.category ?? [],
      instruments: when.instrument ?? [],
      merchants: merchantsOf(campaign, when),
    };
    found.set(JSON.stringify(conditions), conditions);
  }
  const all = [...found.values()];
  const open = all.some((each) => Object.values(each).every((values) => values.length === 0));
  return all.length === 0 || open ? [EVERYTHING] : all;
}

/** As the file has them. More than can be sent along are no condition: the scope is then wider than the offer. */
function merchantsOf(
  { lists }: Campaign,
  { merchant, merchantList }: Offer['when'],
): readonly string[] {
  const merchants = merchantList === undefined ? merchant : lists[merchantList];
  return merchants === undefined || merchants.length > MOST_MERCHANTS ? [] : merchants;
}
