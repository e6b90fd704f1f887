/**
 * What late events would have changed: the rewarded decisions after them that share one of their keys are made
 * again by the rules of now, with them and without them, from the record. Only what differs counts, so that what
 * the record's cut leaves out speaks against nobody.
 *
 * Bounded in event time, decisions and events; what lies beyond is counted, and the nearest is looked at.
 */

import type { LookUpParts } from './caused-grants.ts';
import type { CausedGrant, LateEvents } from '../decide/cause.ts';
import { decisionIdOf, type Decision, type Verdict } from '../decide/decision.ts';
import type { JournalDrain } from '../journal-drain.ts';
import type { MeasuringAgain } from './measure-again.ts';
import {
  eventsAround,
  recordedEvents,
  rewardedEvents,
  rewardsOf,
  type EventKeys,
  type KeyValues,
  type RecordedEvent,
} from '../record/late-history.ts';
import { LATE_KEYS } from './late-keys.ts';
import { orderAbout, whileThere, type OrderParts } from './rescore.ts';

export interface RemeasureParts extends OrderParts, LookUpParts {
  readonly journal: Pick<JournalDrain, 'caughtUp'>;
  readonly measuring: Pick<MeasuringAgain, 'decisions'>;
}

/** Event time after a late event within which decisions are made again, and before them that they are measured over. */
const REMEASURED_MS = 86_400_000;
/** Decisions of one job: those nearest to what came late, which tells most by them. */
const MAX_DECISIONS = 200;
/** Of those that the nearest are chosen from: not each is after the very event that it shares a key with. */
const MAX_CANDIDATES = 5000;
/** Events that they are measured with: two passes are a fraction of a second. */
const MAX_EVENTS = 5000;
/** Measuring takes the same thread as deciding: however much came late, it gets a quarter of the time at most. */
const REST = 3;
/** A late event that does not come on record by then never will: its batch came again under another name. */
const ON_RECORD_WITHIN_MS = 600_000;

/** @returns what a queue asks of a job: false while something it needs is away, or is not on record yet. */
export function remeasurer(parts: RemeasureParts): (job: LateEvents) => Promise<boolean> {
  return (job) =>
    whileThere(async () => {
      const { clock, signal, journal } = parts;
      const startedMs = clock.monotonic();
      // Waited for, and not hurried: what is all out of order would have the record written in many small parts.
      const late = await lateOf(parts, job);
      if (late === undefined || !(await journal.caughtUp())) return false;
      const rewarded = await rewardedAfter(parts, late);
      const isDone =
        rewarded.length === 0 ||
        (await propose(parts, job, await changedBy(parts, late, rewarded)));
      await clock.sleep(REST * (clock.monotonic() - startedMs), signal);
      return isDone;
    });
}

/** What came late, by whose keys others are near to it: a placeholder is nobody's. */
async function lateOf(
  { analytics, clock, isPlaceholder }: RemeasureParts,
  { events, sinceMs }: LateEvents,
): Promise<readonly RecordedEvent[] | undefined> {
  const times = events.map(({ occurredAtMs }) => occurredAtMs);
  const ids = events.map(({ eventId }) => eventId);
  const span = { fromMs: Math.min(...times) - 1, toMs: Math.max(...times) };
  const late = await recordedEvents(analytics, ids, span);
  const isWhole = late.length === events.length || clock.now() > sinceMs + ON_RECORD_WITHIN_MS;
  if (!isWhole) return undefined;
  return late.map((event) => {
    const blank = LATE_KEYS.filter((field) => isPlaceholder(event[field]));
    return { ...event, ...Object.fromEntries(blank.map((field) => [field, ''])) };
  });
}

/** Decisions that were made without one of the late events, each of which stands before it and shares a key. */
async function rewardedAfter(
  parts: RemeasureParts,
  late: readonly RecordedEvent[],
): Promise<readonly RecordedEvent[]> {
  if (late.length === 0) return [];
  const times = late.map(({ occurredAtMs }) => occurredAtMs);
  const span = { fromMs: Math.min(...times), toMs: Math.max(...times) + REMEASURED_MS };
  const keys = keysOf(parts, late);
  const found = await rewardedEvents(parts.analytics, keys, span, MAX_CANDIDATES);
  const own = new Set(late.map(({ eventId }) => eventId));
  const nearest = found
    .filter(({ eventId }) => !own.has(eventId))
    .map((event) => ({ event, ...nearnessOf(event, late) }))
    .filter(({ sinceMs }) => sinceMs !== Infinity)
    .sort((a, b) => Number(b.isClose) - Number(a.isClose) || a.sinceMs - b.sinceMs);
  if (nearest.length > MAX_DECISIONS || found.length === MAX_CANDIDATES) {
    tell(parts, 'beyond_limit');
  }
  return nearest.slice(0, MAX_DECISIONS).map(({ event }) => event);
}

interface Nearness {
  /** More than an address is shared, which may be a whole campus. */
  readonly isClose: boolean;
  /** Since the nearest late event that it was made without; Infinity: it was made with all of them. */
  readonly sinceMs: number;
}

