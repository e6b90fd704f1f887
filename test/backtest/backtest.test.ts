import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { loadConfig } from '../../config/load.ts';
import { assembleEngine } from '../../pipeline/assemble.ts';
import { runBacktest, type Candidate } from '../../pipeline/backtest/backtest.ts';
import type { BacktestReport } from '../../pipeline/backtest/report.ts';
import { fixedClock } from '../../pipeline/clock.ts';
import { discoverDetectors } from '../../pipeline/detect/discover.ts';
import { detectorsSchema } from '../../pipeline/detect/section.ts';
import { Failure } from '../../pipeline/failure.ts';
import type { RawRecord, Source } from '../../pipeline/ingest/source.ts';
import { at, paymentOf, START_MS, testDecoder, type PlainEvent } from '../support/events.ts';

const SHIPPED = fileURLToPath(new URL('../../config/', import.meta.url));
const MINUTE = 60_000;

const catalogue = await discoverDetectors();
const shipped = await loadConfig(SHIPPED, catalogue);
const OFF = Object.fromEntries(catalogue.map(({ name }) => [name, { mode: 'off' }]));

/** An engine on which only the named detectors are on, with these sections. */
function candidate(sections: Readonly<Record<string, unknown>>, version = 'v1'): Candidate {
  const parsed = detectorsSchema(catalogue).parse({ ...OFF, ...sections });
  const { engine, detectors } = assembleEngine({ ...shipped, catalogue, sections: parsed });
  return { configVersion: version, engine, detectors };
}

function sourceOf(records: readonly RawRecord[], perBatch = 3): Source {
  return {
    name: 'test',
    run: async (deliver) => {
      for (let from = 0; from < records.length; from += perBatch) {
        await deliver({ source: 'test', records: records.slice(from, from + perBatch) });
      }
    },
  };
}

function recordsOf(events: readonly (PlainEvent | string)[]): RawRecord[] {
  return events.map((event, index) => ({
    bytes: Buffer.from(typeof event === 'string' ? event : JSON.stringify(event)),
    receivedAtMs: START_MS + 7 * 86_400_000,
    position: String(index + 1),
  }));
}

async function run(
  events: readonly (PlainEvent | string)[],
  candidates: { candidate: Candidate; against?: Candidate },
): Promise<BacktestReport> {
  return runBacktest({
    source: sourceOf(recordsOf(events)),
    decoder: testDecoder(),
    clock: fixedClock(0),
    ...candidates,
  });
}

let made = 0;

/** A payment at a minute, labelled. */
function pay(accountId: string, minute: number, label?: string): PlainEvent {
  made++;
  const occurredAt = at(minute * MINUTE);
  return paymentOf({ id: `p-${String(made)}`, accountId, occurredAt, label, deviceId: undefined });
}

/** Two frauds of six payments each, one honest burst of three, and honest single payments. */
const HISTORY: readonly PlainEvent[] = [
  ...[0, 1, 2, 3, 4, 5].map((minute) => pay('fraud-1', minute, 'fraud')),
  ...[10, 11, 12, 13, 14, 15].map((minute) => pay('fraud-2', minute, 'fraud')),
  ...[20, 21, 22].map((minute) => pay('burst', minute, 'honest')),
  ...Array.from({ length: 25 }, (_, i) => pay(`single-${String(i)}`, 30 + i, 'honest')),
];

const RAPID = { 'rapid-payments': { bands: { payments: { review: 3, conclusive: 5 } } } };

describe('a backtest with labels', () => {
  it('reports exactly what happened, per detector and for the policy', async () => {
    const report = await run(HISTORY, { candidate: candidate(RAPID) });
    // Payments 3 to 6 of each fraud and the third of the burst are flagged; 5 and 6 of each fraud are blocked.
    const rates = {
      flagged: 9,
      truePositives: 8,
      precision: 8 / 9,
      recall: 8 / 12,
      falsePositiveRate: 1 / 28,
    };
    expect(report).toEqual({
      configVersion: 'v1',
      events: 40,
      seconds: 0,
      eventsPerSecond: null,
      positives: 12,
      policy: { ...rates, blocked: 4, reviewed: 5 },
      detectors: { 'rapid-payments': rates },
    });
  });

  it('counts what a frozen account does afterwards as the policy flagging it, not the detector', async () => {
    const later = [pay('fraud-1', 600, 'fraud'), pay('fraud-2', 601, 'fraud')];
    const report = await run([...HISTORY, ...later], { candidate: candidate(RAPID) });
    expect(report.policy).toMatchObject({ flagged: 11, truePositives: 10, blocked: 6 });
    expect(report.detectors['rapid-payments']).toMatchObject({ flagged: 9, truePositives: 8 });
  });

  it('judges no event without a label, but lets it count in the windows', async () => {
    const unlabelled = [0, 1].map((minute) => pay('mixed', minute));
    const report = await run([...unlabelled, pay('mixed', 2, 'fraud'), pay('mixed', 3)], {
      candidate: candidate(RAPID),
    });
    expect(report).toMatchObject({ events: 4, positives: 1 });
    expect(report.policy).toMatchObject({ flagged: 1, truePositives: 1, precision: 1, recall: 1 });
    expect(report.policy.falsePositiveRate).toBeNull();
  });

  it('a history without any label is counted, and has no rates', async () => {
    const report = await run(
      HISTORY.map((event) => ({ ...event, label: undefined })),
      {
        candidate: candidate(RAPID),
      },
    );
    const none = { precision: null, recall: null, falsePositiveRate: null, truePositives: 0 };
    expect(report.positives).toBe(0);
    expect(report.policy).toEqual({ flagged: 9, ...none, blocked: 4, reviewed: 5 });
    expect(report.detectors['rapid-payments']).toEqual({ flagged: 9, ...none });
  });

  it('a detector in shadow is reported, and the policy does nothing of it', async () => {
    const shadow = { 'rapid-payments': { ...RAPID['rapid-payments'], mode: 'shadow' } };
    const report = await run(HISTORY, { candidate: candidate(shadow) });
    expect(report.policy).toMatchObject({ flagged: 0, precision: null, recall: 0 });
    expect(report.detectors['rapid-payments']).toMatchObject({ flagged: 9 });
  });

  it('a silent detector is reported with zeros', async () => {
    const both = { ...RAPID, 'same-device': {} };
    const report = await run(HISTORY, { candidate: candidate(both) });
    expect(report.detectors['same-device']).toEqual({
      flagged: 0,
      truePositives: 0,
      precision: null,
      recall: 0,
      falsePositiveRate: 0,
    });
  });

  it.each(['true', 'TRUE', '1', 'fraud'])('takes %s for fraud', async (label) => {
    const report = await run([pay('a', 0, label)], { candidate: candidate(RAPID) });
    expect(report.positives).toBe(1);
  });

  it('refuses a label that is no word it knows, naming the event', async () => {
    const event = { ...pay('a', 0, 'maybe'), id: 'p-odd' };
    await expect(run([event], { candidate: candidate(RAPID) })).rejects.toThrow(
      new Failure(
        'event p-odd has the label "maybe": write fraud or honest, or map it with `label: {column, positive: […]}`',
      ),
    );
  });
});

