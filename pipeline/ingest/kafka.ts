/**
 * The one door to kafkajs: clients made from the configuration, its log led into ours, its errors
 * told as lines that a person can act on, and its busy wait stilled.
 */

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { Kafka, logLevel, Partitioners } from 'kafkajs';
import type { Consumer, Admin, KafkaConfig, LogEntry, Producer, SASLOptions } from 'kafkajs';
import type { Environment } from '../../config/environment.ts';
import type { SystemConfig } from '../../config/schema.ts';
import { Failure, messageOf } from '../failure.ts';
import type { Logger } from '../telemetry.ts';

export type KafkaSection = SystemConfig['kafka'];

export interface KafkaConnection {
  readonly config: KafkaSection;
  readonly environment: Pick<Environment, 'kafkaBrokers' | 'kafkaUsername' | 'kafkaPassword'>;
  readonly log: Logger;
  /** Told what kafkajs reports while it tries again. */
  readonly onTrouble?: (message: string) => void;
}

/** Attempts at one request before kafkajs starts over; about six seconds together. */
const RETRIES = 4;
const CONNECT_TIMEOUT_MS = 3000;
/** A fetch waits this long at the broker for the next record; a stop and a partition taken back in wait for it. */
const FETCH_WAIT_MS = 100;

export class KafkaClients {
  readonly brokers: readonly string[];
  readonly #kafka: Kafka;
  readonly #config: KafkaSection;

  /** @throws Failure on a configuration that cannot work; connects to nothing. */
  constructor(connection: KafkaConnection) {
    stillBusyWait();
    this.#config = connection.config;
    this.brokers = brokersOf(connection);
    this.#kafka = new Kafka(clientOptions(connection, this.brokers));
  }

  admin(): Admin {
    return this.#kafka.admin();
  }

  /** @param keepTrying asked after each failed round of retries whether to start another. */
  consumer(keepTrying: () => boolean): Consumer {
    const { groupId, sessionTimeoutMs, heartbeatMs, maxBytesPerPartition } = this.#config;
    return this.#kafka.consumer({
      groupId,
      sessionTimeout: sessionTimeoutMs,
      rebalanceTimeout: Math.max(60_000, sessionTimeoutMs),
      heartbeatInterval: heartbeatMs,
      maxBytesPerPartition,
      maxWaitTimeInMs: FETCH_WAIT_MS,
      allowAutoTopicCreation: false,
      retry: {
        retries: RETRIES,
        initialRetryTime: 200,
        maxRetryTime: 5000,
        restartOnFailure: () => Promise.resolve(keepTrying()),
      },
    });
  }

  producer(): Producer {
    return this.#kafka.producer({
      createPartitioner: Partitioners.DefaultPartitioner,
      allowAutoTopicCreation: false,
      retry: { retries: RETRIES, initialRetryTime: 200, maxRetryTime: 5000 },
    });
  }

  /**
   * A connected admin client, and the proof that the topics exist.
   * @throws Failure naming the brokers or the topic.
   */
  async connectedAdmin(topics: readonly string[]): Promise<Admin> {
    const admin = this.admin();
    try {
      await admin.connect();
      const known = await admin.listTopics();
      const missing = topics.filter((topic) => !known.includes(topic));
      if (missing.length > 0) {
        throw new Failure(
          `Kafka at ${this.brokers.join(',')} has no topic ${missing.join(', ')}: create it, or correct kafka.topics`,
        );
      }
      return admin;
    } catch (error) {
      await admin.disconnect().catch(() => undefined);
      throw explain(error, this.brokers);
    }
  }
}

function brokersOf({ config, environment }: KafkaConnection): readonly string[] {
  const brokers = (environment.kafkaBrokers ?? config.brokers).map((broker) => broker.trim());
  if (brokers.length === 0 || brokers.includes('')) {
    throw new Failure(
      'no Kafka broker is named: set kafka.brokers in sheepdog.yaml or KAFKA_BROKERS=host:port',
      { exitCode: 2 },
    );
  }
  return brokers;
}

function clientOptions(connection: KafkaConnection, brokers: readonly string[]): KafkaConfig {
  const { config } = connection;
  const sasl = saslOf(connection);
  return {
    clientId: config.clientId,
    brokers: [...brokers],
    connectionTimeout: CONNECT_TIMEOUT_MS,
    retry: { retries: RETRIES, initialRetryTime: 200, maxRetryTime: 5000 },
    logLevel: logLevel.INFO,
    logCreator: () => routeLog(connection),
    ...(config.tls.enabled ? { ssl: tlsOf(config.tls) } : {}),
    ...(sasl === undefined ? {} : { sasl }),
  };
}

