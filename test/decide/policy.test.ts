import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decide } from '../../pipeline/decide/policy.ts';
import type { Finding } from '../../pipeline/decide/decision.ts';
import type { ListHit, ListName } from '../../pipeline/decide/list-entry.ts';

const finding = (overrides: Partial<Finding> = {}): Finding => ({
  detector: 'same-device',
  mode: 'live',
  band: 'block',
  conclusive: false,
  measure: 5,
  threshold: 3,
  unit: 'accounts',
  windowMs: 86_400_000,
  subject: 'deviceId',
  subjectValue: 'd-1',
  evidence: {},
  ...overrides,
});
const on = (...lists: ListName[]): ListHit[] =>
  lists.map((list) => ({
    list,
    kind: 'devices',
    value: 'd-1',
    reason: 'chargeback ring',
    author: 'li.wei',
    entryId: '1-0.0',
  }));
const quiet = { findings: [], listed: [], frozen: false, late: false } as const;
const settings = { independentFindings: 2 };

describe('the policy', () => {
  it('allows when nothing speaks against it', () => {
    expect(decide(quiet, settings)).toEqual({
      verdict: 'allow',
      reasons: [],
      findings: [],
      listed: [],
      late: false,
    });
  });

  it.each([
    [
      'block list over everything',
      { listed: on('block', 'allow', 'watch'), frozen: true },
      'block',
      'block_list',
    ],
    [
      'a freeze over the allow list',
      { listed: on('allow'), frozen: true },
      'block',
      'account_frozen',
    ],
    [
      'the allow list over findings',
      { listed: on('allow', 'watch'), findings: [finding({ conclusive: true })] },
      'allow',
      'allow_list',
    ],
    [
      'one conclusive block',
      { findings: [finding({ conclusive: true })] },
      'block',
      'conclusive_finding',
    ],
    [
      'the allow list over a rule that failed',
      { listed: on('allow'), findings: [finding({ band: 'error' })] },
      'allow',
      'allow_list',
    ],
    [
      'a rule that failed: nobody knows what it would have said',
      { findings: [finding({ band: 'error' })] },
      'review',
      'rule_error',
    ],
    [
      'two block findings about different subjects',
      { findings: [finding(), finding({ detector: 'same-ip', subject: 'ip' })] },
      'block',
      'independent_findings',
    ],
    [
      'two block findings about one subject only as a review',
      { findings: [finding(), finding({ detector: 'many-cards' })] },
      'review',
      'single_finding',
    ],
    ['one block finding only as a review', { findings: [finding()] }, 'review', 'single_finding'],
    ['a review finding', { findings: [finding({ band: 'review' })] }, 'review', 'review_finding'],
  ] as const)('puts %s', (_, input, verdict, reason) => {
    const decision = decide({ ...quiet, ...input }, settings);
    expect([decision.verdict, decision.reasons]).toEqual([verdict, [reason]]);
  });

  it('never lets a shadow finding act, whatever it says and whatever stands beside it', () => {
    const anyFinding = fc.record({
      band: fc.constantFrom('review' as const, 'block' as const, 'error' as const),
      conclusive: fc.boolean(),
      subject: fc.constantFrom('ip', 'deviceId', 'accountId'),
      mode: fc.constantFrom('live' as const, 'shadow' as const),
    });
    fc.assert(
      fc.property(
        fc.array(anyFinding),
        fc.boolean(),
        fc.subarray(['block', 'allow', 'watch'] as ListName[]),
        (parts, frozen, lists) => {
          const listed = on(...lists);
          const findings = parts.map((part) => finding(part));
          const withShadow = decide({ findings, listed, frozen, late: false }, settings);
          const without = decide(
            {
              findings: findings.filter((each) => each.mode === 'live'),
              listed,
              frozen,
              late: false,
            },
            settings,
          );
          expect(withShadow.verdict).toBe(without.verdict);
          expect(withShadow.reasons).toEqual(without.reasons);
          expect(withShadow.findings).toHaveLength(findings.length);
        },
      ),
    );
  });

  it('says that a rule failed beside what the others found', () => {
    const failed = finding({ detector: 'some-rule', band: 'error' });
    const beside = (other: Finding): unknown => {
      const { verdict, reasons } = decide({ ...quiet, findings: [failed, other] }, settings);
      return [verdict, reasons];
    };
    expect(beside(finding({ conclusive: true }))).toEqual([
      'block',
      ['conclusive_finding', 'rule_error'],
    ]);
    expect(beside(finding())).toEqual(['review', ['single_finding', 'rule_error']]);
  });

  it('sends what is watched to review and blocks nothing for it', () => {
    const decision = decide({ ...quiet, listed: on('watch') }, settings);
    expect([decision.verdict, decision.reasons]).toEqual(['review', ['watch_list']]);
    const beside = decide({ ...quiet, listed: on('watch'), findings: [finding()] }, settings);
    expect([beside.verdict, beside.reasons]).toEqual(['review', ['single_finding', 'watch_list']]);
  });

  it('keeps every entry that was met with the decision, also one that did not decide', () => {
    const listed = on('allow', 'watch');
    expect(decide({ ...quiet, listed }, settings)).toMatchObject({ verdict: 'allow', listed });
  });

  it('takes 1 independent finding as a limit like any other', () => {
    expect(decide({ ...quiet, findings: [finding()] }, { independentFindings: 1 }).verdict).toBe(
      'block',
    );
  });
});
