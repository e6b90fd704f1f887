/**
 * RFC 3339 date and time with an offset, to milliseconds since the Unix epoch.
 *
 * `T` and `Z` may be lower case. A fraction may have any number of digits; those beyond the third are cut
 * off. `24:00` is refused: RFC 3339 has hours 00 to 23. A leap second (`23:59:60` in UTC) is read as the
 * second before it, as Unix time does, so that the event stays on its day. A time without an offset is
 * refused: it names no instant.
 */

const DAY_MS = 86_400_000;
const MONTH_DAYS = Int32Array.of(0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31);

/** Not a time in this form. Years 0000 to 9999 give at least −62 167 305 540 000, so no instant is lost. */
export const NOT_A_TIME = -1e15;

export class TimeParser {
  private lastDate = -1;
  private lastDayMs = 0;

  /** The instant written in bytes `start` to `end`, or NOT_A_TIME. */
  parse(bytes: Uint8Array, start: number, end: number): number {
    if (end - start < 20) return NOT_A_TIME;
    const year = digitPair(bytes, start) * 100 + digitPair(bytes, start + 2);
    const month = digitPair(bytes, start + 5);
    const day = digitPair(bytes, start + 8);
    const hour = digitPair(bytes, start + 11);
    const minute = digitPair(bytes, start + 14);
    let second = digitPair(bytes, start + 17);
    const marks =
      bytes[start + 4] === 0x2d &&
      bytes[start + 7] === 0x2d &&
      (bytes[start + 10]! | 0x20) === 0x74 &&
      bytes[start + 13] === 0x3a &&
      bytes[start + 16] === 0x3a;
    if (!marks || hour > 23 || minute > 59 || second > 60) return NOT_A_TIME;
    const date = year * 10_000 + month * 100 + day;
    const dayMs = date === this.lastDate ? this.lastDayMs : this.startOfDay(date);
    if (dayMs === NOT_A_TIME) return NOT_A_TIME;
    let at = start + 19;
    let millis = 0;
    if (bytes[at] === 0x2e) {
      const first = ++at;
      for (; at < end && isDigit(bytes[at]!); at++) {
        if (at < first + 3) millis = millis * 10 + bytes[at]! - 0x30;
      }
      if (at === first) return NOT_A_TIME;
      if (at < first + 3) millis *= at === first + 1 ? 100 : 10;
    }
    const offset = offsetMinutes(bytes, at, end);
    if (offset === NO_OFFSET) return NOT_A_TIME;
    const minutes = hour * 60 + minute - offset;
    if (second === 60) {
      if ((minutes + 1440) % 1440 !== 1439) return NOT_A_TIME;
      second = 59;
    }
    return dayMs + minutes * 60_000 + second * 1000 + millis;
  }

  /** Midnight UTC of the date yyyymmdd, remembered: most events of a stream share it. */
  private startOfDay(date: number): number {
    const year = Math.floor(date / 10_000);
    const month = Math.floor(date / 100) % 100;
    const day = date % 100;
    if (year > 9999 || month < 1 || month > 12 || day < 1) return NOT_A_TIME;
    const leap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
    const last = month === 2 && leap ? 29 : MONTH_DAYS[month]!;
    if (day > last) return NOT_A_TIME;
    this.lastDate = date;
    this.lastDayMs = daysFromCivil(year, month, day) * DAY_MS;
    return this.lastDayMs;
  }
}

/** Days since 1970-01-01. Source: Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms". */
export function daysFromCivil(year: number, month: number, day: number): number {
  const shifted = month <= 2 ? year - 1 : year;
  const era = Math.floor(shifted / 400);
  const yearOfEra = shifted - era * 400;
  const dayOfYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1;
  const dayOfEra =
    yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear;
  return era * 146_097 + dayOfEra - 719_468;
}

function isDigit(byte: number): boolean {
  return byte >= 0x30 && byte <= 0x39;
}

/** What `digitPair` gives for anything but two digits: more than any field allows. */
const NO_PAIR = 1_000_000;

/** The number written in two digits at `at`. */
function digitPair(bytes: Uint8Array, at: number): number {
  const tens = bytes[at]! - 0x30;
  const ones = bytes[at + 1]! - 0x30;
  return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? tens * 10 + ones : NO_PAIR;
}

const NO_OFFSET = NO_PAIR;

/** Minutes east of UTC written from `at` up to `end`: `Z`, `+08:00`; NO_OFFSET when it is neither. */
function offsetMinutes(bytes: Uint8Array, at: number, end: number): number {
  if (end - at === 1 && (bytes[at]! | 0x20) === 0x7a) return 0;
  const sign = bytes[at];
  if (end - at !== 6 || bytes[at + 3] !== 0x3a || (sign !== 0x2b && sign !== 0x2d)) {
    return NO_OFFSET;
  }
  const hours = digitPair(bytes, at + 1);
  const minutes = digitPair(bytes, at + 4);
  if (hours > 23 || minutes > 59) return NO_OFFSET;
  return (hours * 60 + minutes) * (sign === 0x2d ? -1 : 1);
}
