/**
 * IP addresses as window keys. Two spellings of one address are one key, so an address is kept in its
 * canonical text (RFC 5952; an IPv4-mapped IPv6 address is the IPv4 one). Anything else in the `ip` field
 * is an opaque token: a key like any other, without a prefix; what is written as an address and is none is no key.
 */

import ipaddr from 'ipaddr.js';

export interface Address {
  readonly text: string;
  /** The text of the /24 of an IPv4 address or of the /64 of an IPv6 one. */
  readonly prefix: string;
}

/** The address written in the text, or undefined when it is an opaque token. */
export function parseAddress(text: string): Address | undefined {
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

/** More groups than an IPv6 address has: a fingerprint written with colons, which is a token. */
const MOST_COLONS = 8;

/**
 * Whether the text in bytes `start` to `end`, which is no address, is written as one all the same: `999.1.1.1`,
 * `203.0.113.9:443`, `10.0.0.1, 10.0.0.2`. No token looks so, and what was mistaken once is mistaken by many senders:
 * it says nothing of who shares what.
 */
export function isMistakenAddress(bytes: Uint8Array, start: number, end: number): boolean {
  let dots = 0;
  let colons = 0;
  for (let at = start; at < end; at++) {
    const byte = bytes[at]!;
    if (byte === DOT) dots++;
    else if (byte === COLON) colons++;
    else if (!isOfAddress(byte)) return false;
  }
  return colons > 0 ? colons <= MOST_COLONS : dots > 0;
}

const DOT = 0x2e;
const COLON = 0x3a;

/** Hexadecimal digits, and what stands between addresses and behind them. */
function isOfAddress(byte: number): boolean {
  const folded = byte | 0x20;
  return (
    (byte >= 0x30 && byte <= 0x39) || (folded >= 0x61 && folded <= 0x66) || BESIDE.includes(byte)
  );
}

const BESIDE: readonly number[] = [...Buffer.from(' ,;/[]')];

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

  /** Whether the text in bytes `start` to `end` is the one spelling of what it names. */
  isCanonical(bytes: Buffer, start: number, end: number): boolean {
    for (let at = start; at < end; at++) {
      if (bytes[at] !== 0x3a) continue;
      const text = bytes.toString('utf8', start, end);
      const address = this.read(text);
      return address === undefined || address.text === text;
    }
    return true;
  }
}
