/**
 * The report as a value: the JSON that is handed out, and all that the page is drawn from. Money is integer
 * minor units, shares are parts of 1, instants RFC 3339 text.
 */

/** `measure`: the row's own `unit` says what its numbers are. */
export type Unit = 'count' | 'money' | 'share' | 'ratio' | 'text' | 'measure';

/** One number of its own. Null: there is nothing to count, or nothing to divide by. */
export interface Figure {
  readonly title: string;
  readonly unit: 'count' | 'money' | 'share' | 'ratio';
  readonly value: number | null;
  readonly definition: string;
}

export type Cell = string | number | null;

export interface Column {
  readonly key: string;
  readonly title: string;
  readonly unit: Unit;
}

export interface Table {
  readonly title: string;
  readonly definition: string;
  /** The time it is about, in words. */
  readonly period: string;
  readonly columns: readonly Column[];
  readonly rows: readonly Readonly<Record<string, Cell>>[];
  /** What is said when there are no rows. */
  readonly whenEmpty: string;
}

/** Values by local day, days without any included. */
export interface Chart {
  readonly title: string;
  readonly definition: string;
  readonly period: string;
  readonly unit: 'count' | 'money';
  readonly days: readonly string[];
  readonly series: readonly {
    readonly title: string;
    readonly tone: 'good' | 'bad' | 'plain' | 'quiet';
    readonly values: readonly number[];
  }[];
}

export interface Section {
  readonly title: string;
  readonly charts: Readonly<Record<string, Chart>>;
  readonly tables: Readonly<Record<string, Table>>;
}

/** [from, to) */
export interface Span {
  readonly from: string;
  readonly to: string;
}

export interface CampaignReport {
  readonly campaign: {
    readonly id: string;
    readonly title: string;
    readonly timezone: string;
    readonly currency: string;
    readonly configVersion: string;
    readonly offers: number;
    /** Which payments are its own, one line for each set of conditions. */
    readonly scope: readonly string[];
  };
  readonly periods: {
    readonly window: Span;
    /** The part of the window that the record reaches. */
    readonly measured: Span;
    readonly baseline: Span;
    /** From the first phase to the last. */
    readonly phases: Span;
    readonly retention: Span;
  };
  readonly record: {
    readonly events: number;
    readonly first: string | null;
    readonly last: string | null;
  };
  /** What a reader must know before believing a number. */
  readonly notes: readonly string[];
  readonly figures: Readonly<Record<string, Figure>>;
  readonly sections: Readonly<Record<string, Section>>;
}

/** A share or ratio; null where there is nothing to divide by. */
export function divided(part: number, whole: number): number | null {
  return whole === 0 ? null : part / whole;
}

/** Growth over what was before; null when there was nothing. */
export function growth(now: number, before: number): number | null {
  return before === 0 ? null : (now - before) / before;
}
