import { describe, expect, it } from 'vitest';
import { Differences } from '../../pipeline/backtest/compare.ts';
import type { Decision, Finding, Verdict } from '../../pipeline/decide/decision.ts';
import { ALLOW } from '../../pipeline/decide/policy.ts';
import { EventBatch, EventView } from '../../pipeline/event.ts';
import { at, paymentOf, START_MS, testDecoder, type PlainEvent } from '../support/events.ts';

const decoder = testDecoder();

interface Case {
  readonly event: PlainEvent;
  readonly fraud?: boolean;
  readonly base: Decision;
  readonly other: Decision;
}

function finding(detector: string, band: Finding['band'], mode: Finding['mode'] = 'live'): Finding {
  return {
    ...{ detector, mode, band, conclusive: false, measure: 3, threshold: 2, unit: 'payments' },
    ...{ windowMs: 60_000, subject: 'accountId', subjectValue: 'a', evidence: {} },
  };
}

function decision(verdict: Verdict, findings: readonly Finding[] = []): Decision {
  return { verdict, reasons: [], findings, listed: [], late: false };
}

function compared(cases: readonly Case[], keepLines = false): Differences {
  const differences = new Differences(keepLines);
  const batch = new EventBatch(1);
  for (const { event, fraud, base, other } of cases) {
    batch.clear();
    const bytes = Buffer.from(JSON.stringify(event));
    expect(decoder.decode(bytes, START_MS + 86_400_000, batch)).toBeUndefined();
    differences.add(new EventView(batch, 0), fraud, base, other);
  }
  return differences;
}

let made = 0;
function pay(accountId: string, amount = 100, more: PlainEvent = {}): PlainEvent {
  made++;
  return paymentOf({ id: `e-${String(made)}`, accountId, amount, occurredAt: at(made), ...more });
}

const [REVIEW, BLOCK] = [decision('review'), decision('block')];

describe('accounts in a comparison', () => {
  it('counts an account once, by its worst verdict, however many of its events change', () => {
    const { accounts } = compared([
      { event: pay('blocked'), fraud: false, base: ALLOW, other: BLOCK },
      { event: pay('blocked'), fraud: false, base: ALLOW, other: BLOCK },
      { event: pay('reviewed'), fraud: false, base: ALLOW, other: REVIEW },
      { event: pay('freed'), fraud: true, base: BLOCK, other: ALLOW },
    ]).counts();
    const none = { newlyBlocked: 0, newlyReviewed: 0, noLongerBlocked: 0, noLongerFlagged: 0 };
    expect(accounts).toEqual({
      honest: { ...none, newlyBlocked: 1, newlyReviewed: 1 },
      fraud: { ...none, noLongerBlocked: 1, noLongerFlagged: 1 },
      unlabelled: none,
    });
  });

  it('an account that was blocked anyway is not newly blocked by a further event', () => {
    const { accounts } = compared([
      { event: pay('known'), fraud: false, base: BLOCK, other: BLOCK },
      { event: pay('known'), fraud: false, base: ALLOW, other: BLOCK },
    ]).counts();
    expect(accounts?.honest.newlyBlocked).toBe(0);
  });

  it('counts a missing account nowhere: it is many people', () => {
    const { accounts, changed } = compared([
      { event: pay('unknown'), fraud: false, base: ALLOW, other: BLOCK },
    ]).counts();
    expect(changed).toBe(1);
    expect(accounts?.honest.newlyBlocked).toBe(0);
  });
});

