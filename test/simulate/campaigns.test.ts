/** What a simulated stream says of campaigns, and a rush that the shipped configuration finds by it. */

import { beforeAll, describe, expect, it } from 'vitest';
import { loadConfig } from '../../config/load.ts';
import { assembleDecoder, assembleEngine } from '../../pipeline/assemble.ts';
import type { Finding } from '../../pipeline/decide/decision.ts';
import { discoverDetectors } from '../../pipeline/detect/discover.ts';
import { EventBatch } from '../../pipeline/event.ts';
import { keysOf } from '../../pipeline/keys.ts';
import { DEFAULT_SIMULATION, simulate } from '../../pipeline/simulate/simulate.ts';
import type { SimulatedEvent } from '../../pipeline/simulate/simulated-event.ts';

const config = await loadConfig('config', await discoverDetectors());
const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;
const atMs = ({ occurredAt }: SimulatedEvent): number => Date.parse(occurredAt);
const campaignOf = ({ attributes }: SimulatedEvent): unknown => attributes?.['campaignId'];

describe('payments of a simulated stream', () => {
  const payments = [...simulate({ ...DEFAULT_SIMULATION, minutes: 60, ratePerSecond: 20 })].filter(
    ({ type }) => type === 'payment',
  );
  const of = (campaignId: string | undefined): readonly SimulatedEvent[] =>
    payments.filter((event) => campaignOf(event) === campaignId);

  it('name the campaign that they take part in, which is one that is shipped', () => {
    const named = new Set(payments.map(campaignOf));
    expect(named).toEqual(new Set(['bill-payment', 'credit-card', undefined]));
    const shipped = config.campaigns.map(({ id }) => id);
    for (const id of named) if (id !== undefined) expect(shipped).toContain(id);
  });

  it('are bills in the one, and by credit card in the other', () => {
    expect(new Set(of('bill-payment').map(({ category }) => category))).toEqual(
      new Set(['electricity', 'water', 'gas', 'phone', 'property']),
    );
    expect(new Set(of('credit-card').map(({ instrument }) => instrument))).toEqual(
      new Set(['credit']),
    );
    expect(new Set(of(undefined).map(({ instrument }) => instrument))).toEqual(new Set(['debit']));
  });

  it('name it whoever makes them', () => {
    for (const label of ['honest', 'fraud']) {
      const own = payments.filter((event) => event.label === label);
      expect(own.filter((event) => campaignOf(event) !== undefined).length).toBeGreaterThan(50);
    }
  });
});

describe('a rush of a hundred and sixty accounts on one campaign, after six days of honest traffic', () => {
  const told: { readonly event: SimulatedEvent; readonly finding: Finding | undefined }[] = [];
  beforeAll(() => {
    const startMs = Date.parse('2026-03-02T00:00:00+08:00');
    const decoder = assembleDecoder(config, keysOf(Buffer.alloc(32, 7)));
    const { engine } = assembleEngine(config);
    const batch = new EventBatch(1);
    const stream = simulate({
      ...{ seed: 3, startMs, minutes: 16 * 1440, ratePerSecond: 0.02 },
      ...{ attacks: ['campaign-rush'], attackShare: 0.01 },
    });
    for (const event of stream) {
      if (atMs(event) - startMs > 7.5 * DAY_MS) break;
      batch.clear();
      decoder.decode(Buffer.from(JSON.stringify(event)), atMs(event), batch);
      const [judgement] = engine.judge(batch).judgements;
      if (judgement?.kind !== 'decided') throw new Error(`${event.id} was not decided`);
      const { findings } = judgement.decision;
      told.push({ event, finding: findings.find(({ detector }) => detector === 'campaign-burst') });
    }
  });
  const rush = (): SimulatedEvent[] =>
    told.map(({ event }) => event).filter(({ attributes }) => attributes?.['attack'] !== undefined);

  it('comes within an hour, each of them once', () => {
    const claims = rush().filter(({ type }) => type === 'voucher.claimed');
    expect(claims).toHaveLength(160);
    expect(new Set(claims.map(({ accountId }) => accountId)).size).toBe(160);
    expect(new Set(claims.map((event) => Math.floor(atMs(event) / HOUR_MS))).size).toBe(1);
  });

  it('is found as a burst of the campaign, by more than half of it', () => {
    const found = told.filter(({ finding }) => finding !== undefined);
    const claims = found.filter(({ event }) => event.attributes?.['attack'] !== undefined);
    expect(claims.length).toBeGreaterThan(80);
    const { finding } = claims.at(-1)!;
    expect(finding).toMatchObject({ mode: 'shadow', band: 'review', subject: 'accountId' });
    expect(finding!.evidence).toMatchObject({ campaignId: 'credit-card' });
    expect(Number(finding!.evidence['accounts'])).toBeGreaterThanOrEqual(160);
  });

  it('is the only burst: on no other hour is anything found', () => {
    const hours = told
      .filter(({ finding }) => finding !== undefined)
      .map(({ event }) => Math.floor(atMs(event) / HOUR_MS));
    expect(new Set(hours).size).toBe(1);
  });
});
