/** What the broker knows of a consumer group and its topics, read once after every join. */

import type { Admin } from 'kafkajs';

interface PartitionView {
  /** The group's committed offset, −1 when there is none. */
  readonly committed: number;
  /** The first offset still in the log, and the one after its last. */
  readonly low: number;
  readonly high: number;
}

/** Every partition of the topics by its name, `payments/3`. */
export type GroupView = ReadonlyMap<string, PartitionView>;

/** By `topic/partition`; offsets as the broker counts them, −1 where the group has committed none. */
export async function readGroup(
  admin: Admin,
  groupId: string,
  topics: readonly string[],
): Promise<GroupView> {
  const committed = new Map<string, number>();
  for (const { topic, partitions } of await admin.fetchOffsets({ groupId, topics: [...topics] })) {
    for (const { partition, offset } of partitions) {
      committed.set(`${topic}/${partition}`, Number(offset));
    }
  }
  const view = new Map<string, PartitionView>();
  for (const topic of topics) {
    for (const { partition, low, high } of await admin.fetchTopicOffsets(topic)) {
      const name = `${topic}/${partition}`;
      view.set(name, {
        committed: committed.get(name) ?? -1,
        low: Number(low),
        high: Number(high),
      });
    }
  }
  return view;
}
