/**
 * Times of CSV cells to instants. Luxon is the authority on formats and zones; it takes some 10 µs a cell,
 * so cells in the usual formats are read digit by digit and the zone's offset is remembered per day.
 */

import { DateTime, FixedOffsetZone, IANAZone } from 'luxon';
import { daysFromCivil } from './decode-time.ts';

const DAY_MS = 86_400_000;

/** Milliseconds since the Unix epoch of a cell; NaN when it does not fit the format. */
export type ReadTime = (text: string) => number;

/** Tokens with a fixed number of digits, as Luxon reads them. */
const FIXED_TOKENS: Readonly<Record<string, number>> = {
  yyyy: 4,
  MM: 2,
  dd: 2,
  HH: 2,
  mm: 2,
  ss: 2,
  SSS: 3,
};

/** @param format Luxon's tokens, or `iso`, `unix` (seconds, decimals allowed), `unix_ms` */
export function timeReader(format: string, zone: string): ReadTime {
  if (format === 'unix') return (text) => Math.round(plainNumber(text) * 1000);
  if (format === 'unix_ms') return (text) => plainNumber(text);
  const offsets = new ZoneOffsets(zone);
  if (format === 'iso') return isoReader(zone, offsets);
  const slow: ReadTime = (text) => DateTime.fromFormat(text, format, { zone }).toMillis();
  return fixedReader(format, offsets, slow) ?? slow;
}

function plainNumber(text: string): number {
  return /^-?\d{1,15}(\.\d+)?$/.test(text) ? Number(text) : NaN;
}

/** The offsets of a zone by day of its calendar. */
class ZoneOffsets {
  private readonly zone: IANAZone | FixedOffsetZone;
  /** Minutes east of UTC of a day (days since 1970), NaN for a day in which the offset changes. */
  private readonly byDay = new Map<number, number>();

  constructor(zone: string) {
    this.zone = zone === 'UTC' ? FixedOffsetZone.utcInstance : IANAZone.create(zone);
  }

  /** The offset on that day of the local calendar, or NaN when only Luxon can tell. */
  of(day: number): number {
    let minutes = this.byDay.get(day);
    if (minutes === undefined) {
      // Offsets lie between −12 and +14 hours: a day that has one offset through 15 hours before and after has no other.
      const first = this.zone.offset(day * DAY_MS - 54_000_000);
      const same = [0, 0.5, 1]
        .map((share) => this.zone.offset((day + share) * DAY_MS))
        .concat(this.zone.offset((day + 1) * DAY_MS + 54_000_000))
        .every((offset) => offset === first);
      minutes = same && Number.isInteger(first) ? first : NaN;
      this.byDay.set(day, minutes);
    }
    return minutes;
  }
}

/** Days since 1970 of a date that exists, else NaN. */
function dayOf(year: number, month: number, date: number): number {
  const day = daysFromCivil(year, month, date);
  const back = new Date(day * DAY_MS);
  const exists = back.getUTCMonth() === month - 1 && back.getUTCDate() === date;
  return exists && month >= 1 && month <= 12 ? day : NaN;
}

function isoReader(zone: string, offsets: ZoneOffsets): ReadTime {
  const usual = /^(\d{4})-(\d\d)-(\d\d)[T ](\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?$/;
  return (text) => {
    const parts = usual.exec(text);
    if (parts !== null && Number(parts[4]) < 24 && Number(parts[5]) < 60) {
      const day = dayOf(Number(parts[1]), Number(parts[2]), Number(parts[3]));
      const seconds = Number(parts[6] ?? 0);
      const offset = offsets.of(day);
      if (seconds < 60 && !Number.isNaN(offset)) {
        const minutes = Number(parts[4]) * 60 + Number(parts[5]) - offset;
        const fraction = Number((parts[7] ?? '').padEnd(3, '0').slice(0, 3));
        return day * DAY_MS + minutes * 60_000 + seconds * 1000 + fraction;
      }
    }
    return DateTime.fromISO(text.replace(' ', 'T'), { zone }).toMillis();
  };
}

interface Piece {
  readonly token: string;
  readonly at: number;
  readonly length: number;
}

/** A reader for formats of fixed width that hold nothing but the usual tokens; undefined for others. */
function fixedReader(format: string, offsets: ZoneOffsets, slow: ReadTime): ReadTime | undefined {
  const pieces: Piece[] = [];
  let at = 0;
  for (const [part] of format.matchAll(/([a-zA-Z])\1*|[^a-zA-Z]/g)) {
    const length = FIXED_TOKENS[part];
    // An apostrophe quotes text in Luxon's formats.
    if (length === undefined && (/^[a-zA-Z]/.test(part) || part === "'")) return undefined;
    pieces.push({ token: part, at, length: length ?? 1 });
    at += length ?? 1;
  }
  const tokens = pieces.map(({ token }) => token).filter((token) => token in FIXED_TOKENS);
  if (new Set(tokens).size !== tokens.length) return undefined;
  if (!['yyyy', 'MM', 'dd', 'HH'].every((token) => tokens.includes(token))) return undefined;
  const width = at;
  return (text) => {
    const fields = text.length === width ? readPieces(text, pieces) : undefined;
    if (fields === undefined) return slow(text);
    const { yyyy = 0, MM = 0, dd = 0, HH = 0, mm = 0, ss = 0, SSS = 0 } = fields;
    const day = dayOf(yyyy, MM, dd);
    const offset = offsets.of(day);
    if (Number.isNaN(offset) || HH > 23 || mm > 59 || ss > 59) return slow(text);
    return day * DAY_MS + (HH * 60 + mm - offset) * 60_000 + ss * 1000 + SSS;
  };
}

function readPieces(text: string, pieces: readonly Piece[]): Record<string, number> | undefined {
  const fields: Record<string, number> = {};
  for (const { token, at, length } of pieces) {
    if (!(token in FIXED_TOKENS)) {
      if (text[at] !== token) return undefined;
      continue;
    }
    let value = 0;
    for (let i = at; i < at + length; i++) {
      const digit = text.charCodeAt(i) - 0x30;
      if (digit < 0 || digit > 9) return undefined;
      value = value * 10 + digit;
    }
    fields[token] = value;
  }
  return fields;
}
