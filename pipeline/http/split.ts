/**
 * Cuts a request body into the bytes of its events, as they were sent: the decoder reads bytes, and a
 * dead letter must hold what came. Nothing is parsed or written anew here.
 */

const TAB = 0x09;
const LINE_FEED = 0x0a;
const RETURN = 0x0d;
const BLANK = 0x20;
const QUOTE = 0x22;
const COMMA = 0x2c;
const BACKSLASH = 0x5c;
const ARRAY_OPEN = 0x5b;
const ARRAY_CLOSE = 0x5d;
const OBJECT_OPEN = 0x7b;
const OBJECT_CLOSE = 0x7d;

/** Whether the body is meant as an array: its first byte that is not white space is `[`. */
export function startsArray(body: Buffer): boolean {
  return body[skipSpace(body, 0)] === ARRAY_OPEN;
}

/**
 * The elements of a JSON array, each as a slice of `body` without the white space around it.
 *
 * Strict about the array itself: its brackets, commas and what stands around it. What an element holds is
 * the decoder's matter. So every valid array is split as `JSON.parse` would, and an invalid one either is
 * refused here or has an element that is not JSON.
 *
 * @returns undefined when the body is no array.
 */
export function splitArray(body: Buffer): Buffer[] | undefined {
  const open = skipSpace(body, 0);
  if (body[open] !== ARRAY_OPEN) return undefined;
  const elements: Buffer[] = [];
  let at = skipSpace(body, open + 1);
  if (body[at] === ARRAY_CLOSE) return endsAt(body, at) ? elements : undefined;
  for (;;) {
    const end = endOfElement(body, at);
    const last = trimEnd(body, at, end);
    // No element: `[,`, `[1,]`, or the body stopped short.
    if (end >= body.length || last === at) return undefined;
    elements.push(body.subarray(at, last));
    if (body[end] === ARRAY_CLOSE) return endsAt(body, end) ? elements : undefined;
    if (body[end] !== COMMA) return undefined;
    at = skipSpace(body, end + 1);
  }
}

/** The lines of NDJSON, without line ends; lines of white space only are no events. */
export function splitLines(body: Buffer): Buffer[] {
  const lines: Buffer[] = [];
  for (let start = 0; start < body.length;) {
    const feed = body.indexOf(LINE_FEED, start);
    const end = feed === -1 ? body.length : feed;
    const from = skipSpace(body, start);
    if (from < end) lines.push(body.subarray(from, trimEnd(body, from, end)));
    start = end + 1;
  }
  return lines;
}

/** The position of the comma or closing bracket that ends the element at `start`; the length when there is none. */
function endOfElement(body: Buffer, start: number): number {
  let depth = 0;
  for (let at = start; at < body.length; at++) {
    switch (body[at]) {
      case QUOTE:
        at = endOfString(body, at);
        break;
      case ARRAY_OPEN:
      case OBJECT_OPEN:
        depth++;
        break;
      case ARRAY_CLOSE:
      case OBJECT_CLOSE:
        if (depth === 0) return at;
        depth--;
        break;
      case COMMA:
        if (depth === 0) return at;
        break;
      default:
    }
  }
  return body.length;
}

/** The position of the quote that closes the string opened at `open`; the length when there is none. */
export function endOfString(body: Buffer, open: number): number {
  let at = open + 1;
  while (at < body.length && body[at] !== QUOTE) at += body[at] === BACKSLASH ? 2 : 1;
  return Math.min(at, body.length);
}

function endsAt(body: Buffer, close: number): boolean {
  return skipSpace(body, close + 1) === body.length;
}

function skipSpace(body: Buffer, from: number): number {
  let at = from;
  while (at < body.length && isSpace(body[at]!)) at++;
  return at;
}

function trimEnd(body: Buffer, from: number, to: number): number {
  let end = to;
  while (end > from && isSpace(body[end - 1]!)) end--;
  return end;
}

/** White space of RFC 8259, and no other. */
function isSpace(byte: number): boolean {
  return byte === BLANK || byte === LINE_FEED || byte === RETURN || byte === TAB;
}
