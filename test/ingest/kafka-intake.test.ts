import type { EachBatchPayload } from 'kafkajs';
import { describe, expect, it } from 'vitest';
import { fixedClock } from '../../pipeline/clock.ts';
import { KafkaIntake } from '../../pipeline/ingest/kafka-intake.ts';

const NOW = Date.parse('2026-11-21T09:00:00Z');
const HOUR = 3_600_000;

/** When a record with this stamp of its producer counts as received, read at NOW. */
async function receivedAt(timestamp: string): Promise<number> {
  const clock = fixedClock(NOW);
  const intake = new KafkaIntake({
    clock,
    heartbeatMs: 3000,
    maxBytesPerPartition: 1_000_000,
    pause: () => undefined,
    resume: () => undefined,
    onHold: () => undefined,
  });
  intake.assign([['payments', 0]]);
  await intake.accept({
    batch: {
      topic: 'payments',
      partition: 0,
      highWatermark: '1',
      messages: [{ offset: '0', value: Buffer.from('{}'), timestamp }],
      lastOffset: () => '0',
    },
    resolveOffset: () => undefined,
    heartbeat: () => Promise.resolve(),
  } as unknown as EachBatchPayload);
  return intake.take(1)[0]!.receivedAtMs;
}

describe('a record of Kafka', () => {
  it('was received when its stamp says, however long ago: a replay gives the same answers', async () => {
    expect(await receivedAt(String(NOW - 48 * HOUR))).toBe(NOW - 48 * HOUR);
    expect(await receivedAt(String(NOW))).toBe(NOW);
  });

  it('was not received after now, whatever the clock of its producer says', async () => {
    expect(await receivedAt(String(NOW + 1))).toBe(NOW);
    expect(await receivedAt(String(Date.parse('2099-01-01T00:00:00Z')))).toBe(NOW);
  });

  it('was received now when the log has no stamps', async () => {
    expect(await receivedAt('-1')).toBe(NOW);
  });
});
