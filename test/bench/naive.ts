/**
 * The pipeline one would write in a day: JSON.parse, a Map of sliding windows per feature, findings by
 * threshold, rows as objects inserted as JSONEachRow. It measures what the shipped detectors measure on
 * payments, incrementally, but forgets late events, restarts and repeats. Kept as what ours is compared with.
 */

import type { ClickHouseClient } from '@clickhouse/client';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const INSERT_ROWS = 10_000;
const EARTH_KM = 6371;

export interface Payment {
  readonly id: string;
  readonly occurredAt: string;
  readonly accountId: string;
  readonly cardId: string;
  readonly deviceId: string;
  readonly ip: string;
  readonly amount: number;
  readonly geo: { readonly lat: number; readonly lon: number };
}

interface Entry {
  readonly atMs: number;
  readonly amount: number;
  readonly member: string;
}

/** Count, sum and distinct members over the last `windowMs`, kept as events come and go. */
class SlidingWindow {
  private readonly entries: Entry[] = [];
  private head = 0;
  private readonly members = new Map<string, number>();
  sum = 0;

  get count(): number {
    return this.entries.length - this.head;
  }
  get distinct(): number {
    return this.members.size;
  }

  add(entry: Entry, windowMs: number): void {
    while (this.head < this.entries.length) {
      const oldest = this.entries[this.head]!;
      if (oldest.atMs > entry.atMs - windowMs) break;
      this.head++;
      this.sum -= oldest.amount;
      const left = this.members.get(oldest.member)! - 1;
      if (left === 0) this.members.delete(oldest.member);
      else this.members.set(oldest.member, left);
    }
    if (this.head > 64 && this.head * 2 > this.entries.length) {
      this.entries.splice(0, this.head);
      this.head = 0;
    }
    this.entries.push(entry);
    this.sum += entry.amount;
    this.members.set(entry.member, (this.members.get(entry.member) ?? 0) + 1);
  }
}

class Windows {
  private readonly byKey = new Map<string, SlidingWindow>();
  private readonly windowMs: number;

  constructor(windowMs: number) {
    this.windowMs = windowMs;
  }

  add(key: string, atMs: number, amount: number, member: string): SlidingWindow {
    let window = this.byKey.get(key);
    if (window === undefined) this.byKey.set(key, (window = new SlidingWindow()));
    window.add({ atMs, amount, member }, this.windowMs);
    return window;
  }
}

interface Finding {
  readonly detector: string;
  readonly measure: number;
}

export class NaivePipeline {
  private readonly client: ClickHouseClient;
  private readonly accountDay = new Windows(DAY);
  private readonly accountHalfHour = new Windows(30 * MINUTE);
  private readonly accountClimb = new Windows(2 * MINUTE);
  private readonly accountTenMinutes = new Windows(10 * MINUTE);
  private readonly accountSmall = new Windows(10 * MINUTE);
  private readonly accountCards = new Windows(DAY);
  private readonly deviceAccounts = new Windows(DAY);
  private readonly deviceCards = new Windows(DAY);
  private readonly deviceBurst = new Windows(HOUR);
  private readonly ipAccounts = new Windows(DAY);
  private readonly lastPlace = new Map<string, { atMs: number; lat: number; lon: number }>();
  private events: object[] = [];
  private decisions: object[] = [];
  decided = 0;

  constructor(client: ClickHouseClient) {
    this.client = client;
  }

  async onMessage(value: Buffer): Promise<void> {
    const payment = JSON.parse(value.toString()) as Payment;
    const atMs = Date.parse(payment.occurredAt);
    const findings = this.measure(payment, atMs);
    const verdict = findings.length === 0 ? 'allow' : findings.length === 1 ? 'review' : 'block';
    this.decided++;
    this.events.push({ ...payment, attributes: '', recorded_at: Date.now() });
    this.decisions.push({
      event_id: payment.id,
      occurred_at: payment.occurredAt,
      account_id: payment.accountId,
      amount: payment.amount,
      verdict,
      detectors: findings.map(({ detector }) => detector),
      recorded_at: Date.now(),
    });
    if (this.events.length >= INSERT_ROWS) await this.flush();
  }

  async flush(): Promise<void> {
    const { events, decisions } = this;
    this.events = [];
    this.decisions = [];
    const insert = (table: string, values: object[]): Promise<unknown> =>
      this.client.insert({ table, values, format: 'JSONEachRow' });
    await insert('events', events);
    await insert('decisions', decisions);
  }

  private measure(payment: Payment, atMs: number): Finding[] {
    const { accountId, cardId, deviceId, ip, amount } = payment;
    const findings: Finding[] = [];
    const judge = (detector: string, measure: number, review: number): void => {
      if (measure >= review) findings.push({ detector, measure });
    };
    const day = this.accountDay.add(accountId, atMs, amount, cardId);
    judge('account-velocity', day.count, 8);
    judge('account-velocity-sum', day.count >= 3 ? day.sum : 0, 5_000_000);
    judge('rapid-payments', this.accountHalfHour.add(accountId, atMs, amount, cardId).count, 3);
    const climb = this.accountClimb.add(accountId, atMs, amount, cardId);
    judge('climb', climb.count > 1 ? (amount * climb.count) / climb.sum : 0, 1.1);
    const all = this.accountTenMinutes.add(accountId, atMs, amount, cardId);
    if (amount <= 5000) {
      const small = this.accountSmall.add(accountId, atMs, amount, cardId);
      judge('rapid-small-payments', small.count / all.count >= 0.6 ? small.count : 0, 4);
    }
    judge('many-cards', this.accountCards.add(accountId, atMs, amount, cardId).distinct, 3);
    judge('cards-of-device', this.deviceCards.add(deviceId, atMs, amount, cardId).distinct, 3);
    judge('card-burst', this.deviceBurst.add(deviceId, atMs, amount, cardId).distinct, 2);
    judge('same-device', this.deviceAccounts.add(deviceId, atMs, amount, accountId).distinct, 3);
    judge('same-ip', this.ipAccounts.add(ip, atMs, amount, accountId).distinct, 400);
    judge('geo-velocity', this.speed(payment, atMs), 900);
    return findings;
  }

  /** Kilometres an hour since the account's payment before. */
  private speed({ accountId, geo }: Payment, atMs: number): number {
    const before = this.lastPlace.get(accountId);
    this.lastPlace.set(accountId, { atMs, lat: geo.lat, lon: geo.lon });
    if (before === undefined || atMs <= before.atMs) return 0;
    const radians = (degrees: number): number => (degrees * Math.PI) / 180;
    const a =
      Math.sin(radians(geo.lat - before.lat) / 2) ** 2 +
      Math.cos(radians(before.lat)) *
        Math.cos(radians(geo.lat)) *
        Math.sin(radians(geo.lon - before.lon) / 2) ** 2;
    return (2 * EARTH_KM * Math.asin(Math.sqrt(a)) * HOUR) / (atMs - before.atMs);
  }
}
