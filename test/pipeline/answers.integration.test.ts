import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { answersFrom } from '../../pipeline/answers.ts';
import { systemClock, type Clock } from '../../pipeline/clock.ts';
import type { EventOutcome } from '../../pipeline/http/outcome.ts';
import type { RecordOutcome } from '../../pipeline/outcome.ts';
import type { Analytics } from '../../pipeline/record/analytics.ts';
import { openHistory } from '../../pipeline/record/history.ts';
import type { StoredGrant } from '../../pipeline/reward/grant.ts';
import { rewardsOf } from '../../pipeline/rewards-of.ts';
import { record, REVIEW, startRecording } from '../record/recording.ts';
import { payments, SAMPLE_DAY_MS } from '../record/sample-batch.ts';
import { temporaryAnalytics, type TemporaryAnalytics } from '../support/chdb.ts';

let store: TemporaryAnalytics;
beforeAll(async () => {
  store = await temporaryAnalytics();
});
afterAll(() => store.close());
beforeEach(() => store.clear());

const EARNED: StoredGrant = {
  ...{ id: 'g', campaignId: 'bills', offerId: 'off', budgetLine: 'bills', eventId: 'e' },
  ...{ accountId: 'a', customerId: 'c', cardId: '', state: 'posted', reason: 'granted', tier: 0 },
  ...{ beneficiaryId: 'c', label: '', award: [], detail: '', deadlineMs: 0, ledgerRecord: '' },
  ...{ amountMinor: 1000, clawedBackMinor: 0, paymentMinor: 20_000, occurredAtMs: SAMPLE_DAY_MS },
  ...{ configVersion: 'c0ffee', revision: 1 },
};
const REFUND: StoredGrant = { ...EARNED, id: 'r', campaignId: '', offerId: '', state: 'rejected' };

/** However slow the machine: nothing that is waited for takes too long. */
const PATIENT: Clock = {
  ...systemClock,
  sleep: (_ms, signal) =>
    new Promise((resolve) => {
      signal?.addEventListener('abort', () => resolve(), { once: true });
    }),
};

/** The answers to given outcomes, over the record as a fresh start finds it, and how often it was asked. */
async function answers(
  outcomes: readonly RecordOutcome[],
  clock = PATIENT,
): Promise<{ readonly answers: readonly EventOutcome[]; readonly queries: number }> {
  let queries = 0;
  const query: Analytics['query'] = (sql, parameters) => {
    queries += 1;
    return store.analytics.query(sql, parameters);
  };
  const history = await openHistory({ ...store.analytics, query }, 'worker-2');
  queries = 0;
  const decide = answersFrom({
    pipeline: { decide: () => Promise.resolve([...outcomes]) },
    history,
    grantsOf: rewardsOf({ caughtUp: () => Promise.resolve(true) }, { query }),
    currencyOf: () => 'CNY',
    rewardTimeoutMs: 100,
    clock,
  });
  const given = await decide({ source: 'http', records: [] });
  const found = await Promise.all(given.map((each) => Promise.resolve(each)));
  return { answers: found, queries };
}

function repeatOf(eventId: string): RecordOutcome {
  return { kind: 'repeated', eventId, settled: Promise.resolve() };
}

