/** The shipped configuration under streams that are out of all proportion: bounded in memory, time and effect. */

import { describe, expect, it } from 'vitest';
import { loadConfig, type LoadedConfig } from '../../config/load.ts';
import { assembleDecoder, assembleEngine, type AssembledEngine } from '../../pipeline/assemble.ts';
import type { Decision } from '../../pipeline/decide/decision.ts';
import { canonicalValue, type ListChange } from '../../pipeline/decide/list-entry.ts';
import { LiveLists } from '../../pipeline/decide/live-lists.ts';
import { discoverDetectors } from '../../pipeline/detect/discover.ts';
import { EventBatch, typeCodeOf, type EventType } from '../../pipeline/event.ts';
import { keyColumn, type KeyField } from '../../pipeline/event-fields.ts';
import { keysOf } from '../../pipeline/keys.ts';
import { simulate } from '../../pipeline/simulate/simulate.ts';
import type { SimulatedEvent } from '../../pipeline/simulate/simulated-event.ts';

const MILLION = 1_000_000;
const SIZE = 1000;
const MIB = 1024 * 1024;
const START_MS = Date.parse('2026-03-02T02:00:00Z');
const DAY_MS = 86_400_000;
const shipped = await loadConfig('config', await discoverDetectors());

type Layers = AssembledEngine['layers'];

/** Measures a million events, one every three milliseconds. @returns CPU microseconds an event, first and last fifth. */
function flood(
  layers: Layers,
  type: EventType,
  keysOfEvent: (n: number) => Partial<Record<KeyField, number>>,
): readonly [first: number, last: number] {
  const batch = new EventBatch(SIZE);
  batch.typeCode.fill(typeCodeOf(type));
  batch.length = SIZE;
  const fifths: number[] = [];
  let started = process.cpuUsage();
  for (let from = 0; from < MILLION; from += SIZE) {
    for (let i = 0; i < SIZE; i++) {
      batch.occurredAtMs[i] = START_MS + 3 * (from + i);
      for (const [field, key] of Object.entries(keysOfEvent(from + i))) {
        const at = keyColumn(field as KeyField) * SIZE + i;
        batch.keyLo[at] = Math.imul(key + 1, 0x9e3779b1);
        batch.keyHi[at] = key + 1;
      }
    }
    layers.measure(batch, 0, SIZE);
    if ((from + SIZE) % (MILLION / 5) !== 0) continue;
    const { user, system } = process.cpuUsage(started);
    fifths.push((user + system) / (MILLION / 5));
    started = process.cpuUsage();
  }
  return [fifths[0]!, fifths.at(-1)!];
}

/** What was measured at the last event. */
function measuredLast(layers: Layers): readonly number[] {
  const { values, width } = layers.matrix;
  return [...values.subarray((SIZE - 1) * width, SIZE * width)];
}

describe('a million events within an hour', () => {
  it('of one account on one device are counted exactly, as cheaply at the end as at the beginning', () => {
    const { layers } = assembleEngine(shipped);
    const keys = { accountId: 1, deviceId: 2, ip: 3, ipPrefix: 4 };
    const [first, last] = flood(layers, 'payment', () => keys);
    expect(last).toBeLessThan(3 * first + 10);
    expect(measuredLast(layers)).toContain(MILLION);
    expect(layers.stats().bytes / MILLION).toBeLessThan(512);
  });

  it('of a million accounts behind one address cost memory for the accounts alone, and no more time', () => {
    const { layers } = assembleEngine(shipped);
    const shared = { ip: 3, ipPrefix: 4 };
    const [first, last] = flood(layers, 'login', (n) => ({ accountId: n, deviceId: n, ...shared }));
    expect(last).toBeLessThan(3 * first + 10);
    expect(measuredLast(layers)).toContain(MILLION);
    expect(layers.stats().bytes / MILLION).toBeLessThan(3072);
  });
});