function nearnessOf(decided: RecordedEvent, late: readonly RecordedEvent[]): Nearness {
  let nearest: Nearness = { isClose: false, sinceMs: Infinity };
  for (const one of late) {
    if (!isAfter(decided, one)) continue;
    const isClose = CLOSE_KEYS.some((field) => shares(decided, one, field));
    if (nearest.isClose && !isClose) continue;
    const sinceMs = decided.occurredAtMs - one.occurredAtMs;
    if (isClose === nearest.isClose && sinceMs >= nearest.sinceMs) continue;
    nearest = { isClose, sinceMs };
  }
  return nearest;
}

const CLOSE_KEYS = LATE_KEYS.filter((field) => field !== 'ip');

function shares(a: EventKeys, b: EventKeys, field: keyof EventKeys): boolean {
  return a[field] !== '' && a[field] === b[field];
}

function isAfter(decided: RecordedEvent, late: RecordedEvent): boolean {
  const sinceMs = decided.occurredAtMs - late.occurredAtMs;
  if (sinceMs <= 0 || sinceMs > REMEASURED_MS) return false;
  return LATE_KEYS.some((field) => shares(late, decided, field));
}

interface Changed {
  readonly event: RecordedEvent;
  readonly verdict: Exclude<Verdict, 'allow'>;
  readonly evidence: string;
}

const STRICTNESS: Readonly<Record<Verdict, number>> = { allow: 0, review: 1, block: 2 };

async function changedBy(
  parts: RemeasureParts,
  late: readonly RecordedEvent[],
  rewarded: readonly RecordedEvent[],
): Promise<readonly Changed[]> {
  const times = rewarded.map(({ occurredAtMs }) => occurredAtMs);
  const span = { fromMs: Math.min(...times) - REMEASURED_MS, toMs: Math.max(...times) };
  const keys = keysOf(parts, [...late, ...rewarded]);
  const around = await eventsAround(parts.analytics, keys, span, MAX_EVENTS + 1);
  if (around.length > MAX_EVENTS) tell(parts, 'beyond_limit');
  const asked = new Set(rewarded.map(({ eventId }) => eventId));
  const own = new Set(late.map(({ eventId }) => eventId));
  const withAll = await parts.measuring.decisions(around, asked, new Set());
  const without = await parts.measuring.decisions(around, asked, own);
  tell(parts, 'measured_again', rewarded.length);
  return rewarded.flatMap((event): Changed[] => {
    const now = withAll.get(event.eventId);
    const then = without.get(event.eventId);
    if (now === undefined || then === undefined || now.verdict === 'allow') return [];
    if (STRICTNESS[now.verdict] <= STRICTNESS[then.verdict]) return [];
    const names = late.filter((one) => isAfter(event, one)).map(({ eventId }) => eventId);
    return [{ event, verdict: now.verdict, evidence: evidenceOf(now, names) }];
  });
}

const NAMED = 3;

function evidenceOf({ findings }: Decision, late: readonly string[]): string {
  const live = findings.filter(({ mode, band }) => mode === 'live' && band !== 'error');
  const detectors = live.map(({ detector }) => detector).join(', ');
  const more = late.length > NAMED ? ', …' : '';
  return `${detectors}, with what came late: ${late.slice(0, NAMED).join(', ')}${more}`;
}

/** Only what those very decisions gave: that a reward of another time is doubtful was not measured. */
async function propose(
  parts: RemeasureParts,
  job: LateEvents,
  changed: readonly Changed[],
): Promise<boolean> {
  if (changed.length === 0) return true;
  const rows = await rewardsOf(
    parts.analytics,
    changed.map(({ event }) => event),
  );
  for (const verdict of ['block', 'review'] as const) {
    const by = new Map(
      changed.filter((each) => each.verdict === verdict).map((each) => [each.event.eventId, each]),
    );
    const grants = rows.flatMap(({ state, ...row }): CausedGrant[] => {
      const because = by.get(row.eventId);
      if (because === undefined) return [];
      const { evidence, event } = because;
      return [
        {
          ...row,
          standing: state === 'held' ? 'held' : 'live',
          because: { decisionId: decisionIdOf(event.eventId), evidence },
        },
      ];
    });
    const cause = {
      kind: verdict === 'block' ? 'late_block' : 'late_review',
      ...{ id: `${job.id}_${verdict}`, accountIds: [], decisionId: '' },
      ...{ atMs: job.events[0]!.occurredAtMs, byPerson: false, evidence: 'what came late' },
    } as const;
    if (!(await orderAbout(parts, cause, grants))) return false;
  }
  return true;
}

function keysOf({ isPlaceholder }: RemeasureParts, events: readonly EventKeys[]): KeyValues {
  const values = (field: keyof EventKeys): readonly string[] =>
    [...new Set(events.map((each) => each[field]))].filter((value) => !isPlaceholder(value));
  return {
    accountId: values('accountId'),
    deviceId: values('deviceId'),
    cardId: values('cardId'),
    ip: values('ip'),
  };
}

function tell({ metrics, log }: RemeasureParts, outcome: string, count = 1): void {
  metrics.rescored.inc({ cause: 'late_event', outcome }, count);
  if (outcome === 'beyond_limit') log.warn('more came late than is measured again at once');
}
