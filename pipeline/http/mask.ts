/**
 * Masks full card numbers in an event before it is written to the inbox. The decoder masks what it makes
 * of an event; but the log holds the bytes themselves, and a card number must not stand on disk either.
 */

import { holdsCard, type CardMask } from '../ingest/card-number.ts';
import { endOfString } from './split.ts';

const QUOTE = 0x22;
/** A number of JSON: only its whole part can be a card, a long fraction is a coordinate. */
const NUMBER = /(-?)(\d+)((?:\.\d+)?(?:[eE][+-]?\d+)?)/g;
const GROUPS = /\d[ -]\d/;

/**
 * The event with every full card number masked; the same Buffer when there is none, which costs one look at
 * every thirteenth byte. A card number written as a bare JSON number becomes a string, so that the event
 * stays JSON. Digits written as escapes count as digits.
 */
export function maskEvent(bytes: Buffer, mask: CardMask): Buffer {
  if (!holdsCard(bytes, 0, bytes.length) && !bytes.includes('\\u00')) return bytes;
  const parts: Buffer[] = [];
  let changed = false;
  for (let at = 0; at < bytes.length;) {
    const inString = bytes[at] === QUOTE;
    const end = inString ? endOfString(bytes, at) + 1 : nextQuote(bytes, at);
    const part = bytes.subarray(at, end);
    const masked = inString ? mask.bytes(part) : maskNumbers(part, mask);
    changed ||= masked !== part;
    parts.push(masked);
    at = end;
  }
  return changed ? Buffer.concat(parts) : bytes;
}

function nextQuote(bytes: Buffer, from: number): number {
  const quote = bytes.indexOf(QUOTE, from);
  return quote === -1 ? bytes.length : quote;
}

function maskNumbers(part: Buffer, mask: CardMask): Buffer {
  if (!holdsCard(part, 0, part.length)) return part;
  const text = part.toString('latin1');
  // Groups of digits outside a string are not JSON, but must not reach the disk either.
  if (GROUPS.test(text)) return mask.bytes(part);
  const masked = text.replaceAll(
    NUMBER,
    (token, sign: string, whole: string, rest: string): string => {
      const hidden = mask.text(whole);
      return hidden === whole ? token : `"${sign}${hidden}${rest}"`;
    },
  );
  return masked === text ? part : Buffer.from(masked, 'latin1');
}