describe('the answers to a batch', () => {
  it('of a thousand repeats take a few statements, not some for each', async () => {
    const { recorder } = await startRecording(store.analytics);
    const sent = payments(1000);
    for (const [n, { id }] of sent.entries()) {
      if (n % 2 === 0) recorder.addGrant({ ...EARNED, id: `g${n}`, eventId: id });
    }
    await record(recorder, sent, REVIEW);
    const found = await answers([...sent.map(({ id }) => repeatOf(id)), repeatOf('never seen')]);
    const reward = { offerId: 'off', state: 'posted', amountMinor: 1000, currency: 'CNY' };
    expect(found.answers.slice(0, 2)).toMatchObject([
      { kind: 'repeated', eventId: sent[0]!.id, verdict: 'review', rewards: [reward] },
      { kind: 'repeated', eventId: sent[1]!.id, verdict: 'review', rewards: [] },
    ]);
    expect(found.answers.filter(({ kind }) => kind === 'repeated')).toHaveLength(1000);
    expect(found.answers.at(-1)).toMatchObject({ kind: 'unavailable' });
    expect(found.queries).toBeLessThan(20);
  });

  it('tell the latest state of a reward, and the same of an event in the first answer as in the repeat', async () => {
    const { recorder } = await startRecording(store.analytics);
    const [event] = payments(1);
    const own = { eventId: event!.id };
    recorder.addGrant({ ...EARNED, ...own, state: 'held' });
    recorder.addGrant({ ...REFUND, ...own });
    await record(recorder, [event!]);
    const voided: StoredGrant = { ...EARNED, ...own, state: 'voided', revision: 2 };
    recorder.addGrant(voided);
    await recorder.flush();
    const first: RecordOutcome = {
      ...{ kind: 'decided', eventId: event!.id, decision: REVIEW },
      grants: Promise.resolve([voided, { ...REFUND, ...own }]),
    };
    const found = await answers([first, repeatOf(event!.id)]);
    const rewards = [{ offerId: 'off', state: 'voided', amountMinor: 1000, currency: 'CNY' }];
    expect(found.answers).toMatchObject([
      { kind: 'decided', rewards },
      { kind: 'repeated', rewards },
    ]);
  });

  it('name the grant, what was given and until when it must be claimed, first and repeated alike', async () => {
    const { recorder } = await startRecording(store.analytics);
    const [event] = payments(1);
    const waiting: StoredGrant = {
      ...{ ...EARNED, eventId: event!.id, state: 'awaiting_claim', reason: 'granted' },
      ...{ label: 'prize-1', award: [{ kind: 'goods', sku: 'cup' }], deadlineMs: SAMPLE_DAY_MS },
    };
    recorder.addGrant(waiting);
    await record(recorder, [event!]);
    await recorder.flush();
    const first: RecordOutcome = {
      ...{ kind: 'decided', eventId: event!.id, decision: REVIEW },
      grants: Promise.resolve([waiting]),
    };
    const reward = {
      ...{ grantId: 'g', offerId: 'off', label: 'prize-1', state: 'awaiting_claim' },
      ...{ reason: 'granted', amountMinor: 1000, currency: 'CNY' },
      ...{
        award: [{ kind: 'goods', sku: 'cup' }],
        deadline: new Date(SAMPLE_DAY_MS).toISOString(),
      },
    };
    const found = await answers([first, repeatOf(event!.id)]);
    expect(found.answers).toMatchObject([{ rewards: [reward] }, { rewards: [reward] }]);
  });

  it('say why a wish was refused, and promise no option before it is chosen', async () => {
    const { recorder } = await startRecording(store.analytics);
    const [wish, choice] = payments(2);
    const refused: StoredGrant = {
      ...{ ...REFUND, id: `choose_${wish!.id}`, eventId: wish!.id, reason: 'out_of_stock' },
    };
    const open: StoredGrant = {
      ...{ ...EARNED, eventId: choice!.id, state: 'awaiting_choice' },
      award: [{ kind: 'goods', sku: 'cup' }],
    };
    recorder.addGrant(refused);
    recorder.addGrant(open);
    await record(recorder, [wish!, choice!]);
    const found = await answers([repeatOf(wish!.id), repeatOf(choice!.id)]);
    expect(found.answers).toMatchObject([
      { rewards: [{ offerId: '', state: 'rejected', reason: 'out_of_stock' }] },
      { rewards: [{ offerId: 'off', state: 'awaiting_choice', award: [] }] },
    ]);
  });

  it('say that rewards are pending while the first answer has not settled', async () => {
    const { recorder } = await startRecording(store.analytics);
    const [event] = payments(1);
    await record(recorder, [event!]);
    const settled = new Promise<never>(() => undefined);
    const impatient: Clock = { ...systemClock, sleep: () => Promise.resolve() };
    const found = await answers([{ kind: 'repeated', eventId: event!.id, settled }], impatient);
    expect(found.answers).toMatchObject([{ kind: 'repeated', rewards: 'pending' }]);
  });
});
