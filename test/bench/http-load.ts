/**
 * A load generator that costs little: plain sockets, requests made beforehand, one in flight a connection.
 * It reads just enough of HTTP/1.1 to find the end of an answer, and checks that every answer is a decision.
 */

import { connect, type Socket } from 'node:net';
import { systemClock } from '../../pipeline/clock.ts';

const HEAD_END = Buffer.from('\r\n\r\n');
const DECIDED = Buffer.from('"verdict"');
/**
 * Between two looks at what is due, the shortest wait that a timer has. Turning without a wait would take one of the
 * machine's cores whole, and the worker would be measured on what is left.
 */
const LOOK_EVERY_MS = 1;

export interface Load {
  /** Milliseconds of every answer; in an open loop counted from the moment the request was due. */
  readonly latenciesMs: readonly number[];
  readonly seconds: number;
  /** Answers within each whole second. */
  readonly perSecond: readonly number[];
}

/** The whole request that posts a body. */
export function requestOf(path: string, body: Buffer): Buffer {
  const head = `POST ${path} HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n`;
  return Buffer.concat([Buffer.from(head), body]);
}

/** @param rate requests a second, evenly due; undefined: each connection sends as soon as it was answered. */
export interface LoadOptions {
  readonly port: number;
  readonly connections: number;
  readonly seconds: number;
  readonly rate: number | undefined;
  /** The next request; must never run out. */
  readonly next: () => Buffer;
}

/** Runs the load. @throws when an answer is not a decision or a connection breaks. */
export async function runLoad(options: LoadOptions): Promise<Load> {
  const generator = new Generator(options);
  return generator.run();
}

interface Line {
  readonly socket: Socket;
  received: Buffer;
  /** When the request in flight was due; NaN when there is none. */
  dueMs: number;
}

class Generator {
  readonly #options: LoadOptions;
  readonly #idle: Line[] = [];
  readonly #latenciesMs: number[] = [];
  readonly #perSecond: number[] = [];
  readonly #finish: () => void;
  readonly #fail: (error: Error) => void;
  readonly #finished: Promise<void>;
  #startMs = 0;
  #sent = 0;
  #busy = 0;

  constructor(options: LoadOptions) {
    this.#options = options;
    let finish: () => void = () => undefined;
    let fail: (error: Error) => void = () => undefined;
    this.#finished = new Promise((resolve, reject) => {
      finish = resolve;
      fail = reject;
    });
    this.#finish = finish;
    this.#fail = fail;
  }

  async run(): Promise<Load> {
    const { connections } = this.#options;
    const lines = await Promise.all(Array.from({ length: connections }, () => this.#open()));
    this.#startMs = performance.now();
    this.#idle.push(...lines);
    this.#pump();
    await this.#finished;
    const seconds = (performance.now() - this.#startMs) / 1000;
    for (const { socket } of lines) socket.destroy();
    const whole = Math.floor(this.#options.seconds);
    const perSecond = Array.from({ length: whole }, (_, second) => this.#perSecond[second] ?? 0);
    return { latenciesMs: this.#latenciesMs, seconds, perSecond };
  }

  #open(): Promise<Line> {
    return new Promise((resolve, reject) => {
      const socket = connect(this.#options.port, '127.0.0.1');
      socket.setNoDelay(true);
      const line: Line = { socket, received: Buffer.alloc(0), dueMs: Number.NaN };
      socket.once('connect', () => resolve(line));
      socket.once('error', reject);
      socket.on('error', this.#fail);
      socket.on('close', () => {
        if (!Number.isNaN(line.dueMs)) this.#fail(new Error('a connection was closed'));
      });
      socket.on('data', (chunk) => this.#onData(line, chunk));
    });
  }

  /** Sends what is due on the connections that are free; comes back by itself while more is to come. */
  #pump(): void {
    const { rate, seconds, next } = this.#options;
    const elapsedMs = performance.now() - this.#startMs;
    const over = elapsedMs >= seconds * 1000;
    while (this.#idle.length > 0) {
      const dueMs = rate === undefined ? elapsedMs : (this.#sent * 1000) / rate;
      if (dueMs > elapsedMs || (over && (rate === undefined || dueMs >= seconds * 1000))) break;
      // In turn, as a pool does: a connection that never sends is cut as a slow sender.
      const line = this.#idle.shift()!;
      line.dueMs = this.#startMs + dueMs;
      line.socket.write(next());
      this.#sent++;
      this.#busy++;
    }
    if (over && this.#busy === 0) this.#finish();
    else if (rate !== undefined) void systemClock.sleep(LOOK_EVERY_MS).then(() => this.#pump());
  }

  #onData(line: Line, chunk: Buffer): void {
    line.received = line.received.length === 0 ? chunk : Buffer.concat([line.received, chunk]);
    const head = line.received.indexOf(HEAD_END);
    if (head === -1) return;
    const length = /content-length: (\d+)/i.exec(line.received.toString('latin1', 0, head))?.[1];
    const end = head + HEAD_END.length + Number(length);
    if (line.received.length < end) return;
    const ok = line.received.toString('latin1', 9, 12) === '200' && line.received.includes(DECIDED);
    if (!ok) {
      this.#fail(new Error(`not a decision: ${line.received.toString('latin1', 0, end)}`));
      return;
    }
    const nowMs = performance.now();
    this.#latenciesMs.push(nowMs - line.dueMs);
    const second = Math.floor((nowMs - this.#startMs) / 1000);
    this.#perSecond[second] = (this.#perSecond[second] ?? 0) + 1;
    line.received = Buffer.alloc(0);
    line.dueMs = Number.NaN;
    this.#busy--;
    this.#idle.push(line);
    if (this.#options.rate === undefined) this.#pump();
  }
}
