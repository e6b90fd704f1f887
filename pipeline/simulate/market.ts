/** Where people live, what they pay for and where they shop. */

import { pick, type Weighted, zipf } from './chance.ts';
import type { Random } from '../clock.ts';

export interface City {
  readonly name: string;
  readonly lat: number;
  readonly lon: number;
  /** Customers who live there, relative to the others. */
  readonly weight: number;
}

export const CITIES: readonly City[] = [
  { name: 'Shanghai', lat: 31.2304, lon: 121.4737, weight: 24 },
  { name: 'Beijing', lat: 39.9042, lon: 116.4074, weight: 21 },
  { name: 'Guangzhou', lat: 23.1291, lon: 113.2644, weight: 18 },
  { name: 'Shenzhen', lat: 22.5431, lon: 114.0579, weight: 17 },
  { name: 'Chengdu', lat: 30.5728, lon: 104.0668, weight: 14 },
  { name: 'Hangzhou', lat: 30.2741, lon: 120.1551, weight: 12 },
  { name: 'Wuhan', lat: 30.5928, lon: 114.3055, weight: 12 },
  { name: 'Nanjing', lat: 32.0603, lon: 118.7969, weight: 9 },
  { name: "Xi'an", lat: 34.3416, lon: 108.9398, weight: 9 },
  { name: 'Qingdao', lat: 36.0671, lon: 120.3826, weight: 7 },
  { name: 'Harbin', lat: 45.8038, lon: 126.535, weight: 5 },
  { name: 'Kunming', lat: 25.0389, lon: 102.7183, weight: 5 },
];

/** Kilometres between two places on a sphere of 6,371 km. Source: the haversine formula (Sinnott, 1984). */
export function kilometres(
  a: { readonly lat: number; readonly lon: number },
  b: { readonly lat: number; readonly lon: number },
): number {
  const radians = Math.PI / 180;
  const h =
    Math.sin(((b.lat - a.lat) * radians) / 2) ** 2 +
    Math.cos(a.lat * radians) *
      Math.cos(b.lat * radians) *
      Math.sin(((b.lon - a.lon) * radians) / 2) ** 2;
  return 2 * 6371 * Math.asin(Math.sqrt(h));
}

export interface Bill {
  readonly category: string;
  readonly merchantId: string;
  /** Median amount in fen. */
  readonly median: number;
}

/** The designated categories of the bill-payment campaign; a customer's biller follows from the city. */
const BILLS: readonly Bill[] = [
  { category: 'electricity', merchantId: 'grid', median: 16_000 },
  { category: 'water', merchantId: 'water', median: 7_000 },
  { category: 'gas', merchantId: 'gas', median: 9_000 },
  { category: 'phone', merchantId: 'telecom', median: 8_000 },
  { category: 'property', merchantId: 'property', median: 26_000 },
];

const BILL_CATEGORIES: ReadonlySet<string> = new Set(BILLS.map(({ category }) => category));

/** Whether a category is one of those that the bill-payment campaign designates. */
export function isBill(category: string): boolean {
  return BILL_CATEGORIES.has(category);
}

export interface Merchant {
  readonly id: string;
  readonly category: string;
  /** Median amount in fen. */
  readonly median: number;
}

const SHOP_KINDS: readonly (readonly [category: string, median: number, perTen: number])[] = [
  ['supermarket', 9_500, 3],
  ['dining', 8_800, 3],
  ['fashion', 21_000, 2],
  ['fuel', 28_000, 1],
  ['electronics', 65_000, 1],
];

/** A row of shops of the given size; the most visited come first, every kind among them. */
function shops(count: number): Merchant[] {
  const kinds = SHOP_KINDS.flatMap(([category, median, perTen]) =>
    Array.from({ length: perTen }, () => ({ category, median })),
  );
  return Array.from({ length: count }, (_, index) => ({
    id: `shop-${String(index + 1).padStart(4, '0')}`,
    ...kinds[(index * 7) % kinds.length]!,
  }));
}

/** Merchants by popularity: visits follow Zipf's law. */
export class Market {
  readonly #shops = shops(4000);
  readonly #popularity: Weighted = zipf(4000, 1.05);
  readonly #partners: readonly Merchant[];

  /** The supermarkets and restaurants that take part in the Friday offer are the best known ones. */
  constructor() {
    this.#partners = this.#shops
      .slice(0, 400)
      .filter(({ category }) => category === 'supermarket' || category === 'dining');
  }

  shop(random: Random): Merchant {
    return this.#shops[this.#popularity.indexAt(random())]!;
  }

  partner(random: Random): Merchant {
    return pick(random, this.#partners);
  }

  /** The bill of a category; numbers beyond the last begin again. */
  billAt(index: number): Bill {
    return BILLS[index % BILLS.length]!;
  }
}
