import { readdirSync } from 'node:fs';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { migrate, statementsOf } from '../../pipeline/record/migrate.ts';
import { RowBuffers } from '../../pipeline/record/row-buffers.ts';
import { progress } from '../../pipeline/record/tables/progress.ts';
import { temporaryAnalytics, type TemporaryAnalytics } from '../support/chdb.ts';
import { AWKWARD, FINDING, META, record, REVIEW, startRecording } from './recording.ts';
import { payments, SAMPLE_DAY_MS, type SampleEvent } from './sample-batch.ts';

const MIGRATIONS = readdirSync(
  new URL('../../pipeline/record/migrations/', import.meta.url),
).sort();

let store: TemporaryAnalytics;
beforeAll(async () => {
  store = await temporaryAnalytics();
});
afterAll(() => store.close());
beforeEach(() => store.clear());

describe('the schema', () => {
  it('is brought up to date once; a second time changes nothing', async () => {
    const shape = `SELECT name, create_table_query AS ddl FROM system.tables
      WHERE database = currentDatabase() ORDER BY name`;
    const before = await store.analytics.query(shape);
    expect(await migrate(store.analytics)).toEqual([]);
    expect(await store.analytics.query(shape)).toEqual(before);
    const applied = await store.analytics.query(
      'SELECT version, name FROM schema_migrations ORDER BY version',
    );
    expect(applied).toEqual(
      MIGRATIONS.map((name) => ({ version: Number(name.slice(0, 4)), name })),
    );
  });

  it('can be applied again over itself after a crash in the middle', async () => {
    await store.analytics.command('TRUNCATE TABLE schema_migrations');
    await record((await startRecording(store.analytics)).recorder, payments(3));
    expect(await migrate(store.analytics)).toEqual(MIGRATIONS);
    expect(await store.analytics.query('SELECT count() AS n FROM events')).toEqual([{ n: 3 }]);
  });

  it('has exactly the columns that the code writes', async () => {
    const tables = [...new RowBuffers().tables.map(({ table }) => table), progress];
    for (const { name, columns } of tables) {
      const rows = await store.analytics.query<{ name: string }>(
        'SELECT name FROM system.columns WHERE database = currentDatabase() AND table = {name:String}',
        { name },
      );
      expect([name, new Set(rows.map((row) => row.name))]).toEqual([name, new Set(columns)]);
    }
  });

  it('is cut into statements without comments', () => {
    const sql = `-- one; two\nCREATE TABLE a (x String DEFAULT ';');\n\nSELECT 1;\n-- end\n`;
    expect(statementsOf(sql)).toEqual([`CREATE TABLE a (x String DEFAULT ';')`, 'SELECT 1']);
  });
});

describe('rows of events', () => {
  const whole: SampleEvent = {
    id: AWKWARD,
    type: 'instalment',
    accountId: AWKWARD,
    customerId: AWKWARD,
    cardId: AWKWARD,
    deviceId: AWKWARD,
    ip: AWKWARD,
    merchantId: AWKWARD,
    category: AWKWARD,
    channel: AWKWARD,
    instrument: AWKWARD,
    currency: AWKWARD,
    refundOf: AWKWARD,
    city: AWKWARD,
    attributes: AWKWARD,
    label: AWKWARD,
    occurredAtMs: Date.parse('2000-01-01T00:00:00.001Z'),
    receivedAtMs: Date.parse('2105-12-31T23:59:59.999Z'),
    amountMinor: Number.MAX_SAFE_INTEGER,
    terms: -(2 ** 31),
    latitude: -89.123_456_789_012,
    longitude: 5e-324,
    bodyHash: -(2 ** 31),
    late: true,
  };

  it('come back as they went in, with any character and at the ends of every range', async () => {
    const { recorder } = await startRecording(store.analytics);
    await record(recorder, [whole]);
    const [row] = await store.analytics.query<Record<string, unknown>>('SELECT * FROM events');
    const texts = ['event_id', 'account_id', 'customer_id', 'card_id', 'device_id', 'ip'];
    texts.push('merchant_id', 'category', 'channel', 'instrument', 'currency', 'refund_of');
    texts.push('city', 'attributes', 'label');
    for (const name of texts) expect([name, row![name]]).toEqual([name, AWKWARD]);
    expect(row).toMatchObject({
      type: 'instalment',
      occurred_at: '2000-01-01 00:00:00.001',
      received_at: '2105-12-31 23:59:59.999',
      amount_minor: Number.MAX_SAFE_INTEGER,
      terms: -(2 ** 31),
      latitude: whole.latitude,
      longitude: whole.longitude,
      body_hash: -(2 ** 31),
      late: true,
      source: META.source,
      arrival: 2 ** 38 + 1,
    });
  });

  it('keep what is absent apart from what is zero', async () => {
    const { recorder } = await startRecording(store.analytics);
    const bare = { id: 'bare', accountId: 'a', occurredAtMs: SAMPLE_DAY_MS };
    await record(recorder, [
      bare,
      { ...bare, id: 'zero', amountMinor: 0, terms: 0, latitude: 0, longitude: 0 },
    ]);
    const rows = await store.analytics.query(
      'SELECT amount_minor, terms, latitude, longitude, card_id FROM events ORDER BY event_id',
    );
    expect(rows).toEqual([
      { amount_minor: null, terms: null, latitude: null, longitude: null, card_id: '' },
      { amount_minor: 0, terms: 0, latitude: 0, longitude: 0, card_id: '' },
    ]);
  });

  it('of twelve years go in with one insert, though each month is a partition', async () => {
    const { recorder } = await startRecording(store.analytics);
    const months = Array.from({ length: 144 }, (_, month) => ({
      id: `m${month}`,
      accountId: 'a',
      occurredAtMs: Date.UTC(2014, month, 15),
    }));
    await record(recorder, months);
    const rows = await store.analytics.query(
      'SELECT uniqExact(toYYYYMM(occurred_at)) AS months, count() AS n FROM events',
    );
    expect(rows).toEqual([{ months: 144, n: 144 }]);
  });

  it('carry the decision and every finding, shadow ones too', async () => {
    const { recorder } = await startRecording(store.analytics);
    await record(recorder, [{ ...whole, id: 'e-1', late: false }], REVIEW);
    expect(
      await store.analytics.query(
        `SELECT decision_id, verdict, reasons, detectors, amount_minor, latency_us FROM decisions`,
      ),
    ).toEqual([
      {
        decision_id: 'dec_e-1',
        verdict: 'review',
        reasons: ['review_finding'],
        detectors: ['same-ip'],
        amount_minor: Number.MAX_SAFE_INTEGER,
        latency_us: 250,
      },
    ]);
    const findings = await store.analytics.query<{ evidence: string }>(
      `SELECT detector, mode, band, conclusive, measure, threshold, window_ms, subject_value, evidence
       FROM findings ORDER BY detector`,
    );
    expect(
      findings.map((row) => ({ ...row, evidence: JSON.parse(row.evidence) as unknown })),
    ).toEqual(
      ['many-cards', 'same-ip'].map((detector) => ({
        detector,
        mode: detector === 'many-cards' ? 'shadow' : 'live',
        band: 'review',
        conclusive: false,
        measure: 7,
        threshold: 5,
        window_ms: 600_000,
        subject_value: '203.0.113.9',
        evidence: FINDING.evidence,
      })),
    );
  });
});
