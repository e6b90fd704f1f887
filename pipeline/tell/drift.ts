/**
 * Whether each detector speaks as often as it usually does. Of every bucket of event time its share of events with a
 * finding is held against an exponentially weighted mean and variance of the buckets before (West, "Updating mean and
 * variance estimates", CACM 22(9), 1979); the band also allows for the scatter of few events (binomial). A detector
 * that falls silent leaves its band downwards, which is the failure that nobody reports.
 */

import type { Finding } from '../decide/decision.ts';

export const RATE_BUCKET_MS = 300_000;
/** How far back a restart reads rates: older ones weigh less than 10⁻¹³. */
export const RATE_HISTORY_MS = 86_400_000;
const WEIGHT = 0.1;
/** Buckets before a detector has a band. */
const KNOWN_BUCKETS = 12;
/** A bucket with fewer events says nothing. */
const LEAST_EVENTS = 100;
const BAND_DEVIATIONS = 5;
/** Buckets that wait to be closed; beyond it, the oldest are closed early. */
const MOST_OPEN = 600;

/** A detector has left its band, or come back. */
export interface Drift {
  readonly detector: string;
  readonly state: 'above' | 'below' | 'usual';
  /** Share of events with a finding in the bucket, and what is usual. */
  readonly rate: number;
  readonly usual: number;
  readonly bucketStartMs: number;
}

interface Bucket {
  events: number;
  readonly findings: Map<string, number>;
}

interface Band {
  mean: number;
  variance: number;
  buckets: number;
  state: Drift['state'];
  lastFindingMs: number;
  /** Its band begins with the bucket of its first finding. */
  firstBucket: number;
}

export class FindingRates {
  readonly #allowedLatenessMs: number;
  readonly #open = new Map<number, Bucket>();
  readonly #bands = new Map<string, Band>();
  #closedTo = -Infinity;
  #firstMs = Infinity;

  constructor(allowedLatenessMs: number) {
    this.#allowedLatenessMs = allowedLatenessMs;
  }

  /** An event that came in time, with what was found. */
  observe(atMs: number, findings: readonly Pick<Finding, 'detector'>[]): void {
    this.add(atMs, 1);
    for (const { detector } of findings) this.add(atMs, 0, detector, 1);
  }

  /** As `observe`, of many events or findings of a bucket at once. */
  add(atMs: number, events: number, detector?: string, findings = 0): void {
    this.#firstMs = Math.min(this.#firstMs, atMs);
    const number = Math.floor(atMs / RATE_BUCKET_MS);
    if (detector !== undefined) {
      const band = this.#bandOf(detector);
      band.lastFindingMs = Math.max(band.lastFindingMs, atMs);
      band.firstBucket = Math.min(band.firstBucket, number);
    }
    if (number < this.#closedTo) return;
    let bucket = this.#open.get(number);
    if (bucket === undefined) {
      bucket = { events: 0, findings: new Map() };
      this.#open.set(number, bucket);
    }
    bucket.events += events;
    if (detector !== undefined) {
      bucket.findings.set(detector, (bucket.findings.get(detector) ?? 0) + findings);
    }
  }

  /** Closes the buckets in which no event can come in time any more. @returns what changed, in order. */
  settle(watermarkMs: number): readonly Drift[] {
    const changes: Drift[] = [];
    const before = Math.floor((watermarkMs - this.#allowedLatenessMs) / RATE_BUCKET_MS);
    const numbers = [...this.#open.keys()].sort((a, b) => a - b);
    for (const [index, number] of numbers.entries()) {
      if (number >= before && numbers.length - index <= MOST_OPEN) break;
      this.#close(number, this.#open.get(number)!, changes);
      this.#open.delete(number);
      this.#closedTo = number + 1;
    }
    return changes;
  }

  /** Names of the detectors outside their bands. */
  get drifting(): readonly string[] {
    return [...this.#bands]
      .flatMap(([name, { state }]) => (state === 'usual' ? [] : [name]))
      .sort();
  }

  /** 1 above its band, −1 below, 0 within. */
  driftOf(detector: string): number {
    const state = this.#bands.get(detector)?.state;
    return state === 'above' ? 1 : state === 'below' ? -1 : 0;
  }

  /** Event time since the detector's last finding, or since the first event; 0 before that. */
  secondsSinceFinding(detector: string, watermarkMs: number): number {
    const last = this.#bands.get(detector)?.lastFindingMs ?? -Infinity;
    const sinceMs = Math.max(last, this.#firstMs);
    return Number.isFinite(sinceMs) ? Math.max(0, (watermarkMs - sinceMs) / 1000) : 0;
  }

  #bandOf(detector: string): Band {
    let band = this.#bands.get(detector);
    if (band === undefined) {
      band = {
        mean: 0,
        variance: 0,
        buckets: 0,
        state: 'usual',
        lastFindingMs: -Infinity,
        firstBucket: Infinity,
      };
      this.#bands.set(detector, band);
    }
    return band;
  }

  #close(number: number, { events, findings }: Bucket, changes: Drift[]): void {
    if (events < LEAST_EVENTS) return;
    for (const [detector, band] of this.#bands) {
      if (number < band.firstBucket) continue;
      const rate = (findings.get(detector) ?? 0) / events;
      const state = stateOf(band, rate, events);
      if (state !== band.state) {
        const bucketStartMs = number * RATE_BUCKET_MS;
        changes.push({ detector, state, rate, usual: band.mean, bucketStartMs });
      }
      band.state = state;
      const weight = Math.max(WEIGHT, 1 / (band.buckets + 1));
      const difference = rate - band.mean;
      const step = weight * difference;
      band.mean += step;
      band.variance = (1 - weight) * (band.variance + difference * step);
      band.buckets++;
    }
  }
}

function stateOf({ mean, variance, buckets }: Band, rate: number, events: number): Drift['state'] {
  if (buckets < KNOWN_BUCKETS) return 'usual';
  const few = (mean * (1 - mean)) / events + 1 / events ** 2;
  const reach = BAND_DEVIATIONS * Math.sqrt(variance + few);
  return rate > mean + reach ? 'above' : rate < mean - reach ? 'below' : 'usual';
}
