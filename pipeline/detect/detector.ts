/**
 * The contract of a detector: one file in `detectors/`, named as the detector, found by discovery.
 *
 * A detector measures through declared features; configured bands turn the measure into `review` or
 * `block`; policy turns findings into the verdict. It touches no store, no clock and no environment.
 */

import type { z } from 'zod';
import type { Event, EventType } from '../event.ts';
import type { FeatureSpec } from './feature.ts';

/** Where a measure starts to matter. A missing band is never reached; 0 is a limit like any other. */
export interface Bands {
  readonly review?: number | undefined;
  readonly block?: number | undefined;
}

/** What every detector's section of config/detectors.yaml holds beside its own settings. */
export interface DetectorSettings {
  /** `live` acts; `shadow` is recorded and never acts; `off` costs nothing. */
  readonly mode: 'live' | 'shadow' | 'off';
  readonly bands: Bands;
  /** A conclusive block needs no second finding. */
  readonly conclusive: boolean;
}

/** The values of the declared features at one event; absent is NaN. */
export type FeatureValues<Name extends string> = Readonly<Record<Name, number>>;

export type Evidence = Readonly<Record<string, string | number>>;

export interface Detector<Config = unknown, Name extends string = string> {
  /** One sentence: what it finds. */
  readonly summary: string;
  /** One sentence: what it cannot see, or whom it could hurt. */
  readonly cannotSee: string;
  /** Event types it judges. */
  readonly on: readonly EventType[];
  /** Whether a measure is worse the larger (`atLeast`) or the smaller (`atMost`) it is. */
  readonly direction: 'atLeast' | 'atMost';
  /** Unit of the measure, for people: `accounts`, `payments`, `seconds`, `km/h` … */
  readonly unit: string;
  /** The detector's own settings, every one with a default. */
  readonly config: z.ZodType<Config>;
  /** Mode, bands and conclusiveness when the configuration does not say. */
  readonly defaults: DetectorSettings;
  features(config: Config): Readonly<Record<Name, FeatureSpec>>;
  /**
   * The measure, or undefined when there is nothing to measure. Called for every event of `on`: it makes
   * no object and reads text fields of the event only when a feature has already spoken.
   */
  measure(event: Event, features: FeatureValues<Name>, config: Config): number | undefined;
  /** The field whose value the finding is about (`ip`, `deviceId` …), for tables and drill-down. */
  readonly subject: 'accountId' | 'cardId' | 'deviceId' | 'ip' | 'merchantId';
  /** What a person needs beside measure and threshold. Called only when a band was reached. */
  evidence?(event: Event, features: FeatureValues<Name>, config: Config): Evidence;
  /** Bands for this event when they are not the configured ones (a shared network, say). */
  bandsFor?(event: Event, config: Config): Bands | undefined;
  /** Executable documentation: they run as tests. */
  readonly examples: readonly DetectorExample[];
}

export interface DetectorExample {
  readonly title: string;
  /** Settings that differ from the defaults, own ones and bands. */
  readonly config?: Readonly<Record<string, unknown>>;
  /** Events as they would arrive; `id` and `occurredAt` may be left out and are then made up in order, one second apart. */
  readonly events: readonly Readonly<Record<string, unknown>>[];
  /** The findings at the last event, or at each event when an array of arrays is clearer. */
  readonly findings: readonly { readonly band: 'review' | 'block'; readonly measure: number }[];
}

/** Keeps the type parameters of a detector's parts together; returns it unchanged. */
export function defineDetector<Config, Name extends string>(
  detector: Detector<Config, Name>,
): Detector<Config, Name> {
  return detector;
}
