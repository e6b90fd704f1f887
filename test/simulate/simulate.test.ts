import { describe, expect, test } from 'vitest';
import { ATTACK_NAMES } from '../../pipeline/simulate/attack-catalogue.ts';
import { kilometres } from '../../pipeline/simulate/market.ts';
import type { SimulatedEvent } from '../../pipeline/simulate/simulated-event.ts';
import { batchFrom } from '../support/events.ts';
import { attackOf, busy, BUSY, distinct, grouped, run } from './busy-stream.ts';

/** Attacks that come only where they are named. */
const ON_REQUEST: ReadonlySet<string> = new Set(['nat-farm', 'campaign-rush']);
/** A whole day of honest customers only, from one morning to the next. */
const quiet = run({ minutes: 1440, ratePerSecond: 0.5, attacks: [] });

describe('the stream', () => {
  test('is the same for the same seed and another for another', () => {
    const options = { minutes: 1 };
    expect(JSON.stringify(run(options))).toBe(JSON.stringify(run(options)));
    expect(JSON.stringify(run({ ...options, seed: 2 }))).not.toBe(JSON.stringify(run(options)));
  });

  test('comes in event-time order, inside its range, with ids that never repeat', () => {
    const times = busy.map(({ occurredAt }) => Date.parse(occurredAt));
    expect(times.every((at, index) => index === 0 || times[index - 1]! <= at)).toBe(true);
    expect(times[0]).toBeGreaterThanOrEqual(BUSY.startMs);
    expect(times.at(-1)).toBeLessThan(BUSY.startMs + BUSY.minutes * 60_000);
    expect(new Set(busy.map(({ id }) => id)).size).toBe(busy.length);
  });

  test('takes other ids for another seed or another start', () => {
    const ids = new Set(busy.map(({ id }) => id));
    const brief = { minutes: 3 };
    for (const other of [
      run({ ...brief, seed: 2 }),
      run({ ...brief, startMs: BUSY.startMs + 1 }),
    ]) {
      expect(other.filter(({ id }) => ids.has(id))).toEqual([]);
    }
  });

  test('keeps the rate it was asked for within a tenth', () => {
    const asked = BUSY.ratePerSecond * BUSY.minutes * 60;
    expect(busy.length / asked).toBeGreaterThan(0.9);
    expect(busy.length / asked).toBeLessThan(1.1);
  });

  test('holds one to two percent of attack events by default', () => {
    const fraud = busy.filter(({ label }) => label === 'fraud').length / busy.length;
    expect(fraud).toBeGreaterThan(0.01);
    expect(fraud).toBeLessThan(0.02);
  });

  test('has every attack that was named, even when it is short', () => {
    const short = run({ minutes: 30, ratePerSecond: 5 });
    expect(new Set(short.map(attackOf).filter(Boolean))).toEqual(
      new Set(ATTACK_NAMES.filter((name) => !ON_REQUEST.has(name))),
    );
    const one = run({ minutes: 8, attacks: ['ip-farm'] });
    expect(new Set(one.map(attackOf))).toEqual(new Set([undefined, 'ip-farm']));
    expect(run({ minutes: 2, attacks: [] }).every(({ label }) => label === 'honest')).toBe(true);
  });

  test('leaves the honest customers as they are when other attacks are chosen', () => {
    const honest = (attacks: string[]): SimulatedEvent[] =>
      run({ minutes: 3, attacks }).filter(({ label }) => label === 'honest');
    expect(honest(['card-testing'])).toEqual(honest([]));
  });

  test('lets a crowd live beside the others without changing them', () => {
    const brief = { minutes: 60, ratePerSecond: 2, attacks: [] };
    const crowded = run({ ...brief, crowds: ['carrier', 'office'] });
    const ids = new Set(run(brief).map(({ id }) => id));
    expect(crowded.filter(({ id }) => ids.has(id))).toEqual(run(brief));
    expect(new Set(crowded.map(({ id }) => id)).size).toBe(crowded.length);
    const crowd = crowded.filter(({ id }) => !ids.has(id));
    const addresses = new Set(crowd.map(({ ip }) => ip));
    expect(addresses).toEqual(new Set([undefined, '0.0.0.0', '203.0.113.254', '198.51.100.253']));
  });

  test('names the attacks it knows when one is unknown, and refuses impossible numbers', () => {
    expect(() => run({ attacks: ['sheep-theft'] })).toThrow(
      /unknown attack 'sheep-theft'.*ip-farm/,
    );
    expect(() => run({ crowds: ['herd'] })).toThrow("unknown crowd 'herd'; choose from carrier");
    expect(() => run({ minutes: 0 })).toThrow('minutes: write a number above 0');
    expect(() => run({ ratePerSecond: Number.NaN })).toThrow('rate: write a number above 0');
    expect(() => run({ accounts: 0 })).toThrow('accounts: write a number above 0');
    expect(() => run({ seed: 1.5 })).toThrow('seed: write a whole number');
  });

  test('is understood whole by the decoder', () => {
    const events = busy.slice(0, 10_000).map((event) => ({ ...event }));
    expect(batchFrom(events).length).toBe(events.length);
  });

  test('writes money as positive whole fen', () => {
    const amounts = busy.flatMap(({ amount }) => (amount === undefined ? [] : [amount]));
    expect(amounts.length).toBeGreaterThan(1000);
    expect(amounts.every((amount) => Number.isSafeInteger(amount) && amount > 0)).toBe(true);
  });
});

