/**
 * Kafka as a source: a consumer group whose offsets are committed last. Only what the pipeline called
 * durable is committed, so whatever happens in between is delivered again.
 *
 * Windows live in this process's memory, so the group must have exactly one member: a second one is
 * refused, and a worker that finds its partitions were read by another while it was stopped ends, so that
 * it is restored from the record.
 */

import type { Admin, Consumer, ConsumerGroupJoinEvent } from 'kafkajs';
import type { Clock } from '../clock.ts';
import { Failure, messageOf } from '../failure.ts';
import type { Metrics } from '../telemetry.ts';
import { explain, KafkaClients, type KafkaConnection } from './kafka.ts';
import { KafkaCommits } from './kafka-commits.ts';
import { readGroup, type GroupView } from './kafka-group.ts';
import { KafkaIntake } from './kafka-intake.ts';
import type { KafkaLane, KafkaRecord } from './kafka-lane.ts';
import type { Deliver, Source } from './source.ts';

export interface KafkaSourceOptions extends KafkaConnection {
  readonly clock: Clock;
  readonly metrics: Pick<Metrics, 'paused' | 'sourceUp'>;
}

/** Records of one delivery: large enough to share costs, small enough to answer soon. */
const DELIVERY_RECORDS = 1024;
/** How long each step of `close` may take when Kafka is away. */
const CLOSE_STEP_MS = 4000;
const RETRY_MS = 500;

export class KafkaSource implements Source {
  readonly name: string;
  readonly #options: KafkaSourceOptions;
  readonly #clients: KafkaClients;
  readonly #intake: KafkaIntake;
  readonly #commits: KafkaCommits;
  readonly #stopping = new AbortController();
  #admin: Admin | undefined;
  #consumer: Consumer | undefined;
  #failure: Failure | undefined;
  /** Counts joins: what was asked after an earlier one is void. */
  #generation = 0;
  /** True while every partition is this member's and its position is known. */
  #ready = false;
  #up = true;

