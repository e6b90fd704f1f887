/**
 * IP addresses as window keys. Two spellings of one address are one key, so an address is kept in its
 * canonical text (RFC 5952; an IPv4-mapped IPv6 address is the IPv4 one; blanks, brackets and a port around it go).
 * Anything else in the `ip` field is an opaque token: a key like any other, without a prefix; what is written as an
 * address and is none, or as several, is no key and is counted.
 */

import ipaddr from 'ipaddr.js';

export interface Address {
  readonly text: string;
  /** The text of the /24 of an IPv4 address or of the /64 of an IPv6 one. */
  readonly prefix: string;
}

/** One address with what gateways write around it: `203.0.113.9:443`, `[2001:db8::1]:443`. */
const DRESSED =
  /^ *(?:\[(?<bracketed>[0-9a-f.:]+)\](?::\d{0,5})?|(?<dotted>[0-9.]+)(?::\d{0,5})?|(?<coloned>[0-9a-f.:]+)) *$/i;

/** The address written in the text, or undefined when it is an opaque token. */
export function parseAddress(text: string): Address | undefined {
  const { bracketed, dotted, coloned } = DRESSED.exec(text)?.groups ?? {};
  return parseBare(bracketed ?? dotted ?? coloned ?? text);
}

function parseBare(text: string): Address | undefined {
  if (!text.includes(':')) {
    if (!ipaddr.IPv4.isValidFourPartDecimal(text)) return undefined;
    return { text, prefix: text.slice(0, text.lastIndexOf('.')) };
  }
  // A zone (`fe80::1%eth0`) names an interface of the sender's machine, so the text is only a token.
  if (text.includes('%') || !ipaddr.IPv6.isValid(text)) return undefined;
  const address = ipaddr.IPv6.parse(text);
  if (address.isIPv4MappedAddress()) {
    const canonical = address.toIPv4Address().toString();
    return { text: canonical, prefix: canonical.slice(0, canonical.lastIndexOf('.')) };
  }
  return {
    text: address.toRFC5952String(),
    prefix: address.parts
      .slice(0, 4)
      .map((part) => part.toString(16))
      .join(':'),
  };
}

/**
 * The length of the /24 part of the dotted IPv4 address in bytes `start` to `end` (`203.0.113` of
 * `203.0.113.9`), or 0 when they are no such address. Octets with leading zeros are none: some read them
 * as octal.
 */
export function ipv4PrefixLength(bytes: Uint8Array, start: number, end: number): number {
  if (end - start < 7 || end - start > 15) return 0;
  let octet = -1;
  let dots = 0;
  let lastDot = 0;
  for (let at = start; at < end; at++) {
    const byte = bytes[at]!;
    if (byte === 0x2e) {
      if (octet < 0) return 0;
      dots++;
      lastDot = at;
      octet = -1;
    } else {
      const digit = byte - 0x30;
      if (digit < 0 || digit > 9 || octet === 0) return 0;
      octet = octet < 0 ? digit : octet * 10 + digit;
      if (octet > 255) return 0;
    }
  }
  return dots === 3 && octet >= 0 ? lastDot - start : 0;
}

/** The parts of a text that are written as addresses and are none: cut off, out of range, a network, a hardware address. */
const NEARLY =
  /^\[?(?:\d{1,4}(?:\.\d{0,4}){2,}|[0-9a-f]{0,4}(?::[0-9a-f]{0,4}){2,8})[\]./\d]*(?::\d{1,5})?$/i;

/** No part that is written as an address is longer; the expression above takes time by the square of a length. */
const LONGEST_PART = 64;

/** More digits stand together in tokens alone: a port has five. */
const LONGEST_RUN = 5;

/**
 * Whether the text in bytes `start` to `end`, which is no address, is written as one all the same (`999.1.1.1`), or as
 * several (`203.0.113.9, 10.0.0.1`, of which nobody can say which one is the customer's). No token looks so, and what
 * was mistaken once is mistaken by many senders: it says nothing of who shares what. Tokens are told by their bytes alone.
 */
export function isMistakenAddress(bytes: Buffer, start: number, end: number): boolean {
  let marks = 0;
  let run = 0;
  for (let at = start; at < end; at++) {
    const byte = bytes[at]!;
    if (isHexadecimal(byte)) {
      run++;
      if (run > LONGEST_RUN) return false;
      continue;
    }
    run = 0;
    if (byte === DOT || byte === COLON) marks++;
    else if (!BESIDE.includes(byte)) {
      const rest = bytes.subarray(at, end);
      // `unknown, 203.0.113.9`, `for="203.0.113.9:443"` and `[fe80::1%eth0]:443`
      const isHeader = rest.includes(COMMA) || rest.includes(EQUALS) || byte === PERCENT;
      return isHeader && holdsAddress(bytes, start, end);
    }
  }
  return marks > 1 && holdsAddress(bytes, start, end);
}

function holdsAddress(bytes: Buffer, start: number, end: number): boolean {
  return bytes
    .toString('utf8', start, end)
    .split(/[ ,;]+/)
    .some((written) => {
      if (written.length > LONGEST_PART) return false;
      const part = written.replace(AROUND, '').replace(ZONE, ']');
      return NEARLY.test(part) || parseAddress(part) !== undefined;
    });
}

/** As RFC 7239 has it. */
const AROUND = /^for=|"/gi;
/** Behind an address in brackets: with it, senders write ports. Without brackets it is a token. */
const ZONE = /%[^\]]*\]/;

const DOT = 0x2e;
const COLON = 0x3a;
const COMMA = 0x2c;
const EQUALS = 0x3d;
const PERCENT = 0x25;
const BLANK = 0x20;
const BRACKET = 0x5b;
/** What stands between addresses and around them. */
const BESIDE: readonly number[] = [...Buffer.from(' ,;/[]')];

function isHexadecimal(byte: number): boolean {
  const folded = byte | 0x20;
  return (byte >= 0x30 && byte <= 0x39) || (folded >= 0x61 && folded <= 0x66);
}

const REMEMBERED = 8192;

/** Addresses by their text, remembered: parsing an IPv6 address costs more than the rest of an event. */
export class AddressReader {
  private readonly known = new Map<string, Address | undefined>();

  /** As `parseAddress`. */
  read(text: string): Address | undefined {
    if (this.known.has(text)) return this.known.get(text);
    const address = parseAddress(text);
    if (this.known.size >= REMEMBERED) this.known.clear();
    this.known.set(text, address);
    return address;
  }

  /** Where the one spelling of what the text in bytes `start` to `end` names ends there; −1 where it is spelt otherwise. */
  canonicalEnd(bytes: Buffer, start: number, end: number): number {
    if (start === end) return end;
    const first = bytes[start]!;
    const isPlain = first !== BRACKET && first !== BLANK && bytes[end - 1] !== BLANK;
    for (let at = start; at < end; at++) {
      if (isPlain && bytes[at] !== COLON) continue;
      // A gateway that writes ports writes them at every event.
      if (isPort(bytes, at, end) && ipv4PrefixLength(bytes, start, at) > 0) return at;
      const text = bytes.toString('utf8', start, end);
      const address = this.read(text);
      return address === undefined || address.text === text ? end : -1;
    }
    return end;
  }
}

/** Whether bytes `at` to `end` are a colon with a port behind it. */
function isPort(bytes: Uint8Array, at: number, end: number): boolean {
  if (bytes[at] !== COLON || end - at < 2 || end - at > 6) return false;
  for (let digit = at + 1; digit < end; digit++) {
    if (bytes[digit]! < 0x30 || bytes[digit]! > 0x39) return false;
  }
  return true;
}
