/**
 * The shape of config/sheepdog.yaml. Unknown keys are refused; `undefined` is absent and
 * 0 is a limit. Secrets never stand in a file: they come from the environment (config/environment.ts).
 */

import { IANAZone } from 'luxon';
import ms, { type StringValue } from 'ms';
import { z } from 'zod';
import { deliverySchema } from './delivery-schema.ts';
import { duration, durationText, positiveDuration, windowDuration } from './duration.ts';

const positive = z.int().positive();
const share = z.number().min(0).max(1);
const hubLimit = z.int().min(0).max(1_000_000);

const DEFAULT_MAX_FUTURE_MS = 300_000;
const DEFAULT_HUB_WINDOW = '24h';
const LEAST_HUB_WINDOW_MS = 3_600_000;

/** How often a change on trial may block (or review), held against the accounts beside it. */
const rateBound = (points: number, atLeast: number) =>
  z
    .strictObject({
      /** At most so many times as often, or … */
      times: z.number().min(1).default(2),
      /** … so much more often: 0.001 is a tenth of a percentage point. */
      points: share.default(points),
      /** Fewer than this say nothing. */
      atLeast: positive.default(atLeast),
    })
    .prefault({});

/** A change of detectors, rules or policy is tried on a share of the accounts first. */
const rollout = z
  .strictObject({
    /** Of the accounts, always the same ones; 1: a change applies to all at once. */
    share: share
      .refine((value) => value > 0, 'more than 0: a change that nobody meets is never tried')
      .default(1),
    /** Events of the share before it is judged, or passes. */
    minimumEvents: positive.default(1000),
    /** In event time. */
    durationMs: positiveDuration.prefault('30m'),
    block: rateBound(0.001, 5),
    review: rateBound(0.005, 20),
  })
  .prefault({});

