import { describe, expect, it } from 'vitest';
import type { Finding } from '../../pipeline/decide/decision.ts';
import type { ListHit } from '../../pipeline/decide/list-entry.ts';
import { decide, type PolicyInput } from '../../pipeline/decide/policy.ts';
import { FINDING } from '../record/recording.ts';

const BLOCK: Finding = { ...FINDING, band: 'block', conclusive: true };
const on = (list: ListHit['list'], entryId = '1-0.0'): ListHit => ({
  ...{ list, entryId, kind: 'accounts', value: 'a', reason: 'seen', author: 'li' },
});
const judged = (input: Partial<PolicyInput>): string => {
  const plain = { findings: [], listed: [], frozen: false, late: false };
  const { verdict, reasons } = decide({ ...plain, ...input }, { independentFindings: 2 });
  return [verdict, ...reasons].join(' ');
};

describe('a freeze that is softened', () => {
  it('sends everything to review, above the allow list, and leaves blocks on other grounds', () => {
    const softened = 'appeal_open' as const;
    expect(judged({ softened })).toBe('review appeal_open');
    expect(judged({ softened, listed: [on('allow')] })).toBe('review appeal_open allow_list');
    expect(judged({ softened, findings: [FINDING] })).toBe('review appeal_open review_finding');
    expect(judged({ softened, findings: [BLOCK] })).toBe('block conclusive_finding');
    expect(judged({ softened, listed: [on('block')] })).toBe('block block_list');
  });
});

describe('with automatic blocks stopped', () => {
  it('findings and automatic entries block nobody; what a person ordered still does', () => {
    const blockingOff = true;
    expect(judged({ blockingOff, findings: [BLOCK] })).toBe(
      'review blocking_off conclusive_finding',
    );
    expect(judged({ blockingOff, frozen: true })).toBe('block account_frozen');
    expect(judged({ blockingOff, softened: 'blocking_off' })).toBe('review blocking_off');
    expect(judged({ blockingOff, listed: [on('block')] })).toBe('block block_list');
    expect(judged({ blockingOff, listed: [on('block', 'auto_dec_e_ips')] })).toBe('allow');
    expect(judged({ blockingOff })).toBe('allow');
  });
});
