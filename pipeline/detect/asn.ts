/**
 * Which autonomous system (the network of one operator) an address belongs to, from an MMDB file such as
 * GeoLite2-ASN or DB-IP ASN Lite. The file is the operator's own: none is shipped.
 */

import { readFileSync } from 'node:fs';
import { Reader, type AsnResponse } from 'maxmind';
import type { EventBatch } from '../event.ts';
import { keyColumn } from '../event-fields.ts';
import { Failure, messageOf } from '../failure.ts';

/** What an MMDB file says of an address. */
export interface AsnDatabase {
  /** The number of the autonomous system; NaN for a token, a private address or one that is not in the file. */
  numberOf(ip: string): number;
  /** Its operator, or undefined. */
  operatorOf(ip: string): string | undefined;
  /** When the file was made, Unix milliseconds: it is part of what can change an answer. */
  readonly builtAtMs: number;
}

/**
 * Reads an MMDB file whole: some 10 MB for all the world.
 * @throws Failure (exit code 2) when it is not there, or is no file of autonomous systems.
 */
export function openAsnDatabase(path: string): AsnDatabase {
  let reader: Reader<AsnResponse>;
  try {
    reader = new Reader<AsnResponse>(readFileSync(path));
  } catch (error) {
    throw new Failure(
      `networks.asnDatabase: ${path} cannot be read: ${messageOf(error)}: name an MMDB file of autonomous systems`,
      { exitCode: 2 },
    );
  }
  const { databaseType, buildEpoch } = reader.metadata;
  if (!/asn|isp/i.test(databaseType)) {
    throw new Failure(
      `networks.asnDatabase: ${path} holds ${databaseType}: name an MMDB file of autonomous systems`,
      { exitCode: 2 },
    );
  }
  const find = (ip: string): AsnResponse | null => {
    try {
      return reader.get(ip);
    } catch {
      // An opaque token in place of an address; the reader refuses what it cannot parse.
      return null;
    }
  };
  return {
    numberOf: (ip) => find(ip)?.autonomous_system_number ?? Number.NaN,
    operatorOf: (ip) => find(ip)?.autonomous_system_organization,
    builtAtMs: buildEpoch.getTime(),
  };
}

const LINES = 16_384;

/** Autonomous systems of the events of a batch; answers are kept by the hash of the address. */
export class AsnReader {
  readonly #database: AsnDatabase | undefined;
  readonly #column = keyColumn('ip');
  readonly #keys = new Int32Array(LINES * 2);
  readonly #numbers = new Float64Array(LINES).fill(Number.NaN);

  /** @param database none: no address is in any system. */
  constructor(database: AsnDatabase | undefined) {
    this.#database = database;
  }

  /** The number of event i's autonomous system, or NaN. */
  of(batch: EventBatch, i: number): number {
    if (this.#database === undefined) return Number.NaN;
    const at = this.#column * batch.capacity + i;
    const lo = batch.keyLo[at]!;
    const hi = batch.keyHi[at]!;
    if ((lo | hi) === 0) return Number.NaN;
    const line = lo & (LINES - 1);
    if (this.#keys[line * 2] !== lo || this.#keys[line * 2 + 1] !== hi) {
      this.#keys[line * 2] = lo;
      this.#keys[line * 2 + 1] = hi;
      this.#numbers[line] = this.#database.numberOf(batch.text('ip', i) ?? '');
    }
    return this.#numbers[line]!;
  }

  /** As `of`, of an address as text. */
  ofText(ip: string): number {
    return ip === '' ? Number.NaN : (this.#database?.numberOf(ip) ?? Number.NaN);
  }
}
