/**
 * A value as a bin of a logarithmic histogram, which is all that a quantile sketch has to remember: bins of the
 * same number add up, whoever counted them. A quantile read from it is off by at most RELATIVE_ERROR of itself.
 * Source: Masson, Rim and Lee, "DDSketch", PVLDB 12(12), 2019.
 */

export const RELATIVE_ERROR = 0.01;
/** Each bin ends at so many times the end of the one before. */
export const GAMMA = (1 + RELATIVE_ERROR) / (1 - RELATIVE_ERROR);
/** Bins fit into 16 bits: those of values below 1 stay positive, and negative values have negative bins. */
export const BIN_OF_ONE = 10_000;
const FURTHEST = 9_999;
const LOG_GAMMA = Math.log(GAMMA);

/** @param value any number but NaN. @returns 0 for 0. */
export function binOf(value: number): number {
  if (value === 0) return 0;
  const index = Math.ceil(Math.log(Math.abs(value)) / LOG_GAMMA);
  const bin = BIN_OF_ONE + Math.min(FURTHEST, Math.max(-FURTHEST, index));
  return value < 0 ? -bin : bin;
}

/** The value that stands for all of a bin; `measure_sketches` says the same in SQL. */
export function valueOf(bin: number): number {
  if (bin === 0) return 0;
  return (Math.sign(bin) * 2 * GAMMA ** (Math.abs(bin) - BIN_OF_ONE)) / (GAMMA + 1);
}

/** The measures of one event that could be taken, with their bins; reused, so that sampling makes few objects. */
export class MeasureSample {
  /** `detector.measure` */
  readonly names: string[] = [];
  readonly bins: number[] = [];

  clear(): void {
    this.names.length = 0;
    this.bins.length = 0;
  }

  add(name: string, value: number): void {
    if (Number.isNaN(value)) return;
    this.names.push(name);
    this.bins.push(binOf(value));
  }
}

/** Bits of the id's hash that are all 0 in a sampled event: one in sixteen, whoever asks and whenever. */
const SAMPLE_MASK = 15;

export function isSampled(idHash: number): boolean {
  return (idHash & SAMPLE_MASK) === 0;
}
