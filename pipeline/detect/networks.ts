/**
 * Named networks: address ranges that many honest people share, or that move an honest person about.
 * Ranges are parsed once; a look-up parses one address and walks the ranges, most specific first.
 */

import ipaddr from 'ipaddr.js';
import { z } from 'zod';
import { rangeOf, widthProblem } from './address-range.ts';

type Address = ipaddr.IPv4 | ipaddr.IPv6;

/** What an entry of a network list always says. */
export interface Network {
  /** A range of addresses; left out where the entry is an operator's. */
  readonly cidr?: string | undefined;
  /** The number of an autonomous system: all addresses of one operator, where a file says which those are. */
  readonly asn?: number | undefined;
  readonly reason: string;
}

/** A range such as `100.64.0.0/10` or `2001:db8::/32`; a single address is a range of its own. */
export const cidr = z.string().check(({ value, issues }) => {
  const problem = cidrProblem(value);
  if (problem !== undefined) issues.push({ code: 'custom', message: problem, input: value });
});

function cidrProblem(text: string): string | undefined {
  if (parseRange(text) === undefined) {
    return 'write an address range such as 100.64.0.0/10 or 2001:db8::/32';
  }
  const range = rangeOf(text);
  return range && widthProblem(range);
}

export const asn = z.int('write a number such as 4134').min(1).max(4_294_967_295);

/** Who stands behind a range. */
export const NETWORK_KINDS = ['carrier', 'office', 'campus', 'hosting', 'vpn', 'private'] as const;

const limit = z.number().min(0).optional();
const limits = z.strictObject({ review: limit, block: limit, conclusive: limit });

/** config/lists/shared-networks.yaml: ranges that many honest people share, with the limits that hold there. */
export const sharedNetworks = z
  .array(
    z.strictObject({
      cidr: cidr.optional(),
      asn: asn.optional(),
      kind: z.enum(NETWORK_KINDS).optional(),
      reason: z.string().min(1),
      bands: z
        .strictObject({
          /** Of same-ip; left out: it reaches no band there. */
          accounts: limits.default({}),
          newAccounts: limits.default({}),
          /** Of network-burst, which holds a network against its own past; left out: as everywhere. */
          burst: limits.optional(),
        })
        .prefault({}),
    }),
  )
  .check(({ value, issues }) => {
    for (const [index, entry] of value.entries()) {
      if ((entry.cidr === undefined) !== (entry.asn === undefined)) continue;
      const message = 'write cidr, an address range, or asn, the number of an autonomous system';
      issues.push({ code: 'custom', path: [index], message, input: value });
    }
  })
  .default([])
  .transform((entries) => new NetworkSet(entries));

/** The entry that holds an address, in words for an analyst. */
export function describeNetwork({
  cidr: cidrText,
  asn: number,
  kind,
  reason,
}: Network & { readonly kind?: string | undefined }): string {
  const range = cidrText ?? `AS${number}`;
  return kind === undefined ? `${range}: ${reason}` : `${range} (${kind}): ${reason}`;
}

/** The number of an address's autonomous system; NaN where it is in none. */
export type AsnOf = (ip: string) => number;

const MAX_KNOWN = 4096;

export class NetworkSet<Entry extends Network> {
  /** Answers given before: the addresses that are asked for are busy ones, and parsing one is dear. */
  readonly #known = new Map<string, Entry | undefined>();
  readonly #ranges: { readonly range: [Address, number]; readonly entry: Entry }[];
  readonly #byAsn: ReadonlyMap<number, Entry>;
  #asnOf: AsnOf | undefined;

  /**
   * @param entries with ranges that `cidr` has accepted.
   * @param asnOf tells operators; without it nobody is in an entry of one.
   */
  constructor(entries: readonly Entry[], asnOf?: AsnOf) {
    this.#ranges = entries
      .flatMap((entry) =>
        entry.cidr === undefined ? [] : [{ range: parseRange(entry.cidr)!, entry }],
      )
      .sort((a, b) => b.range[1] - a.range[1]);
    this.#byAsn = new Map(
      entries.flatMap((entry) => (entry.asn === undefined ? [] : [[entry.asn, entry]])),
    );
    this.#asnOf = asnOf;
  }

  /** Whether an entry is an operator's, which only a file of autonomous systems can tell. */
  get namesOperators(): boolean {
    return this.#byAsn.size > 0;
  }

  /** From now on operators are told. */
  know(asnOf: AsnOf): void {
    this.#asnOf = asnOf;
    this.#known.clear();
  }

  /** The entries, so that a configuration's version follows from them. */
  toJSON(): readonly Entry[] {
    return [...this.#ranges.map(({ entry }) => entry), ...this.#byAsn.values()];
  }

  /** The most specific range that holds the address, else its operator's entry; a token or a broken address is in none. */
  match(ip: string | undefined): Entry | undefined {
    if (ip === undefined || this.#ranges.length + this.#byAsn.size === 0) return undefined;
    if (this.#known.has(ip)) return this.#known.get(ip);
    if (this.#known.size >= MAX_KNOWN) this.#known.clear();
    const entry = this.#find(ip);
    this.#known.set(ip, entry);
    return entry;
  }

  #find(ip: string): Entry | undefined {
    if (!isAddress(ip)) return undefined;
    const address: Address = ipaddr.process(ip);
    const kind = address.kind();
    for (const { range, entry } of this.#ranges) {
      if (range[0].kind() === kind && address.match(range)) return entry;
    }
    if (this.#byAsn.size === 0 || this.#asnOf === undefined) return undefined;
    return this.#byAsn.get(this.#asnOf(ip));
  }
}

function parseRange(text: string): [Address, number] | undefined {
  if (ipaddr.IPv4.isValidCIDRFourPartDecimal(text) || ipaddr.IPv6.isValidCIDR(text)) {
    return unmapped(ipaddr.parseCIDR(text));
  }
  if (!isAddress(text)) return undefined;
  const address = ipaddr.parse(text);
  return unmapped([address, address.kind() === 'ipv4' ? 32 : 128]);
}

/** A range of IPv4-mapped addresses (`::ffff:203.0.113.0/120`) as the IPv4 one, which is how addresses are asked for. */
function unmapped(range: [Address, number]): [Address, number] {
  const [address, bits] = range;
  return address instanceof ipaddr.IPv6 && address.isIPv4MappedAddress() && bits >= 96
    ? [address.toIPv4Address(), bits - 96]
    : range;
}

/** The parser would take "1.2", "0x7f" and a token of digits for addresses too, but nobody means them so. */
function isAddress(text: string): boolean {
  return ipaddr.IPv4.isValidFourPartDecimal(text) || ipaddr.IPv6.isValid(text);
}
