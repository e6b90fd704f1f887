import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { temporaryAnalytics, type TemporaryAnalytics } from '../support/chdb.ts';
import { AWKWARD, startRecording } from './recording.ts';
import { SAMPLE_DAY_MS } from './sample-batch.ts';

let store: TemporaryAnalytics;
beforeAll(async () => {
  store = await temporaryAnalytics();
});
afterAll(() => store.close());
beforeEach(() => store.clear());

describe('rows of effects', () => {
  it('come back as they went in', async () => {
    const { recorder } = await startRecording(store.analytics);
    recorder.addGrant({
      id: 'g1',
      campaignId: 'spring',
      offerId: 'friday',
      budgetLine: 'spring/cards',
      eventId: 'e1',
      accountId: 'a1',
      customerId: AWKWARD,
      cardId: '',
      ...{ beneficiaryId: 'c', label: '', award: [], detail: '', deadlineMs: 0, ledgerRecord: '' },
      state: 'clawed_back',
      reason: 'refunded',
      tier: -1,
      amountMinor: 2000,
      clawedBackMinor: 2000,
      paymentMinor: 20_000,
      occurredAtMs: SAMPLE_DAY_MS,
      configVersion: 'c0ffee',
      revision: 9,
    });
    recorder.addLedgerEntry({
      sequence: 5,
      operation: 'claw_back',
      operationId: 'op5',
      grantId: 'g1',
      campaignId: 'spring',
      account: 'budget:spring',
      postedDelta: -2000,
      pendingDelta: -Number.MAX_SAFE_INTEGER,
      leg: 65_535,
      occurredAtMs: SAMPLE_DAY_MS,
    });
    recorder.addBalances([
      { account: 'a', campaignId: 'spring', limit: undefined, posted: -1, pending: 2, sequence: 5 },
      { account: 'b', campaignId: 'spring', limit: 0, posted: 0, pending: 0, sequence: 5 },
    ]);
    recorder.addConfigVersion({
      version: 'c0ffee',
      files: { 'detectors.yaml': AWKWARD, 'lists/block.yaml': '' },
      activatedAtMs: SAMPLE_DAY_MS,
    });
    await recorder.flush();
    expect(
      await store.analytics.query(
        'SELECT state, tier, customer_id, clawed_back_minor, revision FROM grants FINAL',
      ),
    ).toEqual([
      {
        state: 'clawed_back',
        tier: -1,
        customer_id: AWKWARD,
        clawed_back_minor: 2000,
        revision: 9,
      },
    ]);
    expect(
      await store.analytics.query('SELECT posted_delta, pending_delta, leg FROM ledger_entries'),
    ).toEqual([{ posted_delta: -2000, pending_delta: -Number.MAX_SAFE_INTEGER, leg: 65_535 }]);
    expect(
      await store.analytics.query(
        'SELECT limit_value, posted FROM ledger_balances ORDER BY account',
      ),
    ).toEqual([
      { limit_value: null, posted: -1 },
      { limit_value: 0, posted: 0 },
    ]);
    expect(await store.analytics.query('SELECT files FROM config_versions')).toEqual([
      { files: { 'detectors.yaml': AWKWARD, 'lists/block.yaml': '' } },
    ]);
  });

  it('keep a refused record byte for byte, even when it is not UTF-8', async () => {
    const { recorder } = await startRecording(store.analytics);
    const body = Buffer.from([0x7b, 0xff, 0x00, 0xfe, 0x0a, 0x09]);
    recorder.addDeadLetter({
      source: 'kafka:payments/3',
      position: '1042',
      reason: 'not_utf8',
      fieldPath: '',
      message: AWKWARD,
      body,
      receivedAtMs: SAMPLE_DAY_MS,
    });
    await recorder.flush();
    expect(
      await store.analytics.query('SELECT position, message, hex(body) AS body FROM dead_letters'),
    ).toEqual([{ position: '1042', message: AWKWARD, body: body.toString('hex').toUpperCase() }]);
  });

  it('keep the running figures and the label under its event', async () => {
    const { recorder } = await startRecording(store.analytics);
    recorder.addStats({
      events: 1e12,
      decisions: 3,
      duplicates: 0,
      lateEvents: 0,
      deadLetters: 0,
      lag: 17,
      latencyP50Us: 99.6,
      latencyP99Us: 3_600_000_000 * 3,
      queueWaiting: 0,
      queueFailed: 0,
      journalWaiting: 4,
      windowKeys: 5,
      windowBytes: 2 ** 40,
      paused: true,
      secondsSinceFinding: 0.5,
      drifting: ['same-ip'],
      configRefused: '',
      warming: [],
      configVersion: 'c0ffee',
    });
    recorder.addLabel({
      id: '7-0',
      decisionId: 'dec_e-1',
      label: 'false_positive',
      actor: 'analyst',
      reason: AWKWARD,
      labelledAtMs: SAMPLE_DAY_MS,
    });
    await recorder.flush();
    expect(
      await store.analytics.query(
        'SELECT worker, events, lag, latency_p50_us, latency_p99_us, journal_waiting, window_bytes, paused FROM pipeline_stats',
      ),
    ).toEqual([
      {
        worker: 'worker-1',
        events: 1e12,
        lag: 17,
        latency_p50_us: 100,
        latency_p99_us: 2 ** 32 - 1,
        journal_waiting: 4,
        window_bytes: 2 ** 40,
        paused: true,
      },
    ]);
    expect(await store.analytics.query('SELECT event_id, label, reason FROM labels')).toEqual([
      { event_id: 'e-1', label: 'false_positive', reason: AWKWARD },
    ]);
  });

  it('keep two refused records of one source and position apart, and a repeated one once', async () => {
    const letter = {
      source: 'file:events.ndjson',
      position: '3',
      reason: 'not_json',
      fieldPath: '',
      message: 'not JSON',
      receivedAtMs: SAMPLE_DAY_MS,
    } as const;
    const monday = { ...letter, body: Buffer.from('{"id":"monday"') };
    const tuesday = { ...letter, body: Buffer.from('{"id":"tuesday"') };
    for (const letters of [[monday], [monday, tuesday]]) {
      const { recorder } = await startRecording(store.analytics);
      for (const each of letters) recorder.addDeadLetter(each);
      await recorder.flush();
    }
    expect(
      await store.analytics.query('SELECT body FROM dead_letters FINAL ORDER BY body'),
    ).toEqual([{ body: '{"id":"monday"' }, { body: '{"id":"tuesday"' }]);
  });

  it('keep every word said on a decision, and a replayed one once', async () => {
    const said = { decisionId: 'dec_e-1', reason: 'r', labelledAtMs: SAMPLE_DAY_MS } as const;
    const first = { ...said, id: '1-0', label: 'confirmed', actor: 'li' } as const;
    const second = { ...said, id: '2-0', label: 'false_positive', actor: 'wei' } as const;
    for (const words of [[first], [first, second]]) {
      const { recorder } = await startRecording(store.analytics);
      for (const word of words) recorder.addLabel(word);
      await recorder.flush();
    }
    expect(
      await store.analytics.query('SELECT actor, label FROM labels FINAL ORDER BY arrival'),
    ).toEqual([
      { actor: 'li', label: 'confirmed' },
      { actor: 'wei', label: 'false_positive' },
    ]);
  });
});
