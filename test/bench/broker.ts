/**
 * A Kafka broker for benches, in a process of its own: one topic, kept in memory as ready-made record
 * batches, served by the dozen requests that a consumer group makes. It answers in the oldest response
 * versions kafkajs reads, costs far less CPU than a real one, and so leaves the other core to the consumer.
 * It knows one group member at a time and no login. Correctness is tested on a real broker, never on this.
 */

import { fork } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { fileURLToPath } from 'node:url';
import { payments, type Crowd } from './broker-payments.ts';
import { Reader, recordBatch, Writer } from './broker-wire.ts';

export const TOPIC = 'payments';

export interface BenchBroker {
  readonly address: string;
  stop(): Promise<void>;
}

export interface Workload {
  readonly count: number;
  readonly partitions: number;
  readonly seed: number;
  readonly crowd: Crowd;
}

/** Starts a broker whose topic holds `count` payments, spread over the partitions in order of time. */
export async function startBroker(options: Workload): Promise<BenchBroker> {
  const child = fork(fileURLToPath(import.meta.url), ['--serve', JSON.stringify(options)], {
    execArgv: ['--import', 'tsx'],
  });
  const [port] = (await once(child, 'message')) as [number];
  return {
    address: `127.0.0.1:${port}`,
    stop: async () => {
      child.disconnect();
      await once(child, 'exit');
    },
  };
}

/** Messages of one record batch: what a busy producer with a linger of some milliseconds sends. */
const BATCH_MESSAGES = 200;
const NO_ERROR = 0;
const NODE = 0;

interface StoredBatch {
  readonly base: number;
  readonly bytes: Buffer;
}

/** One partition's log. */
interface Log {
  readonly batches: StoredBatch[];
  end: number;
}

class Broker {
  readonly #logs: Log[];
  readonly #committed = new Map<string, number>();
  #members = 0;
  port = 0;

  constructor({ count, partitions, seed, crowd }: Workload) {
    this.#logs = Array.from({ length: partitions }, () => ({ batches: [], end: 0 }));
    const open: Buffer[][] = this.#logs.map(() => []);
    let index = 0;
    for (const payment of payments(count, seed, crowd)) {
      const partition = index++ % partitions;
      open[partition]!.push(payment);
      if (open[partition]!.length === BATCH_MESSAGES) this.#append(partition, open[partition]!);
    }
    open.forEach((messages, partition) => this.#append(partition, messages));
  }

  #append(partition: number, messages: Buffer[]): void {
    const log = this.#logs[partition]!;
    if (messages.length === 0) return;
    log.batches.push({ base: log.end, bytes: recordBatch(log.end, messages) });
    log.end += messages.length;
    messages.length = 0;
  }

