import { describe, expect, it } from 'vitest';
import {
  causesOf,
  causesOfAction,
  causesOfLabel,
  type Cause,
} from '../../pipeline/decide/cause.ts';
import type { AccountAction } from '../../pipeline/decide/account-action.ts';
import type { Decision, Finding } from '../../pipeline/decide/decision.ts';
import { EventView } from '../../pipeline/event.ts';
import { FINDING, REVIEW } from '../record/recording.ts';
import { batchOf, payments } from '../record/sample-batch.ts';

const [EVENT] = payments(1);
const view = new EventView(batchOf([EVENT!]), 0);
const CONCLUSIVE: Finding = { ...FINDING, band: 'block', conclusive: true };
const BLOCK: Decision = {
  ...{ ...REVIEW, verdict: 'block', reasons: ['conclusive_finding'], findings: [CONCLUSIVE] },
};
const caused = (decision: Decision): Cause[] => {
  const causes: Cause[] = [];
  causesOf(view, decision, causes);
  return causes;
};

describe('a decision makes earlier rewards doubtful', () => {
  it('when it blocks for certain, or late and does not allow; not when it allows, reviews in time, or meets a freeze that said so already', () => {
    const accountIds = [view.accountId];
    expect(caused(BLOCK)).toMatchObject([{ kind: 'block', accountIds, byPerson: false }]);
    expect(caused({ ...BLOCK, late: true })).toMatchObject([{ kind: 'late_block', accountIds }]);
    const unsure = { ...BLOCK, findings: [{ ...CONCLUSIVE, conclusive: false }] };
    expect(caused(unsure)).toEqual([]);
    expect(caused({ ...unsure, late: true })).toHaveLength(1);
    expect(caused({ ...BLOCK, reasons: ['account_frozen'] })).toEqual([]);
    expect(caused(REVIEW)).toEqual([]);
    const lateReview = { ...REVIEW, late: true };
    expect(caused(lateReview)).toMatchObject([{ kind: 'late_review', accountIds }]);
    expect(caused({ ...lateReview, findings: [{ ...FINDING, band: 'error' }] })).toEqual([]);
    expect(caused({ ...lateReview, reasons: ['appeal_open'] })).toEqual([]);
    const shadow = { ...BLOCK, findings: [{ ...CONCLUSIVE, mode: 'shadow' as const }] };
    expect(caused(shadow)).toEqual([]);
  });

  it('of everybody that a live ring names beside its own account, as far as the names are whole', () => {
    const links = `deviceId d1: ${view.accountId}, b, c; cardId c9: b, x…; …`;
    const ring: Finding = { ...FINDING, detector: 'ring', evidence: { links } };
    expect(caused({ ...REVIEW, findings: [ring] })).toMatchObject([
      { kind: 'ring', accountIds: ['b'] },
      { kind: 'ring', accountIds: ['c'] },
    ]);
    expect(caused({ ...REVIEW, findings: [{ ...ring, mode: 'shadow' }] })).toEqual([]);
  });

  it('of whoever joins the ring later, within the same hour too, and of nobody twice', () => {
    const ids = (links: string): string[] => {
      const ring: Finding = { ...FINDING, detector: 'ring', evidence: { links } };
      return caused({ ...REVIEW, findings: [ring] }).map(({ id }) => id);
    };
    const before = ids(`deviceId d1: ${view.accountId}, b`);
    const later = ids(`deviceId d1: ${view.accountId}, b, late; cardId c9: b, late`);
    expect(later).toHaveLength(2);
    expect(later).toEqual([...before, expect.stringMatching(/_late$/)]);
  });

  it('once an hour of event time and account, whatever comes within it', () => {
    const at = (atMs: number): string => {
      const causes: Cause[] = [];
      causesOf(new EventView(batchOf([{ ...EVENT!, occurredAtMs: atMs }]), 0), BLOCK, causes);
      return causes[0]!.id;
    };
    const hour = Math.ceil(EVENT!.occurredAtMs / 3_600_000) * 3_600_000;
    expect(at(hour)).toBe(at(hour + 3_599_999));
    expect(at(hour)).not.toBe(at(hour - 1));
  });
});

describe('an action, or a word', () => {
  const action: AccountAction = {
    ...{ id: 'freeze_1', kind: 'freeze', accountId: 'a', actor: 'policy', reason: 'x' },
    ...{ decisionId: 'dec_1', occurredAtMs: 5, expiresAtMs: undefined },
  };
  it('does so when it freezes, keeps frozen or clears; a person stands behind it at the event time of then', () => {
    expect(causesOfAction(action, 9)).toMatchObject({ kind: 'freeze', atMs: 5, byPerson: false });
    const own = { ...action, actor: 'li', kind: 'uphold' as const };
    expect(causesOfAction(own, 9)).toMatchObject({ kind: 'freeze', atMs: 9, byPerson: true });
    expect(causesOfAction({ ...own, kind: 'clear' }, 9)).toMatchObject({ kind: 'cleared' });
    for (const kind of ['propose', 'expire', 'unfreeze', 'appeal', 'request'] as const) {
      expect(causesOfAction({ ...action, kind }, 9)).toBeUndefined();
    }
  });

  it('that confirms, and no other', () => {
    const word = { id: '1-0', decisionId: 'dec_1', actor: 'li', reason: 'x', labelledAtMs: 1 };
    expect(causesOfLabel({ ...word, label: 'confirmed' }, 9)).toMatchObject([
      { kind: 'label', decisionId: 'dec_1', accountIds: [], byPerson: true, atMs: 9 },
    ]);
    expect(causesOfLabel({ ...word, label: 'false_positive' }, 9)).toEqual([]);
  });
});