const settings = z.strictObject({
  ingest: z
    .strictObject({
      /** A record larger than this is a dead letter; its first part is kept. */
      maxRecordBytes: positive.max(64 * 1024 * 1024).default(1_048_576),
      maxDepth: positive.max(64).default(8),
      /** Largest amount of one event, in minor units. */
      maxAmountMinor: positive.default(100_000_000_000),
      earliest: z.iso.datetime({ offset: true }).default('2000-01-01T00:00:00Z'),
      /**
       * How far an event may lie in the future of its arrival. The latest event sets what is late, so this is
       * at most `windows.allowedLatenessMs`: else one clock that runs ahead makes everyone's events late.
       */
      maxFutureMs: duration.default(DEFAULT_MAX_FUTURE_MS),
      /** More than this share of bad records among the last `over` stops the consumer. */
      badShare: z
        .strictObject({ limit: share.default(0.5), over: positive.default(1000) })
        .prefault({}),
    })
    .prefault({}),
  windows: z
    .strictObject({
      allowedLatenessMs: windowDuration.default(600_000),
      maxKeys: positive.default(4_000_000),
      maxEntries: positive.default(64_000_000),
    })
    .prefault({}),
  bursts: z
    .strictObject({
      /** Counts of buckets and days that baselines are taken from, 16 bytes each and as much spare room. */
      maxCounts: positive.default(8_000_000),
      /** Distinct values in buckets that are open, 8 bytes each and as much spare room. */
      maxMembers: positive.default(8_000_000),
    })
    .prefault({}),
  networks: z
    .strictObject({
      /** An MMDB file of autonomous systems; none: no address is in any. */
      asnDatabase: z.string().min(1).optional(),
    })
    .prefault({}),
  policy: z
    .strictObject({
      /** Findings in the block band, from different subjects, that block without a conclusive one. */
      independentFindings: positive.default(2),
    })
    .prefault({}),
  hubs: z
    .strictObject({
      /** At least `windows.allowedLatenessMs`, so that what is usual is kept of few windows. */
      window: windowDuration
        .refine(
          (windowMs) => windowMs >= LEAST_HUB_WINDOW_MS,
          'must be at least 1h: what is usual is kept of each window that late events may belong to',
        )
        .prefault(DEFAULT_HUB_WINDOW),
      /** Usual of a kind is what this share of its values did not pass in the window before, … */
      quantile: z.number().min(0.5).max(0.9999).default(0.99),
      /** … which is known where it had so many values. */
      values: z.int().min(100).max(5000).default(500),
      /** A value of more than so many times what is usual joins strangers, … */
      times: z.number().min(1).default(10),
      /** … but none of so few accounts, which is the limit while nobody knows what is usual; 0: none of the kind does. */
      devices: hubLimit.default(100),
      cards: hubLimit.default(50),
      phones: hubLimit.default(50),
      ips: hubLimit.default(1000),
      payees: hubLimit.default(1000),
      inviters: hubLimit.default(200),
    })
    .prefault({}),
  freezing: z
    .strictObject({
      automatic: z.boolean().default(true),
      /** Automatic freezes within any hour of event time; above it they become proposals. */
      perHour: z.int().min(0).default(50),
      /** Of automatic freezes; undefined (`never`): until an analyst ends it. */
      expiresAfterMs: z
        .string()
        .regex(
          /^(never|\d+(\.\d+)?(ms|s|m|h|d|w))$/,
          'write a duration such as 12h or 7d, or never',
        )
        .transform((text) => (text === 'never' ? undefined : ms(text as StringValue)))
        .prefault('7d'),
      /** Whose orders take effect when a second person confirms them: what an analyst does alone, or releases and approvals too. */
      dualControl: z.enum(['none', 'manual', 'all']).default('none'),
      /** How long an order waits for its second person. */
      requestsLapseAfterMs: positiveDuration.prefault('24h'),
      /** While an appeal is open: the freeze stands, or the account's events go to review. */
      duringAppeal: z.enum(['stands', 'review']).default('stands'),
    })
    .prefault({}),
  lateTruth: z
    .strictObject({
      /** Takes back what was given without asking a person. */
      automatic: z.boolean().default(false),
      /** Event time before a cause within which rewards are looked at again. */
      lookBackMs: positiveDuration.prefault('30d'),
      /** Rewards of one cause, the newest first. */
      maxGrants: positive.max(100_000).default(1000),
      /** Proposals about rewards that may be open; more are refused, counted, and found again by their next cause. */
      maxOpen: positive.default(100_000),
    })
    .prefault({}),
  lists: z
    .strictObject({
      /** Entries that orders and the engine may put on the lists, beside those of config/lists. */
      maxEntries: z.int().min(0).default(2_000_000),
      /** Entries that the engine makes itself; they need two independent findings and end by themselves. */
      automatic: z
        .strictObject({
          to: z.enum(['off', 'watch', 'block']).default('off'),
          /** Event time within which the findings have to come. */
          withinMs: windowDuration.prefault('24h'),
          expiresAfterMs: positiveDuration.prefault('7d'),
          /** Automatic entries within any hour of event time; above it there are none. */
          perHour: z.int().min(0).default(20),
        })
        .prefault({}),
    })
    .prefault({}),
  rollout,
  record: z
    .strictObject({
      flushRows: positive.default(20_000),
      flushEveryMs: duration.default(1000),
      /** Rows held while ClickHouse is slow; at the limit the consumer pauses. */
      maxBufferedRows: positive.default(200_000),
    })
    .prefault({}),
  delivery: deliverySchema,
  reward: z
    .strictObject({
      /** Customers about whom facts are kept, where a campaign reads facts; above it the least recently seen are forgotten. */
      maxCustomers: positive.default(2_000_000),
    })
    .prefault({}),
  http: z
    .strictObject({
      host: z.string().default('127.0.0.1'),
      port: z.int().min(0).max(65_535).default(8787),
      /** The bank's, in which the console writes times. */
      zone: z
        .string()
        .refine((name) => IANAZone.isValidZone(name), {
          message: 'no such time zone; write one such as Asia/Shanghai',
        })
        .default('Asia/Shanghai'),
      maxBodyBytes: positive.default(1_048_576),
      /** Events in one request. */
      maxBatchEvents: positive.default(1000),
      /** Events and bytes accepted and not answered yet; above either, callers are told to come back. */
      maxQueuedEvents: positive.default(20_000),
      maxQueuedBytes: positive.default(67_108_864),
      /** Answer without the reward when the ledger takes longer than this. */
      rewardTimeoutMs: duration.default(50),
    })
    .prefault({}),
  kafka: z
    .strictObject({
      brokers: z.array(z.string()).default([]),
      clientId: z.string().default('sheepdog'),
      groupId: z.string().default('sheepdog'),
      topics: z.array(z.string()).min(1).default(['payments']),
      deadLetterTopic: z.string().optional(),
      fromBeginning: z.boolean().default(true),
      /** A worker that was killed is missed for so long: until then, its successor is kept waiting. */
      sessionTimeoutMs: duration.default(10_000),
      heartbeatMs: duration.default(3000),
      maxBytesPerPartition: positive.default(1_048_576),
      tls: z
        .strictObject({
          enabled: z.boolean().default(false),
          caFile: z.string().optional(),
          certFile: z.string().optional(),
          keyFile: z.string().optional(),
        })
        .prefault({}),
      /** User name and password come from KAFKA_USERNAME and KAFKA_PASSWORD. */
      sasl: z
        .strictObject({ mechanism: z.enum(['plain', 'scram-sha-256', 'scram-sha-512']) })
        .optional(),
    })
    .prefault({}),
  log: z
    .strictObject({
      /** `auto`: `info` of a service; `warn` at a terminal and of a run over a file or a simulation. */
      level: z.enum(['auto', 'debug', 'info', 'warn', 'error']).default('auto'),
    })
    .prefault({}),
});

export const systemSchema = settings.superRefine(({ ingest, windows, hubs, kafka }, context) => {
  if (ingest.maxFutureMs > windows.allowedLatenessMs) {
    context.addIssue({
      code: 'custom',
      // The other one was written when this is the default.
      path:
        ingest.maxFutureMs === DEFAULT_MAX_FUTURE_MS
          ? ['windows', 'allowedLatenessMs']
          : ['ingest', 'maxFutureMs'],
      message: `ingest.maxFutureMs (${durationText(ingest.maxFutureMs)}) must not be longer than windows.allowedLatenessMs (${durationText(windows.allowedLatenessMs)}): one event from a clock that runs ahead would make all others late`,
    });
  }
  if (hubs.window < windows.allowedLatenessMs) {
    context.addIssue({
      code: 'custom',
      path:
        hubs.window === ms(DEFAULT_HUB_WINDOW)
          ? ['windows', 'allowedLatenessMs']
          : ['hubs', 'window'],
      message: `hubs.window (${durationText(hubs.window)}) must not be shorter than windows.allowedLatenessMs (${durationText(windows.allowedLatenessMs)}): what is usual is kept of each window that late events may belong to`,
    });
  }
  if (kafka.heartbeatMs >= kafka.sessionTimeoutMs) {
    context.addIssue({
      code: 'custom',
      path: ['kafka', 'heartbeatMs'],
      message: `must be shorter than kafka.sessionTimeoutMs (${durationText(kafka.sessionTimeoutMs)}), best a third of it`,
    });
  }
});

export type SystemConfig = z.infer<typeof systemSchema>;
