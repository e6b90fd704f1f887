/**
 * The oracle of the window store: it keeps every event and filters all of them for every measure.
 * Deliberately simple, and sharing no code with the stores.
 */

import type { KeyField } from '../../pipeline/event-fields.ts';
import { reachOf, type WindowedSpec, type WindowFeature } from '../../pipeline/detect/feature.ts';
import { hashOf } from '../support/batches.ts';
import type { Row } from '../support/batches.ts';
import { gapAnswer, matches, stepAnswer } from './step-oracle.ts';

/** What a spec has to know of an event: its key, or undefined when the event is in no window of the spec. */
type Place = string | undefined;

export class WindowOracle {
  watermarkMs = Number.NEGATIVE_INFINITY;
  private readonly specs: readonly WindowedSpec[];
  private readonly latenessMs: number;
  private readonly stored: { readonly row: Row; readonly places: readonly Place[] }[] = [];

  constructor(specs: readonly WindowedSpec[], latenessMs: number) {
    this.specs = specs;
    this.latenessMs = latenessMs;
  }

  /** Takes an event in and answers each spec; `late` says that it came too late to be stored. */
  take(row: Row): { late: boolean; values: number[] } {
    this.watermarkMs = Math.max(this.watermarkMs, row.occurredAtMs);
    const openMs = this.watermarkMs - this.latenessMs;
    const late = row.occurredAtMs < openMs;
    const places = this.specs.map((spec) => (belongs(spec, row) ? keyOf(spec, row) : undefined));
    const values = this.specs.map((spec, s) => {
      // The windows of a late event are counted back from where lateness begins.
      const start = (late ? openMs : row.occurredAtMs) - reachOf(spec);
      const key = keyOf(spec, row);
      const others = this.stored.filter(
        (other) =>
          key !== undefined &&
          other.places[s] === key &&
          other.row.occurredAtMs > start &&
          other.row.occurredAtMs <= row.occurredAtMs,
      );
      const earlier = others.map((other) => other.row);
      const isPlaced = places[s] !== undefined;
      if (spec.kind !== undefined) return stepAnswer(spec, row, earlier, start, isPlaced);
      return aggregate(spec, row, earlier, isPlaced ? [row] : []);
    });
    if (!late) this.stored.push({ row, places });
    return { late, values };
  }
}

function keyOf(spec: WindowedSpec, row: Row): string | undefined {
  const fields: readonly KeyField[] = typeof spec.key === 'string' ? [spec.key] : spec.key;
  const parts = fields.map((field) => row[field]);
  return parts.includes(undefined) ? undefined : parts.join(' ');
}

/** Whether the event enters the windows of the feature, its key apart. */
function belongs(spec: WindowedSpec, row: Row): boolean {
  if (spec.kind === 'sequence') return spec.steps.some((step) => matches(row, step));
  if (spec.kind === 'absence') return matches(row, spec.of) || matches(row, spec.without);
  const what = spec.aggregate;
  return matches(row, spec) && !('of' in what && row[what.of] === undefined);
}

function aggregate(spec: WindowFeature, event: Row, others: Row[], self: Row[]): number {
  const { aggregate: what } = spec;
  const all = [...others, ...self];
  switch (what.kind) {
    case 'count':
      return all.length;
    case 'distinct':
      return new Set(all.map((row) => row[what.of])).size;
    case 'bucket': {
      const age = (row: Row): number => event.occurredAtMs - row.occurredAtMs;
      const index = what.index;
      return all.filter((row) => Math.floor(age(row) / what.widthMs) === index).length;
    }
    case 'age':
      return all.length === 0
        ? Number.NaN
        : event.occurredAtMs - Math.min(...all.map(({ occurredAtMs }) => occurredAtMs));
    case 'gap':
      return gapAnswer(what.statistic, all);
    case 'last':
      return latest(all)?.[what.of] ?? Number.NaN;
    case 'previous':
      return latest(others)?.[what.of] ?? Number.NaN;
    default:
      return ofNumbers(
        what.kind,
        all.map((row) => row[what.of]!),
      );
  }
}

/** By (occurredAt, hash of the id as an unsigned number). */
function latest(rows: Row[]): Row | undefined {
  const hash = (row: Row): bigint => {
    const [lo, hi] = hashOf(row.id);
    return (BigInt(hi >>> 0) << 32n) | BigInt(lo >>> 0);
  };
  return rows.reduce<Row | undefined>((best, row) => {
    if (best === undefined || row.occurredAtMs > best.occurredAtMs) return row;
    return row.occurredAtMs === best.occurredAtMs && hash(row) > hash(best) ? row : best;
  }, undefined);
}

function ofNumbers(kind: 'sum' | 'min' | 'max' | 'mean' | 'stddev', values: number[]): number {
  const sum = values.reduce((total, value) => total + value, 0);
  if (kind === 'sum') return sum;
  if (values.length === 0) return Number.NaN;
  if (kind === 'min') return Math.min(...values);
  if (kind === 'max') return Math.max(...values);
  const mean = sum / values.length;
  if (kind === 'mean') return mean;
  const squares = values.reduce((total, value) => total + (value - mean) ** 2, 0);
  return Math.sqrt(squares / values.length);
}
