/**
 * The texts of a customer: what a `customer.updated` event says of them, and who invited them. The latest
 * profile by (occurredAt, id) stands whole, the earliest invitation likewise, in whatever order they arrive.
 */

import { daysInMonth } from './local-time.ts';

/** A longer profile is taken for an empty one: texts are kept for every customer. */
export const LONGEST_PROFILE_BYTES = 4096;
/** What a text costs beside its characters: its header, the object that holds it, its place in a map. */
const TEXT_OVERHEAD_BYTES = 120;
const LEAP_YEAR = 2000;

/** A text that an event brought, and what tells it from those of other events. */
export interface Noted {
  readonly occurredAtMs: number;
  readonly eventId: string;
  readonly text: string;
}

/** The noted texts of one kind, by record. Of several for one record, one stands. */
export class NotedTexts {
  readonly #byRecord = new Map<number, Noted>();
  readonly #prefers: (order: number) => boolean;
  #bytes = 0;

  /** @param which of several texts stands, in the order of (occurredAt, id). */
  constructor(which: 'earliest' | 'latest') {
    this.#prefers = which === 'latest' ? (order) => order > 0 : (order) => order < 0;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get(record: number): string | undefined {
    return this.#byRecord.get(record)?.text;
  }

  /** @returns whether the text stands now. */
  note(record: number, noted: Noted): boolean {
    const standing = this.#byRecord.get(record);
    if (standing !== undefined && !this.#prefers(compare(noted, standing))) return false;
    this.#bytes += costOf(noted) - costOf(standing);
    this.#byRecord.set(record, noted);
    return true;
  }

  delete(record: number): void {
    this.#bytes -= costOf(this.#byRecord.get(record));
    this.#byRecord.delete(record);
  }
}

function costOf(noted: Noted | undefined): number {
  if (noted === undefined) return 0;
  return noted.eventId.length + noted.text.length + TEXT_OVERHEAD_BYTES;
}

/** Ids are compared by their bytes, as the database does. */
function compare(one: Noted, other: Noted): number {
  if (one.occurredAtMs !== other.occurredAtMs) return one.occurredAtMs - other.occurredAtMs;
  return Buffer.compare(Buffer.from(one.eventId), Buffer.from(other.eventId));
}

export type Profile = Readonly<Record<string, unknown>>;

/** @param attributes the JSON of a `customer.updated` event, '' for none. */
export function profileOf(attributes: string): Profile {
  return attributes === '' ? {} : (JSON.parse(attributes) as Profile);
}

/** The tags of a profile; none when they are no list of texts. */
export function tagsOf({ tags }: Profile): readonly string[] {
  return isTextList(tags) ? tags : [];
}

/** A birthday as month × 100 + day, 0 when there is none or it is no date. */
export function birthdayOf({ birthday }: Profile): number {
  const parts =
    typeof birthday === 'string' ? /^(?:(\d{4})-)?(\d\d)-(\d\d)$/.exec(birthday) : undefined;
  if (!parts) return 0;
  // Without its year, a 29 February may be one.
  const year = Number(parts[1] ?? LEAP_YEAR);
  const month = Number(parts[2]);
  const day = Number(parts[3]);
  if (month < 1 || month > 12 || day < 1 || day > daysInMonth(year, month)) return 0;
  return month * 100 + day;
}

/** Whether the profile has a birthday or tags that cannot be read as such. */
export function isMalformed(profile: Profile): boolean {
  const { birthday, tags } = profile;
  const absent = (value: unknown): boolean => value === undefined || value === null || value === '';
  return (!absent(birthday) && birthdayOf(profile) === 0) || (!absent(tags) && !isTextList(tags));
}

function isTextList(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((each) => typeof each === 'string');
}
