/** The wire format of Kafka as far as the bench broker speaks it. Source: kafka.apache.org/protocol. */

export class Reader {
  readonly #buffer: Buffer;
  #at = 0;

  constructor(buffer: Buffer) {
    this.#buffer = buffer;
  }

  int8(): number {
    return this.#buffer.readInt8(this.#move(1));
  }
  int16(): number {
    return this.#buffer.readInt16BE(this.#move(2));
  }
  int32(): number {
    return this.#buffer.readInt32BE(this.#move(4));
  }
  int64(): bigint {
    return this.#buffer.readBigInt64BE(this.#move(8));
  }

  /** A null string reads as ''. */
  string(): string {
    const length = Math.max(0, this.int16());
    const at = this.#move(length);
    return this.#buffer.toString('utf8', at, at + length);
  }

  bytes(): Buffer {
    const length = Math.max(0, this.int32());
    const at = this.#move(length);
    return this.#buffer.subarray(at, at + length);
  }

  /** Answers a list of topics with lists of partitions; `each` reads one partition and writes its answer. */
  topics(out: Writer, each: () => void): Writer {
    return out.array(Array.from({ length: this.int32() }), () => {
      out.string(this.string());
      out.array(Array.from({ length: this.int32() }), each);
    });
  }

  #move(length: number): number {
    const at = this.#at;
    this.#at += length;
    return at;
  }
}

export class Writer {
  readonly #parts: Buffer[] = [];

  int8(value: number): this {
    return this.#fixed(1, (part) => part.writeInt8(value));
  }
  int16(value: number): this {
    return this.#fixed(2, (part) => part.writeInt16BE(value));
  }
  int32(value: number): this {
    return this.#fixed(4, (part) => part.writeInt32BE(value));
  }
  int64(value: bigint): this {
    return this.#fixed(8, (part) => part.writeBigInt64BE(value));
  }

  string(value: string | null): this {
    if (value === null) return this.int16(-1);
    const part = Buffer.from(value);
    this.int16(part.length);
    this.#parts.push(part);
    return this;
  }

  bytes(value: Buffer): this {
    this.int32(value.length);
    this.#parts.push(value);
    return this;
  }

  array<T>(values: readonly T[], each: (value: T) => unknown): this {
    this.int32(values.length);
    for (const value of values) each(value);
    return this;
  }

  /** The response with its length and correlation id in front. */
  frame(correlation: number): Buffer {
    const body = Buffer.concat(this.#parts);
    const head = Buffer.alloc(8);
    head.writeInt32BE(body.length + 4);
    head.writeInt32BE(correlation, 4);
    return Buffer.concat([head, body]);
  }

  #fixed(length: number, write: (part: Buffer) => void): this {
    const part = Buffer.alloc(length);
    write(part);
    this.#parts.push(part);
    return this;
  }
}

const HEADER_BYTES = 61;

/** A record batch of format 2, without keys and headers; kafkajs does not check its sum. */
export function recordBatch(base: number, values: readonly Buffer[]): Buffer {
  const records = values.map((value, i) => record(i, value));
  const head = Buffer.alloc(HEADER_BYTES);
  const body = Buffer.concat(records);
  const now = BigInt(Date.now());
  head.writeBigInt64BE(BigInt(base), 0);
  head.writeInt32BE(HEADER_BYTES - 12 + body.length, 8);
  head.writeInt8(2, 16);
  head.writeInt32BE(values.length - 1, 23);
  head.writeBigInt64BE(now, 27);
  head.writeBigInt64BE(now, 35);
  head.writeBigInt64BE(-1n, 43);
  head.writeInt16BE(-1, 51);
  head.writeInt32BE(-1, 53);
  head.writeInt32BE(values.length, 57);
  return Buffer.concat([head, body]);
}

function record(offsetDelta: number, value: Buffer): Buffer {
  const front = Buffer.from([0, ...varint(0), ...varint(offsetDelta), ...varint(-1)]);
  const body = Buffer.concat([front, Buffer.from(varint(value.length)), value, Buffer.from([0])]);
  return Buffer.concat([Buffer.from(varint(body.length)), body]);
}

/** Zigzag, seven bits a byte. */
function varint(value: number): number[] {
  let rest = (value << 1) ^ (value >> 31);
  const bytes: number[] = [];
  while (rest > 127) {
    bytes.push((rest & 127) | 128);
    rest >>>= 7;
  }
  bytes.push(rest);
  return bytes;
}
