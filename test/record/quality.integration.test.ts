import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Decision, Finding } from '../../pipeline/decide/decision.ts';
import { NO_HITS } from '../../pipeline/decide/list-entry.ts';
import type { DecisionReason } from '../../pipeline/outcome.ts';
import { temporaryAnalytics, type TemporaryAnalytics } from '../support/chdb.ts';
import { FINDING, META, startRecording } from './recording.ts';
import { batchOf, payments } from './sample-batch.ts';

let store: TemporaryAnalytics;
beforeAll(async () => {
  store = await temporaryAnalytics();
});
afterAll(() => store.close());

interface Case {
  readonly day: number;
  readonly version: string;
  readonly live: readonly string[];
  readonly shadow: readonly string[];
  readonly verdict: Decision['verdict'];
  readonly reasons: readonly DecisionReason[];
  /** Every word on it, in the order in which they came; the last one stands. */
  readonly words: readonly ('confirmed' | 'false_positive')[];
}

const DAY_MS = 86_400_000;
const START_MS = Date.parse('2026-03-02T00:00:00Z');
const anyCase: fc.Arbitrary<Case> = fc
  .record({
    day: fc.integer({ min: 0, max: 9 }),
    version: fc.constantFrom('v1', 'v2'),
    live: fc.subarray(['same-ip', 'same-device', 'night-burst']),
    shadow: fc.subarray(['many-cards', 'ring']),
    listed: fc.option(fc.constantFrom('block_list', 'watch_list', 'account_frozen', 'allow_list')),
    words: fc.array(fc.constantFrom('confirmed' as const, 'false_positive' as const), {
      maxLength: 2,
    }),
  })
  .map(({ listed, ...rest }) => {
    const flagged =
      rest.live.length > 0 ? (['review', ['review_finding']] as const) : (['allow', []] as const);
    const [verdict, reasons] =
      listed === 'allow_list'
        ? (['allow', ['allow_list']] as const)
        : listed === 'watch_list'
          ? (['review', [...flagged[1], 'watch_list']] as const)
          : listed === null
            ? flagged
            : (['block', [listed]] as const);
    return { ...rest, verdict, reasons: [...reasons] as DecisionReason[] };
  });

const findingOf = (detector: string, mode: Finding['mode']): Finding => ({
  ...FINDING,
  detector,
  mode,
});

async function recorded(cases: readonly Case[]): Promise<void> {
  await store.clear();
  const { recorder } = await startRecording(store.analytics);
  cases.forEach(({ day, version, live, shadow, verdict, reasons }, index) => {
    const [event] = payments(1);
    const occurredAtMs = START_MS + day * DAY_MS + index;
    const batch = batchOf([
      { ...event!, id: `e-${index}`, occurredAtMs, amountMinor: 100 + index },
    ]);
    const findings = [
      ...live.map((name) => findingOf(name, 'live')),
      ...shadow.map((name) => findingOf(name, 'shadow')),
    ];
    const decision = { verdict, reasons, findings, listed: NO_HITS, late: false };
    recorder.addEvent(batch, 0, decision, { ...META, configVersion: version });
  });
  const words = cases.flatMap(({ words: said }, index) =>
    said.map((label, turn) => ({ index, label, turn })),
  );
  for (const { index, label, turn } of words.sort((a, b) => a.turn - b.turn)) {
    recorder.addLabel({
      ...{
        id: `w-${index}-${turn}`,
        decisionId: `dec_e-${index}`,
        label,
        actor: 'bank',
        reason: '',
      },
      labelledAtMs: START_MS + 30 * DAY_MS,
    });
  }
  recorder.seal(recorder.endBatch(), {}, START_MS);
  await recorder.close();
}

const LISTS: Readonly<Record<string, string>> = {
  block_list: 'block list',
  watch_list: 'watch list',
  account_frozen: 'freeze',
};

/** Counts by key, each predicate a column. */
function counted<T>(
  items: readonly T[],
  key: (item: T) => string,
  columns: Readonly<Record<string, (item: T) => number | boolean>>,
): Record<string, Record<string, number>> {
  const all: Record<string, Record<string, number>> = {};
  for (const item of items) {
    const row = (all[key(item)] ??= Object.fromEntries(
      Object.keys(columns).map((name) => [name, 0]),
    ));
    for (const [name, of] of Object.entries(columns)) row[name]! += Number(of(item));
  }
  return all;
}

