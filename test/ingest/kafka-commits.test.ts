import type { TopicPartitionOffset } from 'kafkajs';
import { describe, expect, it } from 'vitest';
import { KafkaCommits } from '../../pipeline/ingest/kafka-commits.ts';
import { KafkaLane } from '../../pipeline/ingest/kafka-lane.ts';

function commitsTo(commit: (offsets: TopicPartitionOffset[]) => Promise<void>): {
  commits: KafkaCommits;
  lane: KafkaLane;
  failures: unknown[];
} {
  const failures: unknown[] = [];
  const commits = new KafkaCommits({ commit, onFailure: (error) => failures.push(error) });
  const lane = new KafkaLane('payments', 0);
  lane.owned = true;
  return { commits, lane, failures };
}

describe('offsets to commit', () => {
  it('wait for every earlier batch, and batches durable together share one commit', async () => {
    const sent: string[] = [];
    const { commits, lane } = commitsTo((offsets) => {
      sent.push(...offsets.map(({ offset }) => offset));
      return Promise.resolve();
    });
    const [first, second, third] = [10, 20, 30].map((end) => commits.delivered([[lane, end]]));
    third!();
    second!();
    await commits.flush();
    expect(sent).toEqual([]);
    first!();
    await commits.flush();
    expect(sent).toEqual(['30']);
    expect(lane.durable).toBe(30);
  });

  it('that failed are kept and sent with the next, never behind a newer one', async () => {
    const sent: string[] = [];
    let away = true;
    const { commits, lane, failures } = commitsTo((offsets) => {
      if (away) return Promise.reject(new Error('away'));
      sent.push(...offsets.map(({ offset }) => offset));
      return Promise.resolve();
    });
    commits.delivered([[lane, 10]])();
    await commits.flush();
    expect(failures).toHaveLength(1);
    away = false;
    commits.delivered([[lane, 20]])();
    await commits.flush();
    expect(sent).toEqual(['20']);
  });

  it('of a partition that was revoked are not sent until it is given back', async () => {
    const sent: string[] = [];
    const { commits, lane } = commitsTo((offsets) => {
      sent.push(...offsets.map(({ offset }) => offset));
      return Promise.resolve();
    });
    const durable = commits.delivered([[lane, 10]]);
    lane.owned = false;
    durable();
    await commits.flush();
    expect(sent).toEqual([]);
    lane.owned = true;
    await commits.flush();
    expect(sent).toEqual(['10']);
  });
});