  /** The answer to one request, and how long to hold it back. */
  answer(key: number, version: number, request: Reader): { body: Writer; waitMs: number } {
    const out = new Writer();
    const now = (body: Writer): { body: Writer; waitMs: number } => ({ body, waitMs: 0 });
    switch (key) {
      case 1:
        return this.#fetch(request, out);
      case 2:
        return now(this.#listOffsets(request, out));
      case 3:
        return now(this.#metadata(out));
      case 8:
        return now(this.#commit(request, out));
      case 9:
        return now(this.#fetchOffsets(request, out));
      case 10:
        return now(out.int16(NO_ERROR).int32(NODE).string('127.0.0.1').int32(this.port));
      case 11:
        return now(this.#join(request, out));
      case 14:
        return now(this.#sync(request, out));
      case 12:
      case 13:
        return now(out.int16(NO_ERROR));
      case 18:
        return now(this.#versions(version, out));
      default:
        throw new Error(`the bench broker knows no request ${key}`);
    }
  }

  #versions(version: number, out: Writer): Writer {
    const known: readonly (readonly [key: number, version: number])[] = [
      ...([
        [1, 4],
        [2, 1],
        [3, 1],
        [8, 2],
        [9, 1],
        [10, 0],
      ] as const),
      ...([
        [11, 0],
        [12, 0],
        [13, 0],
        [14, 0],
        [18, 1],
      ] as const),
    ];
    out.int16(NO_ERROR).array(known, ([key, at]) => out.int16(key).int16(at).int16(at));
    return version >= 1 ? out.int32(0) : out;
  }

  #metadata(out: Writer): Writer {
    out.array([NODE], (id) => out.int32(id).string('127.0.0.1').int32(this.port).string(null));
    out.int32(NODE);
    return out.array([TOPIC], (topic) => {
      out.int16(NO_ERROR).string(topic).int8(0);
      out.array([...this.#logs.keys()], (partition) => {
        out.int16(NO_ERROR).int32(partition).int32(NODE);
        out.array([NODE], (id) => out.int32(id)).array([NODE], (id) => out.int32(id));
      });
    });
  }

  #fetch(request: Reader, out: Writer): { body: Writer; waitMs: number } {
    request.int32();
    const maxWaitMs = request.int32();
    request.int32();
    let budget = request.int32();
    request.int8();
    let found = 0;
    out.int32(0);
    request.topics(out, () => {
      const partition = request.int32();
      const offset = Number(request.int64());
      const limit = Math.min(request.int32(), budget);
      const bytes = this.#read(partition, offset, limit);
      const end = BigInt(this.#logs[partition]!.end);
      budget -= bytes.length;
      found += bytes.length;
      out.int32(partition).int16(NO_ERROR).int64(end).int64(end).int32(0).bytes(bytes);
    });
    return { body: out, waitMs: found > 0 ? 0 : maxWaitMs };
  }

  /** Whole batches from the offset on, at least one, within the limit. */
  #read(partition: number, offset: number, limit: number): Buffer {
    const { batches, end } = this.#logs[partition]!;
    if (offset >= end || limit <= 0) return Buffer.alloc(0);
    const first = Math.floor(offset / BATCH_MESSAGES);
    const chosen: Buffer[] = [];
    let bytes = 0;
    for (let i = first; i < batches.length; i++) {
      const next = batches[i]!.bytes;
      if (i > first && bytes + next.length > limit) break;
      chosen.push(next);
      bytes += next.length;
    }
    return Buffer.concat(chosen);
  }

  #listOffsets(request: Reader, out: Writer): Writer {
    request.int32();
    return request.topics(out, () => {
      const partition = request.int32();
      const earliest = request.int64() === -2n;
      const offset = earliest ? 0 : this.#logs[partition]!.end;
      out.int32(partition).int16(NO_ERROR).int64(-1n).int64(BigInt(offset));
    });
  }

  #commit(request: Reader, out: Writer): Writer {
    const group = request.string();
    request.int32();
    request.string();
    request.int64();
    return request.topics(out, () => {
      const partition = request.int32();
      this.#committed.set(`${group}/${partition}`, Number(request.int64()));
      request.string();
      out.int32(partition).int16(NO_ERROR);
    });
  }

  #fetchOffsets(request: Reader, out: Writer): Writer {
    const group = request.string();
    return request.topics(out, () => {
      const partition = request.int32();
      const offset = this.#committed.get(`${group}/${partition}`) ?? -1;
      out.int32(partition).int64(BigInt(offset)).string('').int16(NO_ERROR);
    });
  }

  #join(request: Reader, out: Writer): Writer {
    request.string();
    request.int32();
    request.string();
    request.string();
    request.int32();
    const protocol = request.string();
    const metadata = request.bytes();
    const member = `member-${++this.#members}`;
    out.int16(NO_ERROR).int32(1).string(protocol).string(member).string(member);
    return out.array([member], (id) => out.string(id).bytes(metadata));
  }

  #sync(request: Reader, out: Writer): Writer {
    request.string();
    request.int32();
    request.string();
    request.int32();
    request.string();
    return out.int16(NO_ERROR).bytes(request.bytes());
  }
}

function serve(broker: Broker, socket: Socket): void {
  let pending = Buffer.alloc(0);
  socket.setNoDelay(true);
  socket.on('error', () => socket.destroy());
  socket.on('data', (data) => {
    pending = pending.length === 0 ? data : Buffer.concat([pending, data]);
    while (pending.length >= 4 && pending.length >= 4 + pending.readInt32BE(0)) {
      const size = pending.readInt32BE(0);
      const request = new Reader(pending.subarray(4, 4 + size));
      pending = pending.subarray(4 + size);
      const key = request.int16();
      const version = request.int16();
      const correlation = request.int32();
      request.string();
      const { body, waitMs } = broker.answer(key, version, request);
      const reply = (): boolean => socket.write(body.frame(correlation));
      if (waitMs === 0) reply();
      else setTimeout(reply, waitMs);
    }
  });
}

async function main(options: string): Promise<void> {
  const broker = new Broker(JSON.parse(options) as Workload);
  const server = createServer((socket) => serve(broker, socket));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  broker.port = (server.address() as AddressInfo).port;
  process.send?.(broker.port);
  process.on('disconnect', () => process.exit(0));
}

if (process.argv[2] === '--serve') await main(process.argv[3]!);