async function viewed(view: string, key: string): Promise<Record<string, Record<string, number>>> {
  const rows = await store.analytics.query<Record<string, number | string>>(
    `SELECT ${key} AS k, * EXCEPT (day, config_version${view === 'detector_quality' ? ', detector, mode' : ''}) FROM ${view}`,
  );
  return Object.fromEntries(
    rows.map(({ k, ...rest }) => [
      String(k),
      Object.fromEntries(Object.entries(rest).map(([name, value]) => [name, Number(value)])),
    ]),
  );
}

const dayOf = ({ day }: Case): string =>
  new Date(START_MS + day * DAY_MS).toISOString().slice(0, 10);

describe('the quality views', () => {
  it('count as a naive reading of every decision and every word does', async () => {
    const cases = fc.sample(anyCase, { numRuns: 600, seed: 7 });
    await recorded(cases);
    const indexed = cases.map((each, index) => ({ ...each, index, label: each.words.at(-1) }));
    const flagged = (each: Case): boolean => each.verdict !== 'allow';
    const fraud = ({ label }: { label: string | undefined }): boolean => label === 'confirmed';
    const honest = ({ label }: { label: string | undefined }): boolean =>
      label === 'false_positive';
    const policy = counted(indexed, (each) => `${dayOf(each)} ${each.version}`, {
      decisions: () => 1,
      flagged,
      labelled: ({ label }) => label !== undefined,
      labelled_flagged: (each) => each.label !== undefined && flagged(each),
      fraud,
      honest,
      true_positives: (each) => fraud(each) && flagged(each),
      false_positives: (each) => honest(each) && flagged(each),
      missed: (each) => fraud(each) && !flagged(each),
      missed_minor: (each) => (fraud(each) && !flagged(each) ? 100 + each.index : 0),
    });
    expect(await viewed('policy_quality', `concat(toString(day), ' ', config_version)`)).toEqual(
      policy,
    );

    const flags = indexed.flatMap((each) => {
      const byList = each.reasons.filter((reason) => reason in LISTS);
      const liveAlone = each.live.length === 1 && flagged(each) && byList.length === 0;
      return [
        ...each.live.map((detector) => ({ ...each, detector, mode: 'live', alone: liveAlone })),
        ...byList.map((reason) => ({
          ...{ ...each, detector: LISTS[reason]!, mode: 'live', alone: each.live.length === 0 },
        })),
        ...each.shadow.map((detector) => ({ ...each, detector, mode: 'shadow', alone: false })),
      ];
    });
    const detectors = counted(
      flags,
      (each) => `${dayOf(each)} ${each.version} ${each.detector} ${each.mode}`,
      {
        flagged: () => 1,
        labelled: ({ label }) => label !== undefined,
        true_positives: fraud,
        false_positives: honest,
        net_flagged: ({ alone }) => alone,
        net_true_positives: (each) => each.alone && fraud(each),
        net_false_positives: (each) => each.alone && honest(each),
      },
    );
    expect(
      await viewed(
        'detector_quality',
        `concat(toString(day), ' ', config_version, ' ', detector, ' ', mode)`,
      ),
    ).toEqual(detectors);
  });

  it('tell the delay between an event and the word that stands on it', async () => {
    await recorded([
      {
        ...{ day: 0, version: 'v1', live: [], shadow: [], verdict: 'allow', reasons: [] },
        words: ['confirmed'],
      },
      {
        ...{ day: 9, version: 'v1', live: [], shadow: [], verdict: 'allow', reasons: [] },
        words: [],
      },
    ]);
    const rows = await store.analytics.query<{ days: number; fraud: number }>(
      'SELECT toFloat64(delay_seconds) / 86400 AS days, fraud FROM labelled_decisions',
    );
    expect(rows.map(({ days, fraud }) => [days, fraud === 1])).toEqual([[30, true]]);
  });
});
