/** Delivering joined up: from the ledger's journal to the systems that give, and from there into the record. */

import type { Environment } from '../config/environment.ts';
import type { LoadedConfig } from '../config/load.ts';
import type { SystemConfig } from '../config/schema.ts';
import { Deliveries, type DeliveryRecord } from './act/deliveries.ts';
import type { Delivery } from './act/delivery.ts';
import { DeliveryQueue } from './act/delivery-queue.ts';
import { deliveriesOf } from './act/given.ts';
import { offerTerms } from './act/offer-terms.ts';
import { signingKeys, type SigningKey } from './act/signature.ts';
import type { Clock } from './clock.ts';
import { DeliveryDrain } from './delivery-drain.ts';
import { Stopped } from './failure.ts';
import type { Lifecycle } from './lifecycle.ts';
import { patiently } from './patience.ts';
import { recordedDeliveries } from './record/delivery-history.ts';
import type { Recorder } from './record/recorder.ts';
import type { JournalEntry } from './reward/journal.ts';
import { isUnavailable } from './reward/redis.ts';
import type { Stores } from './stores.ts';
import type { Logger, Metrics } from './telemetry.ts';

export interface DeliveringOptions {
  readonly config: Pick<LoadedConfig, 'campaigns'> & {
    readonly system: Pick<SystemConfig, 'delivery'>;
  };
  readonly environment: Pick<Environment, 'deliveryKeys'>;
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: Metrics;
  readonly lifecycle: Lifecycle;
}

export interface Delivering {
  /** What entries of the journal give, as it first goes on record. */
  readonly recordsOf: (entries: readonly JournalEntry[]) => readonly DeliveryRecord[];
  /** Takes in what entries of the journal give; repeating it changes nothing. @throws what Redis says when it is away. */
  readonly take: (entries: readonly JournalEntry[]) => Promise<void>;
  /**
   * Starts sending; before it, deliveries wait.
   * @param lost Redis has lost something: what is on record is taken back in.
   * @throws Stopped
   */
  readonly start: (lost: boolean) => Promise<void>;
}

/**
 * The key that signs; undefined while nothing is configured to be sent.
 * @throws Failure (exit code 2) when keys are missing or unusable.
 */
export function deliveryKey({
  config,
  environment,
}: Pick<DeliveringOptions, 'config' | 'environment'>): SigningKey | undefined {
  const { endpoints } = config.system.delivery;
  const isSending = Object.values(endpoints).some((endpoint) => endpoint !== undefined);
  if (!isSending && environment.deliveryKeys === undefined) return undefined;
  return signingKeys(environment.deliveryKeys)[0];
}

/** @throws Failure as `deliveryKey`. */
export function openDelivering(
  options: DeliveringOptions,
  { redis, analytics }: Pick<Stores, 'redis' | 'analytics'>,
  recorder: Recorder,
): Delivering {
  const { config, clock, log, metrics, lifecycle } = options;
  const settings = config.system.delivery;
  const key = deliveryKey(options);
  const queue = new DeliveryQueue({ redis, settings, key, clock, log });
  const connection = redis.connect('effects');
  lifecycle.onClose('deliveries connection', () => connection.disconnect());
  const deliveries = new Deliveries(connection);
  const fail = (error: unknown): void => lifecycle.fail(error);
  const drain = new DeliveryDrain({ deliveries, recorder, clock, log, metrics, fail });
  // What the last answers changed is drained after the queue has closed.
  lifecycle.onClose('deliveries on record', () => drain.close());
  lifecycle.onClose('deliveries', () => queue.close());
  const termsOf = offerTerms(config.campaigns);
  const patience = { isTransient: isUnavailable, signal: lifecycle.signal, clock, log };
  const restore = async (lost: boolean): Promise<void> => {
    if (!lost && (await deliveries.isComplete())) return;
    for await (const page of recordedDeliveries(analytics)) await deliveries.place(page);
    await deliveries.markComplete();
  };
  const given = (entries: readonly JournalEntry[]): Delivery[] =>
    entries.flatMap((entry) => deliveriesOf(entry, termsOf));
  return {
    recordsOf: (entries) => queue.newRecords(given(entries)),
    take: (entries) => queue.enqueue(given(entries)),
    start: async (lost) => {
      await patiently('the ledger of deliveries', () => restore(lost), patience);
      drain.start();
      // However many wait, the worker does not wait for them.
      patiently('sending what waits to be delivered', () => queue.start(), patience).catch(
        (error: unknown) => {
          if (!(error instanceof Stopped)) fail(error);
        },
      );
    },
  };
}
