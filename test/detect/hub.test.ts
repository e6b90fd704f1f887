/** Rings, hubs and exclusions through the whole engine with the shipped configuration. */

import { describe, expect, it } from 'vitest';
import { loadConfig } from '../../config/load.ts';
import { assembleEngine } from '../../pipeline/assemble.ts';
import type { Decision } from '../../pipeline/decide/decision.ts';
import type { Engine } from '../../pipeline/decide/engine.ts';
import { discoverDetectors } from '../../pipeline/detect/discover.ts';
import type { ExclusionChange } from '../../pipeline/detect/exclusion.ts';
import { at, batchFrom, testDecoder, type PlainEvent } from '../support/events.ts';

const config = await loadConfig('config', await discoverDetectors());
const MINUTE = 60_000;

interface Outcome {
  readonly event: PlainEvent;
  readonly decision: Decision;
}

class Bench {
  readonly engine: Engine = assembleEngine(config).engine;
  readonly proposals: ExclusionChange[] = [];
  readonly decoder = testDecoder({ maxFutureMs: Infinity });
  #count = 0;

  /** Judges events in order; ids are made up. */
  judge(events: readonly PlainEvent[]): Outcome[] {
    const outcomes: Outcome[] = [];
    for (let from = 0; from < events.length; from += 500) {
      const slice = events
        .slice(from, from + 500)
        .map((event) => ({ id: `h-${this.#count++}`, ...event }));
      const { judgements, exclusionChanges } = this.engine.judge(
        batchFrom(slice, { decoder: this.decoder }),
      );
      this.proposals.push(...exclusionChanges);
      judgements.forEach((judgement, i) => {
        if (judgement.kind === 'decided') {
          outcomes.push({ event: slice[i]!, decision: judgement.decision });
        }
      });
    }
    return outcomes;
  }
}

function accountsOf(outcomes: readonly Outcome[], verdict: string): Set<unknown> {
  const matching = outcomes.filter(({ decision }) => decision.verdict === verdict);
  return new Set(matching.map(({ event }) => event['accountId']));
}

/** In the morning everybody uses the phone at home; at the shop all try the one on the counter. */
function demoPhoneDay(customers: number, ownPhones: boolean): PlainEvent[] {
  const home = Array.from({ length: customers }, (_, i): PlainEvent => ({
    type: 'login',
    occurredAt: at(i * 10_000),
    accountId: `customer-${i}`,
    deviceId: `own-phone-${i}`,
  }));
  const shop = Array.from({ length: customers }, (_, i): PlainEvent => ({
    type: 'login',
    occurredAt: at(3 * 60 * MINUTE + i * 30_000),
    accountId: `customer-${i}`,
    deviceId: 'demo-phone',
  }));
  return ownPhones ? [...home, ...shop] : shop;
}

describe("a shop's demo phone that a thousand customers try in a day", () => {
  it('blocks nobody who has a phone of their own', () => {
    const bench = new Bench();
    const outcomes = bench.judge(demoPhoneDay(1000, true));
    expect(accountsOf(outcomes, 'block').size).toBe(0);
    const spared = outcomes.at(-1)!.decision;
    expect(spared.verdict).toBe('review');
    expect(spared.reasons).toContain('shared_value');
  });

  it('blocks none beyond its first hundred where customers are seen on nothing else', () => {
    const bench = new Bench();
    const outcomes = bench.judge(demoPhoneDay(1000, false));
    const blocked = accountsOf(outcomes, 'block');
    expect(blocked.size).toBeGreaterThan(0);
    expect(blocked.size).toBeLessThanOrEqual(100);
    const evidence = outcomes.at(-1)!.decision.findings.map((finding) => finding.evidence['hub']);
    expect(evidence).toContain(
      'deviceId of more than 100 accounts in 24 h; what is usual is not known yet, so the least limit holds',
    );
  });

  it('is proposed as an exclusion once, with the first decision above the limit', () => {
    const bench = new Bench();
    const outcomes = bench.judge(demoPhoneDay(1000, true));
    expect(bench.proposals).toHaveLength(1);
    expect(bench.proposals[0]).toMatchObject({
      op: 'propose',
      kind: 'devices',
      value: 'demo-phone',
      accounts: 101,
      hubLimit: 100,
    });
    const eventId = bench.proposals[0]!.decisionId.replace('dec_', '');
    expect(outcomes.find(({ event }) => event['id'] === eventId)!.event['accountId']).toBe(
      'customer-100',
    );
  });

  it('is not held against anybody once it is excluded, and counts in full once that is dismissed', () => {
    const bench = new Bench();
    bench.judge(demoPhoneDay(200, false));
    const change = { ...bench.proposals[0]!, actor: 'li.wei', decisionId: '' };
    const visit = (n: number): PlainEvent => ({
      type: 'login',
      occurredAt: at(6 * 60 * MINUTE + n * 1000),
      accountId: `guest-${n}`,
      deviceId: 'demo-phone',
    });
    bench.engine.exclusions.apply({ ...change, id: '1-0', op: 'add' });
    expect(bench.judge([visit(1)])[0]!.decision.verdict).toBe('allow');
    const own = { 'same-device': { accounts: { review: 150 } } };
    bench.engine.exclusions.apply({ ...change, id: '1-1', op: 'add', bands: own });
    const limited = bench.judge([visit(3)])[0]!.decision;
    expect(limited.verdict).toBe('review');
    expect(limited.findings).toMatchObject([{ detector: 'same-device', threshold: 150 }]);
    bench.engine.exclusions.apply({ ...change, id: '2-0', op: 'remove' });
    bench.engine.exclusions.apply({ ...change, id: '3-0', op: 'dismiss' });
    expect(bench.judge([visit(2)])[0]!.decision.verdict).toBe('block');
    expect(bench.proposals).toHaveLength(1);
  });
});

