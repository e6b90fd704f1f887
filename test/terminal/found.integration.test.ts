import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Decision } from '../../pipeline/decide/decision.ts';
import { whatWasFound } from '../../pipeline/terminal/found.ts';
import type { StoredGrant } from '../../pipeline/reward/grant.ts';
import { ALLOW, FINDING, record, startRecording } from '../record/recording.ts';
import { payments, SAMPLE_DAY_MS, type SampleEvent } from '../record/sample-batch.ts';
import { temporaryAnalytics, type TemporaryAnalytics } from '../support/chdb.ts';

let store: TemporaryAnalytics;
beforeAll(async () => {
  store = await temporaryAnalytics();
});
afterAll(() => store.close());
beforeEach(() => store.clear());

function grantOf(eventId: string, amountMinor: number): StoredGrant {
  return {
    ...{ id: `g_${eventId}`, campaignId: 'bills', offerId: 'off', budgetLine: 'bills', eventId },
    ...{ accountId: 'a', customerId: 'c', cardId: '', state: 'posted', reason: 'granted', tier: 0 },
    ...{ beneficiaryId: 'c', label: '', award: [], detail: '', deadlineMs: 0, ledgerRecord: '' },
    ...{ amountMinor, clawedBackMinor: 0, paymentMinor: 1, occurredAtMs: SAMPLE_DAY_MS },
    ...{ configVersion: 'c0ffee', revision: 1 },
  };
}

function blockOf(subjectValue: string): Decision {
  const finding = { ...FINDING, band: 'block', subjectValue } as const;
  return {
    verdict: 'block',
    reasons: ['conclusive_finding'],
    findings: [finding],
    listed: [],
    late: false,
  };
}

/** What one start of the worker tells after it has recorded some events. */
async function runOf(events: readonly SampleEvent[], decision: Decision): Promise<string> {
  const { history, recorder } = await startRecording(store.analytics);
  for (const { id } of events) recorder.addGrant(grantOf(id, 100));
  await record(recorder, events, decision);
  return whatWasFound(store.analytics, history.epoch);
}

describe('what was found', () => {
  it('is what this run found: an earlier one in the same folder is not told again', async () => {
    const [demo, ...own] = payments(4);
    expect(await runOf([demo!], blockOf('203.0.113.1'))).toContain('203.0.113.1');
    const told = await runOf(own, blockOf('203.0.113.2'));
    expect(told).toMatch(/block +3 /);
    expect(told).toContain('203.0.113.2');
    expect(told).not.toContain('203.0.113.1');
    expect(told).toMatch(/posted +3 +3\.00/);
    expect(await runOf([], ALLOW)).not.toMatch(/block|203\.0|posted/);
  });

  it('says of what it refused where the first stood and what was wrong, and of nothing else that there is none', async () => {
    const { history, recorder } = await startRecording(store.analytics);
    for (const [reason, fieldPath, line] of [
      ['not_json', '', 1],
      ['bad_amount', 'amount', 2],
      ['not_json', '', 3],
    ] as const) {
      recorder.addDeadLetter({
        ...{ source: 'file:ls', position: `line ${line}`, reason, fieldPath },
        ...{ message: `wrong in ${line}`, body: Buffer.from('x'), receivedAtMs: SAMPLE_DAY_MS },
      });
    }
    await record(recorder, [], ALLOW);
    const told = await whatWasFound(store.analytics, history.epoch);
    expect(told).toMatch(/Decisions\n {2}none\nWorst suspects\n {2}none\nRewards\n {2}none\n/);
    expect(told).toMatch(/Refused records.*\n.*\n +2 +not_json +file:ls line 1: wrong in 1\n/);
    expect(told).toMatch(/\n +1 +bad_amount +amount +file:ls line 2: wrong in 2\n/);
    expect(await runOf(payments(1), ALLOW)).not.toContain('Refused');
  });

  it('says why it is silent when most of the input was late', async () => {
    const [first, second, third] = payments(3);
    const late = { ...ALLOW, late: true };
    expect(await runOf([first!], ALLOW)).not.toContain('lateness');
    expect(await runOf([second!, third!], late)).toContain(
      '2 of 2 events are older than the allowed lateness behind what this data folder has already seen: use another --data folder',
    );
  });
});
