/**
 * Address ranges by prefix length: a look-up masks the address once for each length that is in use, however
 * many ranges there are. The most specific range answers.
 */

import ipaddr from 'ipaddr.js';

export interface AddressRange {
  readonly family: 'ipv4' | 'ipv6';
  /** Length of the prefix. */
  readonly bits: number;
  /** The network's address in 32-bit words, the bits behind the prefix zero: one of IPv4, four of IPv6. */
  readonly words: readonly number[];
  /** The one spelling: `203.0.113.0/24`. */
  readonly text: string;
}

/** A shorter prefix names whole countries: that is a slip of the pen, and an outage wherever it takes effect. */
const SHORTEST_PREFIX = { ipv4: 8, ipv6: 16 } as const;

/** Why a range names too much, or undefined. All private IPv6 addresses are one range, and nobody's country. */
export function widthProblem({ family, bits, text }: AddressRange): string | undefined {
  const shortest = SHORTEST_PREFIX[family];
  if (bits >= shortest || text === 'fc00::/7') return undefined;
  return `the range is too wide: the shortest prefix is /${shortest}`;
}

/** Whether the text is meant as a range. */
export function isAddressRange(text: string): boolean {
  return text.includes('/');
}

/**
 * The range that a text such as `203.0.113.7/24` names; an IPv4-mapped one is the IPv4 one, which is how
 * events have it. Undefined for anything else.
 */
export function rangeOf(text: string): AddressRange | undefined {
  if (!isAddressRange(text)) return undefined;
  if (!ipaddr.IPv4.isValidCIDRFourPartDecimal(text) && !ipaddr.IPv6.isValidCIDR(text)) {
    return undefined;
  }
  const [parsed, length] = ipaddr.parseCIDR(text);
  const mapped = parsed instanceof ipaddr.IPv6 && parsed.isIPv4MappedAddress() && length >= 96;
  const address = mapped ? parsed.toIPv4Address() : parsed;
  const bits = mapped ? length - 96 : length;
  const family = address.kind();
  const words = masked(wordsOf(address), bits);
  const bytes = words.flatMap((word) => [word >>> 24, word >>> 16, word >>> 8, word]);
  const network = ipaddr.fromByteArray(bytes.map((byte) => byte & 255));
  const spelled = network instanceof ipaddr.IPv6 ? network.toRFC5952String() : network.toString();
  return { family, bits, words, text: `${spelled}/${bits}` };
}

/** As `rangeOf`; a single address is a range of its own. */
export function rangeNamedBy(text: string): AddressRange | undefined {
  return rangeOf(isAddressRange(text) ? text : `${text}/${text.includes(':') ? 128 : 32}`);
}

function wordsOf(address: ipaddr.IPv4 | ipaddr.IPv6): number[] {
  const bytes = address.toByteArray();
  const words: number[] = [];
  for (let at = 0; at < bytes.length; at += 4) {
    words.push(
      (bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]! | 0,
    );
  }
  return words;
}

function masked(words: readonly number[], bits: number): number[] {
  return words.map((word, index) => word & maskOf(bits - index * 32));
}

/** A mask of the first `bits` bits of a word; none below 1, all from 32 on. */
function maskOf(bits: number): number {
  if (bits <= 0) return 0;
  return bits >= 32 ? -1 : -1 << (32 - bits);
}

/** The ranges of one prefix length, by the masked words of their networks. */
interface Length<Value> {
  readonly bits: number;
  readonly ranges: Map<number | string, Value>;
}

/** Values by range. */
export class RangeTable<Value> {
  /** By length, longest first. */
  readonly #lengths = { ipv4: [] as Length<Value>[], ipv6: [] as Length<Value>[] };
  #size = 0;

  get size(): number {
    return this.#size;
  }

  get(range: AddressRange): Value | undefined {
    return this.#lengths[range.family]
      .find(({ bits }) => bits === range.bits)
      ?.ranges.get(keyOf(range.words));
  }

  set(range: AddressRange, value: Value): void {
    const lengths = this.#lengths[range.family];
    let length = lengths.find(({ bits }) => bits === range.bits);
    if (length === undefined) {
      length = { bits: range.bits, ranges: new Map() };
      lengths.push(length);
      lengths.sort((a, b) => b.bits - a.bits);
    }
    const before = length.ranges.size;
    length.ranges.set(keyOf(range.words), value);
    this.#size += length.ranges.size - before;
  }

  delete(range: AddressRange): boolean {
    const lengths = this.#lengths[range.family];
    const at = lengths.findIndex(({ bits }) => bits === range.bits);
    if (at < 0 || !lengths[at]!.ranges.delete(keyOf(range.words))) return false;
    if (lengths[at]!.ranges.size === 0) lengths.splice(at, 1);
    this.#size--;
    return true;
  }

  /** Every value, the most specific ranges first. */
  *values(): Generator<Value> {
    for (const { ranges } of [...this.#lengths.ipv4, ...this.#lengths.ipv6]) yield* ranges.values();
  }

  /**
   * The value of the most specific range that holds the address and that `holds` takes, or undefined; a
   * token is in none.
   * @param address as UTF-8 bytes `from` to `to`.
   */
  match(
    address: Buffer,
    from: number,
    to: number,
    holds: (value: Value) => boolean,
  ): Value | undefined {
    const word = ipv4Word(address, from, to);
    if (word !== undefined) return this.#matchIpv4(word, holds);
    const text = address.toString('latin1', from, to);
    if (!text.includes(':') || !ipaddr.IPv6.isValid(text)) return undefined;
    const parsed = ipaddr.IPv6.parse(text);
    const words = wordsOf(parsed);
    if (parsed.isIPv4MappedAddress()) return this.#matchIpv4(words[3]!, holds);
    for (const { bits, ranges } of this.#lengths.ipv6) {
      const value = ranges.get(keyOf(masked(words, bits)));
      if (value !== undefined && holds(value)) return value;
    }
    return undefined;
  }

  #matchIpv4(word: number, holds: (value: Value) => boolean): Value | undefined {
    for (const { bits, ranges } of this.#lengths.ipv4) {
      const value = ranges.get(word & maskOf(bits));
      if (value !== undefined && holds(value)) return value;
    }
    return undefined;
  }
}

function keyOf(words: readonly number[]): number | string {
  return words.length === 1 ? words[0]! : words.join(',');
}

/** The dotted address as a signed word; undefined for anything else. */
function ipv4Word(bytes: Uint8Array, from: number, to: number): number | undefined {
  if (to - from < 7 || to - from > 15) return undefined;
  let word = 0;
  let octet = -1;
  let dots = 0;
  for (let at = from; at < to; at++) {
    const byte = bytes[at]!;
    if (byte === 0x2e) {
      if (octet < 0) return undefined;
      word = (word << 8) | octet;
      octet = -1;
      dots++;
    } else {
      const digit = byte - 0x30;
      if (digit < 0 || digit > 9 || octet === 0) return undefined;
      octet = octet < 0 ? digit : octet * 10 + digit;
      if (octet > 255) return undefined;
    }
  }
  return dots === 3 && octet >= 0 ? (word << 8) | octet : undefined;
}
