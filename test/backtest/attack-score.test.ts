import { describe, expect, it } from 'vitest';
import { AttackScore } from '../../pipeline/backtest/attack-score.ts';
import type { Decision, Finding, Verdict } from '../../pipeline/decide/decision.ts';
import { ALLOW } from '../../pipeline/decide/policy.ts';
import { EventView } from '../../pipeline/event.ts';
import { batchFrom, paymentOf } from '../support/events.ts';

const RING: Finding = {
  ...{
    detector: 'ring',
    mode: 'live',
    band: 'review',
    conclusive: false,
    measure: 3,
    threshold: 3,
  },
  ...{ unit: 'accounts', windowMs: 1, subject: 'accountId', subjectValue: 'a3' },
  evidence: { accounts: 3, links: 'deviceId d:1: a1, a3; cardId c9: a3, a9 … and 4 more' },
};

function decided(verdict: Verdict, findings: readonly Finding[] = []): Decision {
  return { ...ALLOW, verdict, findings };
}

/** One event an account, all of them a farm's; the score after `decisions`, one each. */
function scoreOf(decisions: readonly Decision[], attributes: unknown = { attack: 'farm' }) {
  const score = new AttackScore();
  const batch = batchFrom(
    decisions.map((_, i) => paymentOf({ id: `e${i}`, accountId: `a${i}`, attributes })),
  );
  decisions.forEach((decision, row) => {
    score.add(new EventView(batch, row), decision, true);
  });
  return score;
}

describe('the attack score', () => {
  it('counts an account as caught when any of its events is flagged, and only once', () => {
    const report = scoreOf([decided('allow'), decided('review'), decided('block')]).report(false);
    expect(report).toEqual({ farm: { accounts: 3, caught: 2, recall: 2 / 3 } });
  });

  it('counts an account that a live ring names later, and none that only a shadow names', () => {
    const named = (mode: Finding['mode']): unknown =>
      scoreOf([
        ...[decided('allow'), decided('allow'), decided('allow')],
        decided('review', [{ ...RING, mode }]),
      ]).report(false)?.['farm']?.caught;
    expect(named('live')).toBe(2);
    expect(named('shadow')).toBe(1);
  });

  it('counts as lost what was given and not taken back, never what waits, for a claim too, or was refused', () => {
    const score = scoreOf([
      decided('allow'),
      decided('review'),
      decided('block'),
      decided('allow'),
    ]);
    const grant = { amountMinor: 1000, clawedBackMinor: 0 };
    score.grant({ ...grant, eventId: 'e0', state: 'posted' });
    score.grant({ ...grant, eventId: 'e1', state: 'held' });
    score.grant({ ...grant, eventId: 'e2', state: 'voided' });
    score.grant({ ...grant, eventId: 'e0', state: 'awaiting_claim' });
    score.grant({ ...grant, eventId: 'e3', state: 'clawed_back', clawedBackMinor: 400 });
    score.grant({ ...grant, eventId: 'e3', state: 'rejected' });
    score.grant({ ...grant, eventId: 'somebody else', state: 'posted' });
    expect(score.report(true)?.['farm']).toMatchObject({
      attemptedMinor: 5000,
      lostMinor: 1600,
      lostShare: 0.32,
    });
  });

  it('counts honest accounts once, by what happened to any of their events', () => {
    const score = scoreOf([decided('review')]);
    const honest = ['h1', 'h1', 'h2', 'h3'].map((accountId, i) =>
      paymentOf({ id: `h${i}`, accountId }),
    );
    const batch = batchFrom(honest);
    (['allow', 'review', 'block', 'allow'] as const).forEach((verdict, row) => {
      score.add(new EventView(batch, row), decided(verdict), false);
    });
    expect(score.honest()).toEqual({
      accounts: 3,
      ...{ blocked: 1, blockedShare: 1 / 3, reviewed: 1, reviewedShare: 1 / 3 },
    });
  });

  it('counts the owner of an attacked account with the attack, never among the honest', () => {
    const score = scoreOf([decided('allow')]);
    const batch = batchFrom([paymentOf({ id: 'own', accountId: 'a0' }), paymentOf({ id: 'h' })]);
    (['review', 'allow'] as const).forEach((verdict, row) => {
      score.add(new EventView(batch, row), decided(verdict), false);
    });
    expect(score.honest()).toMatchObject({ accounts: 1, reviewed: 0 });
    expect(score.report(false)?.['farm']?.caught).toBe(0);
  });

  it('says nothing of a history whose events name no attack', () => {
    const score = scoreOf([decided('review')], {});
    expect(score.report(true)).toBeUndefined();
    expect(score.honest()).toBeUndefined();
  });
});
