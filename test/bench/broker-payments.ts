/** The workload of the Kafka bench: payments of some 400 bytes, in order of time, with Zipf keys. */

import { seededRandom } from '../../pipeline/clock.ts';

/** Keys of every dimension: the most frequent one has almost 7 % of all events, which is harsh. */
const KEYS = 200_000;
const ZIPF = 1.05;
/** Event time between two payments: 5,000 a second. */
const STEP_MS = 0.2;

/** Draws ranks 0 … count−1 with probability ∝ 1 / (rank + 1)^exponent, by the inverse of its sum. */
function zipf(count: number, exponent: number, random: () => number): () => number {
  const sums = new Float64Array(count);
  let sum = 0;
  for (let rank = 0; rank < count; rank++) sums[rank] = sum += (rank + 1) ** -exponent;
  return () => {
    const target = random() * sum;
    let low = 0;
    let high = count - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (sums[middle]! < target) low = middle + 1;
      else high = middle;
    }
    return low;
  };
}

/** The same stream for the same seed. */
export function* payments(count: number, seed: number): Generator<Buffer> {
  const random = seededRandom(seed);
  const rank = zipf(KEYS, ZIPF, random);
  const startMs = Date.UTC(2026, 9, 1, 8);
  const digits = (value: number, length: number): string => String(value).padStart(length, '0');
  for (let i = 0; i < count; i++) {
    const ip = rank();
    const account = digits(rank(), 7);
    const payment = {
      id: `pay-${digits(i, 9)}`,
      type: 'payment',
      occurredAt: new Date(startMs + i * STEP_MS).toISOString(),
      accountId: `acc-${account}`,
      customerId: `cus-${account}`,
      cardId: `crd-${account}-${i % 3}`,
      deviceId: `dev-${digits(rank(), 7)}`,
      ip: `10.${(ip >> 16) & 255}.${(ip >> 8) & 255}.${ip & 255}`,
      merchantId: `mer-${digits(rank() % 5000, 5)}`,
      category: 'grocery',
      channel: 'online',
      instrument: 'credit_card',
      amount: 100 + Math.floor(random() * 50_000),
      currency: 'CNY',
      terms: 1,
      geo: { lat: 31.2304, lon: 121.4737, city: 'Shanghai' },
    };
    yield Buffer.from(JSON.stringify(payment));
  }
}
