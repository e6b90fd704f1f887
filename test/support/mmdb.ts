/**
 * Writes a small MMDB file, so that no database of somebody else lies in the repository. Source: "MaxMind DB File
 * Format Specification" 2.0: a binary trie over address bits with 24-bit records, the data it points to, metadata.
 */

import ipaddr from 'ipaddr.js';

type Value = string | number | readonly string[] | { readonly [key: string]: Value };
type Node = [left: Node | number | undefined, right: Node | number | undefined];

const MARKER = Buffer.from('\xab\xcd\xefMaxMind.com', 'latin1');
const SEPARATOR_BYTES = 16;

/** @param systems by range, such as `203.0.113.0/24`; a narrower range comes after the wider one that holds it. */
export function mmdb(
  systems: Readonly<Record<string, { readonly asn: number; readonly operator: string }>>,
  databaseType = 'GeoLite2-ASN',
): Buffer {
  const root: Node = [undefined, undefined];
  const data: Buffer[] = [];
  let dataBytes = 0;
  for (const [range, { asn, operator }] of Object.entries(systems)) {
    insert(root, bitsOf(range), dataBytes);
    const bytes = encoded({
      autonomous_system_number: asn,
      autonomous_system_organization: operator,
    });
    data.push(bytes);
    dataBytes += bytes.length;
  }
  const nodes: Node[] = [root];
  for (const node of nodes) {
    for (const side of node) if (Array.isArray(side)) nodes.push(side);
  }
  const numbers = new Map(nodes.map((node, number) => [node, number]));
  const tree = Buffer.alloc(nodes.length * 6);
  const recordOf = (side: Node[number]): number =>
    side === undefined
      ? nodes.length
      : typeof side === 'number'
        ? nodes.length + SEPARATOR_BYTES + side
        : numbers.get(side)!;
  nodes.forEach(([left, right], number) => {
    tree.writeUIntBE(recordOf(left), number * 6, 3);
    tree.writeUIntBE(recordOf(right), number * 6 + 3, 3);
  });
  const metadata = encoded({
    node_count: nodes.length,
    record_size: 24,
    ip_version: 6,
    database_type: databaseType,
    languages: ['en'],
    binary_format_major_version: 2,
    binary_format_minor_version: 0,
    build_epoch: 1_772_000_000,
    description: { en: 'made by a test' },
  });
  return Buffer.concat([tree, Buffer.alloc(SEPARATOR_BYTES), ...data, MARKER, metadata]);
}

/** IPv4 addresses stand behind 96 zero bits. */
function bitsOf(range: string): number[] {
  const [address, length] = ipaddr.parseCIDR(range);
  const bytes = address.toByteArray();
  const bits = bytes.flatMap((byte) => [7, 6, 5, 4, 3, 2, 1, 0].map((at) => (byte >> at) & 1));
  const own = bits.slice(0, length);
  return bytes.length === 4 ? [...new Array<number>(96).fill(0), ...own] : own;
}

function insert(root: Node, bits: readonly number[], offset: number): void {
  let node = root;
  for (const bit of bits.slice(0, -1)) {
    const side = node[bit];
    const next: Node = Array.isArray(side) ? side : [side, side];
    node[bit] = next;
    node = next;
  }
  node[bits.at(-1)!] = offset;
}

function encoded(value: Value): Buffer {
  if (typeof value === 'string')
    return Buffer.concat([control(2, value.length), Buffer.from(value)]);
  if (typeof value === 'number') {
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32BE(value);
    return Buffer.concat([control(6, 4), bytes]);
  }
  if (Array.isArray(value)) {
    const items = value as readonly string[];
    return Buffer.concat([control(11, items.length), ...items.map(encoded)]);
  }
  const entries = Object.entries(value as Readonly<Record<string, Value>>);
  return Buffer.concat([
    control(7, entries.length),
    ...entries.flatMap(([key, item]) => [encoded(key), encoded(item)]),
  ]);
}

/** Types from 8 on are written in a second byte; no size here needs more than one. */
function control(type: number, size: number): Buffer {
  if (size > 28) return Buffer.from([(type << 5) | 29, size - 29]);
  return type < 8 ? Buffer.from([(type << 5) | size]) : Buffer.from([size, type - 7]);
}