  /** Connects to nothing yet. @throws Failure on a configuration that cannot work. */
  constructor(options: KafkaSourceOptions) {
    const { config, clock, log, metrics } = options;
    this.#options = options;
    this.name = `kafka:${config.topics.join('+')}`;
    this.#clients = new KafkaClients({ ...options, onTrouble: (why) => this.#isUp(false, why) });
    this.#intake = new KafkaIntake({
      clock,
      heartbeatMs: config.heartbeatMs,
      maxBytesPerPartition: config.maxBytesPerPartition,
      pause: (lane) => this.#consumer?.pause([partitionsOf(lane)]),
      resume: (lane) => this.#consumer?.resume([partitionsOf(lane)]),
      onHold: (holding) => metrics.paused.set(holding ? 1 : 0),
    });
    this.#commits = new KafkaCommits({
      commit: async (offsets) => this.#consumer?.commitOffsets(offsets),
      onFailure: (error) =>
        log.warn({ error: messageOf(error) }, 'a commit to Kafka failed; it is tried again'),
    });
  }

  /**
   * Joins the group and delivers until the signal aborts or the process must stop. Resolves with no
   * delivery under way, but still a member of the group: offsets can be committed until `close`.
   * @throws Failure when Kafka cannot be reached at the start, or the group cannot be this worker's alone.
   */
  async run(deliver: Deliver, signal: AbortSignal): Promise<void> {
    const wake = (): void => this.#intake.wake();
    signal.addEventListener('abort', wake);
    try {
      await this.#open();
      while (!signal.aborted) {
        if (this.#failure !== undefined) throw this.#failure;
        const records = this.#ready ? this.#intake.take(DELIVERY_RECORDS) : [];
        if (records.length === 0) await this.#intake.wait();
        else await deliver({ source: this.name, records, onDurable: this.#note(records) });
      }
    } catch (error) {
      // Nothing will be committed any more: leaving at once spares the group a wait for this member.
      await this.close();
      throw error;
    } finally {
      signal.removeEventListener('abort', wake);
      this.#stop();
    }
  }

  /** Records in the assigned partitions that did not go to the pipeline yet, as last heard. */
  lag(): number {
    let lag = 0;
    for (const lane of this.#intake.lanes) lag += lane.lag;
    return lag;
  }

  /** Commits what is durable and leaves the group, within a bounded time even when Kafka is away. */
  async close(): Promise<void> {
    this.#stop();
    await this.#within(this.#commits.flush());
    const consumer = this.#consumer;
    const admin = this.#admin;
    this.#consumer = undefined;
    this.#admin = undefined;
    if (consumer !== undefined) await this.#within(consumer.disconnect());
    if (admin !== undefined) await this.#within(admin.disconnect());
  }

  async #open(): Promise<void> {
    const { config, log } = this.#options;
    const topics = [...config.topics];
    const admin = await this.#clients.connectedAdmin(topics);
    const consumer = this.#clients.consumer(() => !this.#stopping.signal.aborted);
    this.#admin = admin;
    this.#consumer = consumer;
    this.#listen(consumer, admin);
    try {
      await consumer.connect();
      await consumer.subscribe({ topics, fromBeginning: config.fromBeginning });
      const metadata = await admin.fetchTopicMetadata({ topics });
      const partitions = metadata.topics.reduce((sum, topic) => sum + topic.partitions.length, 0);
      log.info({ groupId: config.groupId, topics, partitions }, 'joining the consumer group');
      // Settles after the first join, which may wait for a dead member's session to end: events tell of it.
      const joined = consumer.run({
        autoCommit: false,
        eachBatchAutoResolve: false,
        partitionsConsumedConcurrently: partitions,
        eachBatch: (payload) => {
          this.#isUp(true);
          return this.#intake.accept(payload);
        },
      });
      joined.catch((error: unknown) => this.#end(error));
    } catch (error) {
      throw explain(error, this.#clients.brokers);
    }
  }

  #listen(consumer: Consumer, admin: Admin): void {
    const { log } = this.#options;
    consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => {
      this.#onJoin(consumer, admin, payload);
    });
    consumer.on(consumer.events.REBALANCING, () => {
      log.info('the consumer group rebalances');
      void this.#commits.flush();
    });
    consumer.on(consumer.events.HEARTBEAT, () => {
      this.#isUp(true);
      void this.#commits.flush();
    });
    consumer.on(consumer.events.CRASH, ({ payload }) => {
      if (payload.restart) this.#isUp(false, messageOf(payload.error));
      else this.#end(payload.error);
    });
  }

  /** Synchronous, so that the next fetch already asks for the right offsets. */
  #onJoin(consumer: Consumer, admin: Admin, join: ConsumerGroupJoinEvent['payload']): void {
    this.#ready = false;
    this.#generation += 1;
    this.#isUp(true);
    const assigned = Object.entries(join.memberAssignment).flatMap(([topic, partitions]) =>
      partitions.map((partition) => [topic, partition] as const),
    );
    this.#intake.assign(assigned);
    for (const lane of this.#intake.lanes) {
      if (!lane.owned) continue;
      const at = partitionsOf(lane);
      if (this.#stopping.signal.aborted) consumer.pause([at]);
      else consumer.resume([at]);
      if (lane.next !== undefined) {
        consumer.seek({ topic: lane.topic, partition: lane.partition, offset: `${lane.next}` });
      }
    }
    this.#own(admin, join.isLeader, this.#generation).catch((error: unknown) => this.#end(error));
  }

  /** Lets deliveries begin once the broker confirms that the group is this member's alone. */
  async #own(admin: Admin, isLeader: boolean, generation: number): Promise<void> {
    const { config, clock, log } = this.#options;
    const patientUntil = clock.monotonic() + 2 * config.sessionTimeoutMs;
    const isCurrent = (): boolean =>
      generation === this.#generation && !this.#stopping.signal.aborted;
    while (isCurrent()) {
      try {
        // A group keeps its leader while others come: whoever is not the leader came second.
        if (!isLeader || clock.monotonic() > patientUntil) throw this.#notAlone();
        const group = await readGroup(admin, config.groupId, config.topics);
        if (!isCurrent()) return;
        if (this.#ownsAll(group)) {
          this.#begin(group);
          return;
        }
        log.warn({ groupId: config.groupId }, 'another member joined: waiting until it has left');
      } catch (error) {
        if (error instanceof Failure) throw error;
        this.#isUp(false, messageOf(error));
      }
      await clock.sleep(RETRY_MS, this.#stopping.signal);
    }
  }

  #ownsAll(group: GroupView): boolean {
    return [...group.keys()].every((name) => this.#intake.lane(name)?.owned === true);
  }

  #begin(group: GroupView): void {
    const { config, log } = this.#options;
    for (const [name, { committed, low, high }] of group) {
      const lane = this.#intake.lane(name)!;
      if (lane.sent >= 0 && committed > lane.sent) {
        throw new Failure(
          `${name} was read by another member of group ${config.groupId} while this worker was away: start it again, so that its windows are restored`,
        );
      }
      if (committed >= 0 && committed < low) {
        log.error({ name, from: committed, to: low }, 'records expired before they were read');
      }
      const start = committed >= 0 ? committed : config.fromBeginning ? low : high;
      lane.taken ??= start;
      lane.next ??= start;
      lane.high = Math.max(lane.high, high);
      lane.awaiting = lane.next < lane.high;
      lane.sent = Math.max(lane.sent, committed);
      // Without a committed offset, a crash before the first commit would start later than this run did.
      const due = lane.durable ?? (config.fromBeginning ? -1 : lane.taken);
      if (due > committed) this.#commits.add(lane, due);
    }
    log.info({ groupId: config.groupId, lag: this.lag() }, 'reading from Kafka');
    this.#ready = true;
    this.#intake.wake();
  }

  #notAlone(): Failure {
    const { groupId } = this.#options.config;
    return new Failure(
      `another consumer is in group ${groupId}: windows are kept in a worker's memory, so a group has one worker; stop the other, or set kafka.groupId`,
    );
  }

  #note(records: readonly KafkaRecord[]): () => void {
    const ends = new Map<KafkaLane, number>();
    for (const { lane } of records) ends.set(lane, lane.taken!);
    return this.#commits.delivered([...ends]);
  }

  #isUp(up: boolean, why = ''): void {
    if (up === this.#up || this.#stopping.signal.aborted) return;
    this.#up = up;
    const { log, metrics } = this.#options;
    metrics.sourceUp.set({ source: this.name }, up ? 1 : 0);
    if (up) log.info({ source: this.name }, 'Kafka is back');
    else log.warn({ source: this.name, why }, 'Kafka is away; trying until it is back');
  }

  #end(error: unknown): void {
    this.#failure ??= explain(error, this.#clients.brokers);
    this.#intake.wake();
  }

  /** Fetches no more, and stays in the group. */
  #stop(): void {
    if (this.#stopping.signal.aborted) return;
    this.#stopping.abort();
    this.#intake.stop();
    try {
      for (const lane of this.#intake.lanes) {
        if (lane.owned) this.#consumer?.pause([partitionsOf(lane)]);
      }
    } catch {
      // A consumer that is between two lives fetches nothing.
    }
  }

  async #within(step: Promise<unknown>): Promise<void> {
    const done = new AbortController();
    const bounded = this.#options.clock.sleep(CLOSE_STEP_MS, done.signal);
    const settled = step.catch((error: unknown) => {
      this.#options.log.warn({ error: messageOf(error) }, 'Kafka did not part in order');
    });
    await Promise.race([settled, bounded]);
    done.abort();
  }
}

function partitionsOf(lane: KafkaLane): { topic: string; partitions: number[] } {
  return { topic: lane.topic, partitions: [lane.partition] };
}
