/** One partition as the source sees it, and the records fetched from it. */

import { Lane } from './merge.ts';
import type { RawRecord } from './source.ts';

export class KafkaLane extends Lane<KafkaRecord> {
  readonly topic: string;
  readonly partition: number;
  /** False after the partition was revoked, until it is given back. */
  owned = false;
  /** While its fetches are suspended because too much of it is at hand. */
  paused = false;
  /** The offset the next fetch asks for; undefined until it is known. */
  next: number | undefined;
  /** The offset after the last record that went to the pipeline. */
  taken: number | undefined;
  /** The offset after the last record whose consequences are durable. */
  durable: number | undefined;
  /** The highest offset that stood at the broker or that this process sent there. */
  sent = -1;
  /** The offset after the last record in the log, as last heard. */
  high = 0;

  constructor(topic: string, partition: number) {
    super(`${topic}/${partition}`);
    this.topic = topic;
    this.partition = partition;
  }

  /** Records in the log that did not go to the pipeline yet. */
  get lag(): number {
    return Math.max(0, this.high - (this.taken ?? this.high));
  }

  /** Forgets what is at hand: it will be fetched again from where the pipeline stopped. */
  rewind(): void {
    this.clear();
    this.next = this.taken;
  }
}

export class KafkaRecord implements RawRecord {
  readonly bytes: Buffer;
  readonly receivedAtMs: number;
  readonly lane: KafkaLane;
  readonly offset: number;

  constructor(lane: KafkaLane, offset: number, bytes: Buffer, receivedAtMs: number) {
    this.lane = lane;
    this.offset = offset;
    this.bytes = bytes;
    this.receivedAtMs = receivedAtMs;
  }

  /** `payments/3/1042`; made only when somebody reads it. */
  get position(): string {
    return `${this.lane.name}/${this.offset}`;
  }
}
