import { describe, expect, test } from 'vitest';
import { attackOf, busy, distinct, grouped, run } from './busy-stream.ts';
import { kilometres } from '../../pipeline/simulate/market.ts';
import type { SimulatedEvent } from '../../pipeline/simulate/simulated-event.ts';

describe('attacks', () => {
  const of = (name: string): SimulatedEvent[] => busy.filter((event) => attackOf(event) === name);

  test('begin no wave that the end would cut short, but for the first', () => {
    const accounts = distinct(of('ip-farm'), 'accountId');
    expect(accounts).toBeGreaterThan(0);
    expect(accounts % 60).toBe(0);
    const brief = run({ minutes: 4, attacks: ['ip-farm'] }).filter(attackOf);
    expect(distinct(brief, 'accountId')).toBeGreaterThan(0);
    expect(distinct(brief, 'accountId')).toBeLessThan(60);
  });

  test('device-farm: one device serves thirty accounts', () => {
    const [farm] = grouped(of('device-farm'), 'deviceId');
    expect(distinct(farm!, 'accountId')).toBeGreaterThanOrEqual(25);
    expect(distinct(farm!, 'ip')).toBeGreaterThanOrEqual(25);
  });

  test('ip-farm: one address opens sixty accounts, each on a device of its own', () => {
    const [farm] = grouped(of('ip-farm'), 'ip');
    expect(distinct(farm!, 'accountId')).toBe(60);
    expect(distinct(farm!, 'deviceId')).toBe(60);
  });

  test('scripted-small-payments: an account makes two dozen tiny payments at even gaps', () => {
    const [script] = grouped(of('scripted-small-payments'), 'accountId');
    const gaps = script!
      .slice(1)
      .map((event, i) => Date.parse(event.occurredAt) - Date.parse(script![i]!.occurredAt));
    expect(script!.length).toBeGreaterThanOrEqual(20);
    expect(Math.max(...script!.map(({ amount }) => amount!))).toBeLessThanOrEqual(300);
    expect(Math.max(...gaps) - Math.min(...gaps)).toBeLessThan(1000);
  });

  test('refund-cycling: every payment comes back in full within minutes', () => {
    const all = of('refund-cycling');
    const payments = new Map(all.map((event) => [event.id, event]));
    const refunds = all.filter(({ type }) => type === 'refund');
    expect(refunds.length).toBeGreaterThanOrEqual(25);
    for (const refund of refunds) {
      const payment = payments.get(refund.refundOf!)!;
      expect(refund.amount).toBe(payment.amount);
      expect(Date.parse(refund.occurredAt) - Date.parse(payment.occurredAt)).toBeLessThan(200_000);
    }
  });

  test('quota-sniping: the payments fall within two seconds of the Friday opening', () => {
    const opening = Date.parse('2026-03-06T10:00:00+08:00');
    const waits = of('quota-sniping').map(({ occurredAt }) => Date.parse(occurredAt) - opening);
    expect(waits.length).toBe(48);
    expect(Math.min(...waits)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...waits)).toBeLessThan(2000);
  });

  test('card-testing: an account tries twenty cards', () => {
    const [account] = grouped(of('card-testing'), 'accountId');
    expect(new Set(account!.map(({ cardId }) => cardId)).size).toBeGreaterThanOrEqual(18);
  });

  test('scripted-sign-up: the first payment follows the sign-up within half a minute', () => {
    for (const events of grouped(of('scripted-sign-up'), 'accountId').slice(0, 20)) {
      const paid = events.find(({ type }) => type === 'payment');
      expect(events[0]!.type).toBe('account.opened');
      const wait = Date.parse(paid!.occurredAt) - Date.parse(events[0]!.occurredAt);
      expect(wait).toBeLessThan(30_000);
    }
  });

  test('referral-ring: one account invites two dozen friends, who share two telephones', () => {
    const joined = of('referral-ring').filter(({ type }) => type === 'referral.joined');
    const [ring] = [...new Set(joined.map(({ attributes }) => attributes?.['inviterId']))].map(
      (inviter) => joined.filter(({ attributes }) => attributes?.['inviterId'] === inviter),
    );
    expect(distinct(ring!, 'accountId')).toBeGreaterThanOrEqual(20);
    expect(distinct(ring!, 'deviceId')).toBe(2);
  });

  test('impossible-travel: a card pays a thousand kilometres apart within a quarter of an hour', () => {
    const thief = of('impossible-travel').find(({ geo }) => geo !== undefined)!;
    const [a, b] = busy.filter(({ accountId }) => accountId === thief.accountId);
    expect([a!.label, b!.label]).toEqual(['honest', 'fraud']);
    expect(attackOf(a!)).toBeUndefined();
    expect(kilometres(a!.geo!, b!.geo!)).toBeGreaterThan(900);
    expect(Date.parse(b!.occurredAt) - Date.parse(a!.occurredAt)).toBeLessThan(900_000);
  });
});
