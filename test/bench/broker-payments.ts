/** The workload of the Kafka bench: payments of some 400 bytes, in order of time. */

import { seededRandom } from '../../pipeline/clock.ts';

/**
 * `bank`: a million customers with a card and a phone each, behind addresses of very unequal use, and
 * three payments in a hundred scripted: few accounts on fewer devices. A few per cent of the decisions
 * have findings. `harsh`: every key is drawn with Zipf's law, so that one account alone makes 7 % of all
 * payments and nearly every decision has findings with their evidence.
 */
export type Crowd = 'bank' | 'harsh';

const CUSTOMERS = 1_000_000;
const ADDRESSES = 200_000;
const HARSH_KEYS = 200_000;
const SCRIPTED_SHARE = 0.03;
const SCRIPTED_ACCOUNTS = 300;
const SCRIPTED_DEVICES = 40;
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

interface Payer {
  readonly account: number;
  readonly device: number;
  readonly small: boolean;
}

function payers(crowd: Crowd, random: () => number): () => Payer {
  if (crowd === 'harsh') {
    const rank = zipf(HARSH_KEYS, ZIPF, random);
    return () => ({ account: rank(), device: rank(), small: false });
  }
  return () => {
    if (random() >= SCRIPTED_SHARE) {
      const account = SCRIPTED_ACCOUNTS + Math.floor(random() * CUSTOMERS);
      return { account, device: account, small: false };
    }
    const account = Math.floor(random() * SCRIPTED_ACCOUNTS);
    return { account, device: account % SCRIPTED_DEVICES, small: true };
  };
}

/** The same stream for the same seed. */
export function* payments(count: number, seed: number, crowd: Crowd = 'bank'): Generator<Buffer> {
  const random = seededRandom(seed);
  const address = zipf(ADDRESSES, ZIPF, random);
  const payer = payers(crowd, random);
  const startMs = Date.UTC(2026, 9, 1, 8);
  const digits = (value: number, length: number): string => String(value).padStart(length, '0');
  for (let i = 0; i < count; i++) {
    const { account, device, small } = payer();
    const ip = address();
    const owner = digits(account, 7);
    const payment = {
      id: `pay-${digits(i, 9)}`,
      type: 'payment',
      occurredAt: new Date(startMs + i * STEP_MS).toISOString(),
      accountId: `acc-${owner}`,
      customerId: `cus-${owner}`,
      cardId: `crd-${owner}`,
      deviceId: `dev-${digits(device, 7)}`,
      ip: `10.${(ip >> 16) & 255}.${(ip >> 8) & 255}.${ip & 255}`,
      merchantId: `mer-${digits(Math.floor(random() * 5000), 5)}`,
      category: 'grocery',
      channel: 'online',
      instrument: 'credit_card',
      amount: small ? 100 : 100 + Math.floor(random() * 50_000),
      currency: 'CNY',
      terms: 1,
      geo: { lat: 31.2304, lon: 121.4737, city: 'Shanghai' },
    };
    yield Buffer.from(JSON.stringify(payment));
  }
}
