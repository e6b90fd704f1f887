/**
 * The contract of a detector: one file in `detectors/`, named as the detector, found by discovery.
 *
 * A detector measures through declared features; configured bands turn a measure into `review` or
 * `block`; policy turns findings into the verdict. It touches no store, no clock and no environment.
 *
 * A detector may measure the same thing in several ways (cards of an account, cards of a device). It still
 * speaks once an event: the measure that reached the worst band is its finding, the others are evidence.
 */

import type { z } from 'zod';
import type { Event, EventType } from '../event.ts';
import type { KeyField } from '../event-fields.ts';
import type { FeatureSpec } from './feature.ts';

/** Where a measure starts to matter. A missing band is never reached; 0 is a limit like any other. */
export interface Bands {
  readonly review?: number | undefined;
  /** Blocks together with another detector's block about a different subject. */
  readonly block?: number | undefined;
  /** Blocks alone. */
  readonly conclusive?: number | undefined;
}

export type Mode = 'live' | 'shadow' | 'off';

/** What a section of config/detectors.yaml holds for every detector, beside its own settings. */
export interface DetectorSettings {
  /** `live` acts; `shadow` is recorded and never acts; `off` costs nothing. */
  readonly mode: Mode;
  /** By measure. A measure's bands stand as a whole: a band that is left out is never reached. */
  readonly bands: Readonly<Record<string, Bands>>;
}

/** The values of the declared features at one event; absent is NaN, which reaches no band. */
export type FeatureValues<Name extends string> = Readonly<Record<Name, number>>;

export type Evidence = Readonly<Record<string, string | number>>;

/** The fields a finding can be about. */
export type SubjectField = 'accountId' | 'cardId' | 'deviceId' | 'ip' | 'merchantId';

/** `sign` times the feature is at least `limit`: never where the feature is NaN. */
export interface FeatureBound {
  readonly feature: string;
  readonly sign: 1 | -1;
  /** −Infinity: the feature is there. */
  readonly limit: number;
}

/**
 * Thrown by a measure that this one event makes impossible: a rule that reads a field the event lacks, say. It
 * becomes a finding of the band `error`. Anything else that a measure throws is a defect and stops the process.
 */
export class MeasureError extends Error {}

export interface Measure<Config = unknown, Name extends string = string> {
  /** What the number is, for people: `distinct accounts on one device`. */
  readonly about: string;
  /** `accounts`, `payments`, `seconds`, `km/h` … */
  readonly unit: string;
  /** Whether it is worse the larger (`atLeast`) or the smaller (`atMost`) it is. */
  readonly direction: 'atLeast' | 'atMost';
  /** The field whose value the finding is about, for tables and drill-down. */
  readonly subject: SubjectField;
  /** Fields over whose values it counts, beside the subject: an exclusion of one speaks for its findings, too. */
  readonly over?: readonly KeyField[];
  /** It counts new accounts alone. Those whom a shared value joins by chance are old ones, so no hub softens it. */
  readonly countsNew?: boolean;
  /** Bands when the configuration does not say. */
  readonly bands: Bands;
  /** Length of the window it looks at, in milliseconds. */
  windowMs(config: Config): number;
  /** The largest value it can take: a band beyond it could never be right and is refused. */
  largest?(config: Config): number;
  /**
   * A feature that the measure is never worse than: never larger for `atLeast`, never smaller for `atMost`; where
   * it is NaN, so is the measure. With it, `of` is called only where the feature itself reaches the weakest band.
   */
  readonly ceiling?: string;
  /** Conditions without which the measure is NaN: `of` is called only where the first of them holds. */
  readonly requires?: readonly FeatureBound[];
  /** A feature without which there is nothing to measure: where it is NaN, `of` is not called. */
  readonly needs?: string;
  /**
   * The measure at this event; NaN when there is nothing to measure. Called for every event the detector
   * judges unless `ceiling` or `needs` spares it: it makes no object and reads text of the event only when a feature has already spoken.
   */
  of(event: Event, features: FeatureValues<Name>, config: Config): number;
  /**
   * Other bands for this event (a shared network has its own limits, say), or undefined for the configured ones.
   * Asked only when one of those was reached, or one of `allBandsFor`, or a limit that some excluded value has.
   */
  bandsFor?(event: Event, config: Config): Bands | undefined;
  /** All that `bandsFor` can give; left out: none of them is stricter than the configured ones. */
  allBandsFor?(config: Config): readonly Bands[];
}

export interface Detector<Config = unknown, Name extends string = string> {
  /** One sentence: what it finds. */
  readonly summary: string;
  /** One sentence: what it cannot see, or whom it could hurt. */
  readonly cannotSee: string;
  /** Event types it judges. */
  readonly on: readonly EventType[];
  /** The detector's own settings, every one with a default; a strict object. */
  readonly config: z.ZodObject & z.ZodType<Config>;
  /** Mode when the configuration does not say; `live` when left out. */
  readonly mode?: Mode;
  /** Own settings that are filled from a file of config/lists: setting → file name without `.yaml`. */
  readonly lists?: Readonly<Record<string, string>>;
  features(config: Config): Readonly<Record<Name, FeatureSpec>>;
  readonly measures: Readonly<Record<string, Measure<Config, Name>>>;
  /** What a person needs beside measure and threshold. Called only when a band was reached. */
  evidence?(event: Event, features: FeatureValues<Name>, config: Config): Evidence;
  /** Executable documentation: they run as tests. */
  readonly examples: readonly DetectorExample[];
}

/** A detector under the name of its file. */
export interface NamedDetector {
  readonly name: string;
  readonly detector: Detector;
}

export interface DetectorExample {
  readonly title: string;
  /** The section of the configuration as it would be written, where it differs from the defaults. */
  readonly config?: Readonly<Record<string, unknown>>;
  /** Events as they would arrive; `id` and `occurredAt` may be left out and are then made up in order, one second apart. */
  readonly events: readonly Readonly<Record<string, unknown>>[];
  /** The finding at the last event; none: the detector stays silent there. */
  readonly finding?: {
    readonly band: 'review' | 'block';
    readonly measure: number;
    readonly conclusive?: boolean;
  };
}

/** Keeps the type parameters of a detector's parts together; returns it unchanged. */
export function defineDetector<Config, Name extends string>(
  detector: Detector<Config, Name>,
): Detector<Config, Name> {
  return detector;
}
