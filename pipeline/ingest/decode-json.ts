/** What decoding needs to know of JSON beside JSON.parse: depth, exact long numbers, forbidden keys, a canonical text. */

import { holdsCard, type CardMask } from './card-number.ts';

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
/** The fewest digits of a card number. */
const LONG_NUMBER_DIGITS = 13;

/** Keys through which a parsed object could reach a prototype. */
const FORBIDDEN_KEYS: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype']);

/**
 * A look at JSON text that needs no stack and no object: the deepest level of brackets (a scalar has 0), and
 * whether a number with 13 or more digits stands outside strings. On text that is not JSON the answer is
 * harmless, since JSON.parse refuses it next.
 */
export function inspectJson(bytes: Uint8Array): { depth: number; longNumber: boolean } {
  let depth = 0;
  let deepest = 0;
  let digits = 0;
  let longNumber = false;
  let inString = false;
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at]!;
    if (inString) {
      if (byte === BACKSLASH) at++;
      else if (byte === QUOTE) inString = false;
      continue;
    }
    digits = byte >= 0x30 && byte <= 0x39 ? digits + 1 : 0;
    if (digits >= LONG_NUMBER_DIGITS) longNumber = true;
    if (byte === QUOTE) inString = true;
    else if (byte === 0x7b || byte === 0x5b) deepest = Math.max(deepest, ++depth);
    else if (byte === 0x7d || byte === 0x5d) depth--;
  }
  return { depth: deepest, longNumber };
}

/**
 * JSON text in which each number whose integer part is a full card number stands masked, as a string.
 * It works on the text since 17 digits and more do not survive as a double. The digits of a fraction (a latitude
 * has 14 of them) and of an exponent are no card.
 * @param json valid JSON
 */
export function quoteCardNumbers(json: string, cards: CardMask): string {
  return json.replaceAll(
    /"(?:[^"\\]|\\.)*"|(?<![\d.eE+-])(-?)(\d{13,19})(?!\d)((?:\.\d+)?(?:[eE][+-]?\d+)?)/gs,
    (token, sign: string | undefined, digits: string | undefined, rest: string) => {
      if (digits === undefined) return token;
      const masked = cards.text(digits);
      return masked === digits ? token : JSON.stringify(`${sign ?? ''}${masked}${rest}`);
    },
  );
}

/**
 * The dotted path of the first key at any depth that could reach a prototype.
 * @param json the text that the value was parsed from: in most there is nothing to look for
 */
export function findForbiddenKey(value: object, json: string): string | undefined {
  if (!/__proto__|constructor|prototype|\\u/.test(json)) return undefined;
  return forbiddenKeyIn(value);
}

function forbiddenKeyIn(value: object): string | undefined {
  for (const [key, child] of Object.entries(value)) {
    if (!Array.isArray(value) && FORBIDDEN_KEYS.has(key)) return key;
    if (typeof child !== 'object' || child === null) continue;
    const below = forbiddenKeyIn(child as object);
    if (below !== undefined) return `${key}.${below}`;
  }
  return undefined;
}

/**
 * The one text of a JSON value: keys sorted by UTF-16 code unit, no blanks, card numbers masked in strings,
 * keys and numbers. The depth was checked before, so that recursion is safe.
 */
export function canonicalJson(value: unknown, cards: CardMask): string {
  if (typeof value === 'string') return JSON.stringify(cards.text(value));
  if (typeof value === 'number') return canonicalNumber(value, cards);
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  if (Array.isArray(value)) {
    return `[${value.map((item) => canonicalJson(item, cards)).join(',')}]`;
  }
  return canonicalObject(Object.entries(value), cards);
}

/** As `canonicalJson`, of an object given by its entries; the keys are distinct. */
export function canonicalObject(
  entries: readonly (readonly [string, unknown])[],
  cards: CardMask,
): string {
  const sorted = [...entries].sort(([a], [b]) => (a < b ? -1 : 1));
  const members = sorted.map(
    ([key, child]) => `${JSON.stringify(cards.text(key))}:${canonicalJson(child, cards)}`,
  );
  return `{${members.join(',')}}`;
}

/** A number written with an exponent can be a card number too. */
function canonicalNumber(value: number, cards: CardMask): string {
  if (Number.isInteger(value) && Math.abs(value) >= 1e12) {
    const digits = Buffer.from(String(Math.abs(value)));
    if (holdsCard(digits, 0, digits.length)) {
      return JSON.stringify(cards.text(String(value)));
    }
  }
  // An infinite number (`1e999`) has no JSON; it is kept as text rather than lost as null.
  return Number.isFinite(value) ? JSON.stringify(value + 0) : JSON.stringify(String(value));
}
