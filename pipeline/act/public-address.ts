/**
 * Which addresses a webhook may connect to. A name is resolved once, every address it stands for is judged,
 * and the connection goes to a judged address: a name that answers differently a moment later is not asked again.
 */

import { lookup, type LookupAddress } from 'node:dns';
import { isIP, type LookupFunction } from 'node:net';
import ipaddr from 'ipaddr.js';

/** As dns.lookup with `all`: tests and other resolvers may stand in. */
export type Resolve = (
  hostname: string,
  options: { readonly all: true; readonly family: number },
  done: (error: NodeJS.ErrnoException | null, addresses: LookupAddress[] | undefined) => void,
) => void;

/** A host that must not be connected to: inside, or of no use. */
export class RefusedAddress extends Error {
  override readonly name = 'RefusedAddress';
}

/**
 * Whether an address is one of the public internet. Loopback, private, link-local, carrier-grade NAT, multicast,
 * reserved and documentation ranges are not, nor is IPv6 that carries an IPv4 address through a translator
 * or a tunnel; an IPv4-mapped one counts as the IPv4 address it is.
 *
 * @param address what dns.lookup or a URL gives: dotted IPv4, or IPv6 without brackets.
 */
export function isPublicAddress(address: string): boolean {
  if (isIP(address) === 0) return false;
  return ipaddr.process(address).range() === 'unicast';
}

/** The literal address in a URL's host, or undefined for a name. The URL has made `2130706433` dotted already. */
export function literalAddress(url: URL): string | undefined {
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
  return isIP(host) === 0 ? undefined : host;
}

/** For `lookup` of a request: refuses a name when any of its addresses is not public. */
export function publicLookup(resolve: Resolve = lookup): LookupFunction {
  return (hostname, options, done) => {
    const family = familyOf(options.family);
    resolve(hostname, { all: true, family }, (error, addresses) => {
      const first = addresses?.[0];
      if (error !== null || addresses === undefined || first === undefined) {
        done(error ?? new Error(`${hostname} has no address`), '', 0);
        return;
      }
      const refused = addresses.find(({ address }) => !isPublicAddress(address));
      if (refused !== undefined) done(refusal(`${hostname} (${refused.address})`), '', 0);
      else if (options.all === true) done(null, addresses);
      else done(null, first.address, first.family);
    });
  };
}

export function refusal(host: string): RefusedAddress {
  return new RefusedAddress(`${host} is not a public address, and allowPrivate is not set`);
}

function familyOf(family: number | 'IPv4' | 'IPv6' | undefined): number {
  if (family === 'IPv4') return 4;
  return family === 'IPv6' ? 6 : (family ?? 0);
}