describe('honest customers', () => {
  const honest = busy.filter(({ label }) => label === 'honest');

  test('never travel faster than a train', () => {
    // A whole working day, and few people, so that many of them are seen in two places.
    const day = run({ minutes: 1440, ratePerSecond: 0.5, accounts: 1500, attacks: [] });
    let fastest = 0;
    for (const events of grouped(day, 'accountId')) {
      const seen = events.filter(({ geo }) => geo !== undefined);
      for (let i = 1; i < seen.length; i += 1) {
        const [a, b] = [seen[i - 1]!, seen[i]!];
        const far = kilometres(a.geo!, b.geo!);
        const hours = (Date.parse(b.occurredAt) - Date.parse(a.occurredAt)) / 3_600_000;
        if (far > 3) fastest = Math.max(fastest, far / hours);
      }
    }
    expect(fastest).toBeGreaterThan(100);
    expect(fastest).toBeLessThan(320);
  });

  test('share addresses in families, offices and behind carriers', () => {
    const perIp = grouped(honest, 'ip').filter(([first]) => first!.ip !== '0.0.0.0');
    const home = (ip: string): boolean => /^2(4\d|5[0-4])\.|^2001:db8:/.test(ip);
    const largest = (of: (ip: string) => boolean): number =>
      Math.max(...perIp.map((events) => (of(events[0]!.ip!) ? distinct(events, 'accountId') : 0)));
    expect(largest((ip) => ip.startsWith('255.'))).toBeGreaterThan(10);
    expect(largest((ip) => ip.startsWith('198.51.100.'))).toBeGreaterThan(1);
    expect(largest(home)).toBeLessThanOrEqual(3);
  });

  test('sometimes lack a device or an address, or carry a placeholder', () => {
    const digital = honest.filter(({ channel }) => channel === 'mobile_bank');
    const share = (has: (event: SimulatedEvent) => boolean): number =>
      digital.filter(has).length / digital.length;
    expect(share(({ deviceId }) => deviceId === undefined)).toBeGreaterThan(0.01);
    expect(share(({ ip }) => ip === undefined)).toBeGreaterThan(0.005);
    expect(share(({ ip }) => ip === '0.0.0.0')).toBeGreaterThan(0.01);
    expect(share(({ deviceId }) => deviceId === 'unknown')).toBeGreaterThan(0.001);
  });

  test('pay first at least ten minutes after they opened their account', () => {
    const opened = new Map<string, number>();
    const waits: number[] = [];
    for (const { type, accountId, occurredAt } of quiet) {
      const at = Date.parse(occurredAt);
      if (type === 'account.opened') opened.set(accountId, at);
      else if (type === 'payment' && opened.has(accountId)) waits.push(at - opened.get(accountId)!);
    }
    expect(waits.length).toBeGreaterThan(50);
    expect(Math.min(...waits)).toBeGreaterThan(600_000);
  });

  test('give back what they bought: a refund names an earlier payment of the account', () => {
    const payments = new Map(quiet.map((event) => [event.id, event]));
    const refunds = quiet.filter(({ type }) => type === 'refund');
    expect(refunds.length).toBeGreaterThan(20);
    for (const refund of refunds) {
      const payment = payments.get(refund.refundOf!)!;
      expect(payment.accountId).toBe(refund.accountId);
      expect(refund.amount).toBeLessThanOrEqual(payment.amount!);
      expect(Date.parse(refund.occurredAt)).toBeGreaterThan(Date.parse(payment.occurredAt));
    }
  });

  test('are busier on pay-day, and in the evening than before dawn', () => {
    // The rate holds over the range, so a day is compared within itself.
    const days = run({
      startMs: Date.parse('2026-03-09T00:00:00+08:00'),
      minutes: 2 * 1440,
      attacks: [],
      ratePerSecond: 0.25,
    });
    const inHours = (low: number, high: number): number =>
      days.filter(({ occurredAt }) => {
        const hour = Number(occurredAt.slice(11, 13));
        return hour >= low && hour < high;
      }).length;
    const onDay = (day: string): number =>
      days.filter(({ occurredAt }) => occurredAt.startsWith(day)).length;
    expect(inHours(18, 21)).toBeGreaterThan(5 * inHours(2, 5));
    expect(onDay('2026-03-10')).toBeGreaterThan(1.3 * onDay('2026-03-09'));
  });
});