function tlsOf(tls: KafkaSection['tls']): Exclude<KafkaConfig['ssl'], boolean | undefined> {
  const read = (key: string, file: string | undefined): string | undefined => {
    if (file === undefined) return undefined;
    try {
      return readFileSync(file, 'utf8');
    } catch (error) {
      const why = messageOf(error);
      throw new Failure(`kafka.tls.${key} cannot be read: ${why}`, { exitCode: 2 });
    }
  };
  const ca = read('caFile', tls.caFile);
  const cert = read('certFile', tls.certFile);
  const key = read('keyFile', tls.keyFile);
  return {
    ...(ca === undefined ? {} : { ca: [ca] }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
  };
}

function saslOf({ config, environment }: KafkaConnection): SASLOptions | undefined {
  if (config.sasl === undefined) return undefined;
  const { kafkaUsername: username, kafkaPassword: password } = environment;
  if (username === undefined || password === undefined) {
    throw new Failure('kafka.sasl asks for a login: set KAFKA_USERNAME and KAFKA_PASSWORD', {
      exitCode: 2,
    });
  }
  return { mechanism: config.sasl.mechanism, username, password };
}

/** kafkajs repeats itself on every attempt; a line is passed on when it says something new. */
function routeLog({ log, onTrouble }: KafkaConnection): (entry: LogEntry) => void {
  let last = '';
  return ({ level, namespace, log: { message, error } }) => {
    const why = typeof error === 'string' ? ` (${error})` : '';
    const line = `kafkajs ${namespace}: ${message}${why}`;
    // An error that a broker answers with, such as a rebalance, proves that it is there.
    if (level !== logLevel.ERROR || message.startsWith('Response ')) {
      log.debug(line);
      return;
    }
    onTrouble?.(`${message}${why}`);
    log[line === last ? 'debug' : 'warn'](line);
    last = line;
  };
}

/** The failure to tell for an error of kafkajs; failures of ours pass as they are. */
export function explain(error: unknown, brokers: readonly string[]): Failure {
  if (error instanceof Failure) return error;
  const cause = rootCause(error);
  const where = brokers.join(',');
  const why = messageOf(cause);
  const name = cause instanceof Error ? cause.name : '';
  const code = (cause as { code?: unknown }).code;
  if (name === 'KafkaJSNotImplemented') {
    return new Failure(
      `Kafka at ${where} sent a batch this program cannot unpack (${why}): only gzip and no compression are read, so set compression.type=gzip at the producer or on the topic`,
      { cause },
    );
  }
  if (name.startsWith('KafkaJSSASL')) {
    return new Failure(
      `Kafka at ${where} refused the login: ${why}; check KAFKA_USERNAME, KAFKA_PASSWORD and kafka.sasl.mechanism`,
      { cause },
    );
  }
  if (
    name.startsWith('KafkaJSConnection') ||
    name === 'KafkaJSBrokerNotFound' ||
    typeof code === 'string'
  ) {
    return new Failure(
      `Kafka is not reachable at ${where} (${why}): start it, or correct kafka.brokers or KAFKA_BROKERS`,
      { cause },
    );
  }
  return new Failure(`Kafka at ${where}: ${why}`, { cause });
}

function rootCause(error: unknown): unknown {
  let cause = error;
  while (cause instanceof Error && cause.cause !== undefined) cause = cause.cause;
  return cause;
}

interface RequestQueue {
  readonly pending?: readonly unknown[];
}

/**
 * kafkajs 2.2.4 checks every connection for pending requests in an endless chain of timers of one
 * millisecond: about 7 % of a core while nothing happens. Nothing is pending almost always, and `push`
 * schedules a check itself when it queues a request, so the chain may end there. A version that looks
 * different is left as it is.
 */
function stillBusyWait(): void {
  const require = createRequire(import.meta.url);
  const path = 'kafkajs/src/network/requestQueue';
  let prototype: Record<string, unknown>;
  try {
    prototype = (require(path) as { prototype: Record<string, unknown> }).prototype;
  } catch {
    return;
  }
  const original = prototype['scheduleCheckPendingRequests'];
  if (typeof original !== 'function' || stilled.has(original)) return;
  const check = original as (this: RequestQueue) => void;
  const replacement = function (this: RequestQueue): void {
    if (Array.isArray(this.pending) && this.pending.length === 0) return;
    check.call(this);
  };
  stilled.add(replacement);
  prototype['scheduleCheckPendingRequests'] = replacement;
}

const stilled = new WeakSet();