describe('a list of a million entries', () => {
  it('is kept in bounded memory, finds each of them, and refuses the one beyond its bound', () => {
    const lists = new LiveLists(MILLION);
    const keys = assembleDecoder(shipped, keysOf(Buffer.alloc(32, 7)));
    const change = (place: number): ListChange => ({
      ...{ id: `1-0.${place}`, op: 'add', list: 'block', kind: 'accounts', reason: 'imported' },
      ...{ author: 'ops', actor: 'ops', decisionId: '', detail: '', occurredAtMs: START_MS },
      value: canonicalValue('accounts', `acc-${place}`),
      expiresAtMs: undefined,
    });
    const before = process.memoryUsage().arrayBuffers + process.memoryUsage().heapUsed;
    for (let place = 0; place < MILLION; place++) lists.apply(change(place), keys, START_MS);
    const { arrayBuffers, heapUsed } = process.memoryUsage();
    expect(arrayBuffers + heapUsed - before).toBeLessThan(256 * MIB);
    expect(lists.size).toBe(MILLION);
    for (const place of [0, 499_999, MILLION - 1]) {
      expect(lists.find(change(place), keys)?.reason).toBe('imported');
    }
    expect(lists.find(change(MILLION), keys)).toBeUndefined();
    expect(lists.apply(change(MILLION), keys, START_MS)).toBe('full');
  });
});

interface Told {
  readonly refused: readonly string[];
  readonly decisions: ReadonlyMap<string, Decision>;
}

/** What is decided on events that arrive when `arrivals` says, in that order. */
function decide(config: LoadedConfig, arrivals: readonly (readonly [number, object])[]): Told {
  const decoder = assembleDecoder(config, keysOf(Buffer.alloc(32, 7)));
  const { engine } = assembleEngine(config);
  const refused: string[] = [];
  const decisions = new Map<string, Decision>();
  const batch = new EventBatch(SIZE);
  const judge = (): void => {
    engine.judge(batch).judgements.forEach((judgement, row) => {
      if (judgement.kind !== 'decided') throw new Error(`event ${row} was not decided`);
      decisions.set(batch.text('id', row)!, judgement.decision);
    });
    batch.clear();
  };
  for (const [atMs, event] of arrivals) {
    const failure = decoder.decode(Buffer.from(JSON.stringify(event)), atMs, batch);
    if (failure !== undefined) refused.push(failure.reason);
    if (batch.length === SIZE) judge();
  }
  judge();
  return { refused, decisions };
}

describe('clocks that are a day wrong', () => {
  const events = [
    ...simulate({ seed: 4, startMs: START_MS, minutes: 60, ratePerSecond: 1, attackShare: 0.05 }),
  ];
  const onTime = events.map((event) => [Date.parse(event.occurredAt), event] as const);
  const sound = decide(shipped, onTime);

  /** Beside every tenth event a stranger's, whose clock is off. */
  function withStrangers(offByMs: number): readonly (readonly [number, object])[] {
    return onTime.flatMap(([atMs, event], n) => {
      if (n % 10 !== 0) return [[atMs, event] as const];
      const occurredAt = new Date(atMs + offByMs).toISOString();
      const stranger: Partial<SimulatedEvent> = {
        ...event,
        ...{ id: `stranger-${n}`, accountId: `stranger-${n % 70}`, occurredAt },
      };
      return [[atMs, event] as const, [atMs, stranger] as const];
    });
  }

  it('ahead: their events are refused, and nobody else is late or judged otherwise', () => {
    const { refused, decisions } = decide(shipped, withStrangers(DAY_MS));
    expect(new Set(refused)).toEqual(new Set(['time_out_of_range']));
    expect(refused.length).toBe(Math.ceil(events.length / 10));
    expect(decisions).toEqual(sound.decisions);
  });

  it('behind: their events are late and enter no window, so that nobody else is judged otherwise', () => {
    const { refused, decisions } = decide(shipped, withStrangers(-DAY_MS));
    expect(refused).toEqual([]);
    const late = [...decisions].filter(([, { late: isLate }]) => isLate);
    expect(late.length).toBe(Math.ceil(events.length / 10));
    expect(late.every(([id]) => id.startsWith('stranger'))).toBe(true);
    const others = [...decisions].filter(([id]) => !id.startsWith('stranger'));
    expect(new Map(others)).toEqual(sound.decisions);
  });
});