describe('bad input', () => {
  it('a repeated event counts once, and a conflict and broken records are counted by reason', async () => {
    const first = pay('a', 0, 'honest');
    const conflict = { ...first, amount: 1 };
    const report = await run([first, first, conflict, '{', '[]'], { candidate: candidate(RAPID) });
    expect(report.events).toBe(1);
    expect(report.refused).toEqual({ id_conflict: 1, not_json: 1, not_an_object: 1 });
  });

  it('an input in which nothing is an event fails with the first reason', async () => {
    await expect(run(['{', '{'], { candidate: candidate(RAPID) })).rejects.toThrow(
      /^no record is an event; the first one, test 1: /,
    );
  });

  it('an empty input is an empty report', async () => {
    const report = await run([], { candidate: candidate(RAPID) });
    expect(report).toMatchObject({ events: 0, positives: 0, policy: { flagged: 0, recall: null } });
  });

  it('a run that is stopped reports nothing', async () => {
    const stop = new AbortController();
    stop.abort();
    const options = { source: sourceOf([]), decoder: testDecoder(), clock: fixedClock(0) };
    await expect(
      runBacktest({ ...options, candidate: candidate(RAPID), signal: stop.signal }),
    ).rejects.toThrow('the backtest was stopped before its end');
  });
});

describe('a comparison', () => {
  it('names what a changed configuration would have done differently, from the same pass', async () => {
    const stricter = { 'rapid-payments': { bands: { payments: { review: 2 } } } };
    const report = await run(HISTORY, {
      candidate: candidate(RAPID),
      against: candidate(stricter, 'v2'),
    });
    expect(report.policy).toMatchObject({ flagged: 9, blocked: 4 });
    // The second payments of the frauds and of the burst are new; what was blocked is reviewed.
    expect(report.against).toMatchObject({
      configVersion: 'v2',
      policy: { flagged: 12, truePositives: 10, blocked: 0, reviewed: 12 },
      changed: 7,
      changes: { 'allow → review': 3, 'block → review': 4 },
      newlyCaught: 2,
      newlyMissed: 0,
      newlyFlaggedHonest: 1,
      noLongerFlaggedHonest: 0,
    });
    expect(report.against!.decisions).toHaveLength(7);
    expect(report.against!.decisions[0]).toEqual({
      eventId: HISTORY[1]!['id'],
      accountId: 'fraud-1',
      fraud: true,
      from: 'allow',
      to: 'review',
    });
  });

  it('each side equals a run of its own', async () => {
    const stricter = { 'rapid-payments': { bands: { payments: { review: 2 } } } };
    const alone = await run(HISTORY, { candidate: candidate(stricter) });
    const { against } = await run(HISTORY, {
      candidate: candidate(RAPID),
      against: candidate(stricter),
    });
    expect(against).toMatchObject({ policy: alone.policy, detectors: alone.detectors });
  });

  it('shows what is lost, too', async () => {
    const looser = { 'rapid-payments': { bands: { payments: { review: 5 } } } };
    const { against } = await run(HISTORY, {
      candidate: candidate(RAPID),
      against: candidate(looser),
    });
    expect(against).toMatchObject({ newlyMissed: 4, noLongerFlaggedHonest: 1, newlyCaught: 0 });
  });
});

describe('progress', () => {
  it('is told now and then, by the clock', async () => {
    const clock = fixedClock(0);
    const lines: string[] = [];
    const slow: Source = {
      name: 'slow',
      run: async (deliver) => {
        for (let batch = 0; batch < 4; batch++) {
          const events = Array.from({ length: 1024 }, (_, i) => pay(`a-${String(i)}`, batch * 60));
          clock.set((batch + 1) * 1000);
          await deliver({ source: 'slow', records: recordsOf(events) });
        }
      },
    };
    const report = await runBacktest({
      source: slow,
      decoder: testDecoder(),
      clock,
      candidate: candidate(RAPID),
      progress: (line) => lines.push(line),
    });
    expect(lines).toEqual(['backtest: 2,048 events, 1,024/s', 'backtest: 4,096 events, 1,024/s']);
    expect(report).toMatchObject({ seconds: 4, eventsPerSecond: 1024 });
  });
});