describe('a farm of fifty accounts on five devices inside a carrier gateway', () => {
  const crowd = Array.from({ length: 2000 }, (_, i): PlainEvent => ({
    type: 'login',
    occurredAt: at(i * 5_000),
    accountId: `honest-${i}`,
    deviceId: `phone-${i}`,
    ip: '100.64.3.3',
  }));
  const farm = Array.from({ length: 50 }, (_, i): PlainEvent => ({
    type: 'login',
    occurredAt: at(i * 60_000 + 1),
    accountId: `farm-${i}`,
    deviceId: `farm-device-${i % 5}`,
    ip: '100.64.3.3',
  }));
  const day = [...crowd, ...farm].sort((a, b) =>
    String(a['occurredAt']) < String(b['occurredAt']) ? -1 : 1,
  );

  it('is found on its devices, and nobody else behind the gateway is', () => {
    const outcomes = new Bench().judge(day);
    const flagged = outcomes.filter(({ decision }) => decision.verdict !== 'allow');
    expect(flagged.length).toBeGreaterThan(0);
    expect(flagged.every(({ event }) => String(event['accountId']).startsWith('farm-'))).toBe(true);
    expect(new Set(flagged.map(({ event }) => event['accountId'])).size).toBeGreaterThanOrEqual(40);
  });
});

describe('a farm that never puts more than two accounts on a device', () => {
  const farm = Array.from({ length: 40 }, (_, i): PlainEvent => ({
    type: 'login',
    occurredAt: at(i * 60_000),
    accountId: `farm-${Math.floor(i / 2)}`,
    deviceId: `device-${Math.ceil(i / 2) % 20}`,
  }));

  it('is found as a ring, told with the way through it', () => {
    const last = new Bench().judge(farm).at(-1)!.decision;
    expect(last.verdict).toBe('block');
    const { evidence } = last.findings.find(({ detector }) => detector === 'ring')!;
    expect(evidence['path']).toMatch(
      /^farm-19 –deviceId device-(0|19)– farm-(0|18) –deviceId .* farm-\d+$/,
    );
    expect(evidence['links']).toMatch(/deviceId device-19: farm-1\d, farm-1\d/);
  });

  it('is found the same after a restart, which takes its first part back in', () => {
    const through = new Bench().judge(farm).at(-1)!.decision;
    const restarted = new Bench();
    const events = farm.map((event, i) => ({ id: `h-${i}`, ...event }));
    const before = batchFrom(events.slice(0, 39), { decoder: restarted.decoder });
    restarted.engine.restore(before);
    const [after] = restarted.judge([{ ...events[39]! }]);
    const ring = through.findings.find(({ detector }) => detector === 'ring');
    expect(after!.decision.findings.find(({ detector }) => detector === 'ring')).toEqual(ring);
  });
});