describe('money in a comparison', () => {
  it('adds up the payments by change, currency and truth, and nothing but payments', () => {
    const { payments } = compared([
      { event: pay('a', 100), fraud: true, base: ALLOW, other: BLOCK },
      { event: pay('b', 250), fraud: false, base: ALLOW, other: BLOCK },
      { event: pay('c', 7, { currency: 'USD' }), base: ALLOW, other: BLOCK },
      { event: pay('d', 50), fraud: false, base: ALLOW, other: REVIEW },
      { event: pay('e', 50, { type: 'refund' }), fraud: false, base: ALLOW, other: BLOCK },
      { event: pay('f', 900), fraud: false, base: BLOCK, other: BLOCK },
    ]).counts();
    const none = { events: 0, minor: 0 };
    expect(payments).toEqual({
      'allow → block': {
        CNY: {
          fraud: { events: 1, minor: 100 },
          honest: { events: 1, minor: 250 },
          unlabelled: none,
        },
        USD: { fraud: none, honest: none, unlabelled: { events: 1, minor: 7 } },
      },
      'allow → review': {
        CNY: { fraud: none, honest: { events: 1, minor: 50 }, unlabelled: none },
      },
    });
  });
});

describe('detectors in a comparison', () => {
  it('names what each says otherwise, also where the verdict stays', () => {
    const base = decision('review', [finding('a', 'review'), finding('b', 'review')]);
    const other = decision('review', [finding('b', 'block'), finding('c', 'review', 'shadow')]);
    const event = pay('x');
    const { detectorChanges, changed } = compared([{ event, fraud: true, base, other }]).counts();
    const none = { fraud: 0, honest: 0, unlabelled: 0 };
    const about = { eventId: event['id'], accountId: 'x', fraud: true };
    expect(changed).toBe(0);
    expect(detectorChanges).toEqual({
      a: {
        newlyFlagged: none,
        noLongerFlagged: { ...none, fraud: 1 },
        otherBand: 0,
        events: [{ ...about, from: 'review', to: 'none' }],
      },
      b: {
        newlyFlagged: none,
        noLongerFlagged: none,
        otherBand: 1,
        events: [{ ...about, from: 'review', to: 'block' }],
      },
      c: {
        newlyFlagged: { ...none, fraud: 1 },
        noLongerFlagged: none,
        otherBand: 0,
        events: [{ ...about, from: 'none', to: 'review (shadow)' }],
      },
    });
  });

  it('a rule that fails on an event flags nothing', () => {
    const { detectorChanges } = compared([
      { event: pay('x'), base: ALLOW, other: decision('review', [finding('a', 'error')]) },
    ]).counts();
    expect(detectorChanges['a']).toMatchObject({ otherBand: 1, newlyFlagged: { unlabelled: 0 } });
  });
});

describe('lines of changes', () => {
  it('are one for each event of which anything differs, and hold more than the report', () => {
    const many = Array.from({ length: 1200 }, (_, i) => ({
      event: pay(`a-${String(i)}`),
      base: ALLOW,
      other: REVIEW,
    }));
    const differences = compared(
      [
        ...many,
        { event: pay('same'), base: REVIEW, other: decision('review') },
        { event: pay('other'), base: REVIEW, other: decision('review', [finding('a', 'review')]) },
      ],
      true,
    );
    const lines = differences.takeLines();
    expect(differences.counts().decisions).toHaveLength(1000);
    expect(lines).toHaveLength(1201);
    expect(lines.at(-1)).toMatchObject({
      accountId: 'other',
      from: 'review',
      to: 'review',
      amountMinor: 100,
      currency: 'CNY',
      detectors: { a: 'none → review' },
    });
    expect(differences.takeLines()).toEqual([]);
  });
});

describe('the caveat of allow rules', () => {
  it('stands where blocked traffic would pass, with how much of it has no truth', () => {
    const differences = compared([
      { event: pay('a'), base: BLOCK, other: ALLOW },
      { event: pay('b'), fraud: true, base: BLOCK, other: REVIEW },
    ]);
    expect(differences.caveats()).toHaveLength(1);
    expect(differences.caveats()[0]).toMatch(/^2 events that .* 1 of them without a label/);
  });

  it('is left out where only more is blocked', () => {
    expect(compared([{ event: pay('a'), base: ALLOW, other: BLOCK }]).caveats()).toEqual([]);
  });
});
