/**
 * A receiving system as a bank would write one: it verifies the signature, gives each reward once by its
 * idempotency key, and answers a repeat as it answered first. It can be told to misbehave.
 */

import { createHmac, timingSafeEqual } from 'node:crypto';
import { once } from 'node:events';
import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import { systemClock } from '../../pipeline/clock.ts';
import { freePort } from './free-port.ts';

/** A request older or newer than this is refused: it may be one that was overheard. */
const TOLERANCE_S = 300;

/**
 * Whether a request comes from Sheepdog and is fresh.
 *
 * @param body the bytes as they came: parsing and writing them again would change them.
 * @param secrets the secrets in force by their names; two while keys are being changed.
 * @param nowMs the receiver's clock, Unix milliseconds.
 */
export function verify(
  headers: IncomingHttpHeaders,
  body: string,
  secrets: ReadonlyMap<string, string>,
  nowMs: number,
): boolean {
  const timestamp = String(headers['sheepdog-timestamp']);
  const secret = secrets.get(String(headers['sheepdog-key-id']));
  if (secret === undefined || !/^\d{1,12}$/.test(timestamp)) return false;
  if (Math.abs(nowMs / 1000 - Number(timestamp)) > TOLERANCE_S) return false;
  const mac = createHmac('sha256', secret).update(`${timestamp}.${body}`).digest('hex');
  const [expected, given] = [`v1=${mac}`, String(headers['sheepdog-signature'])];
  return (
    expected.length === given.length && timingSafeEqual(Buffer.from(expected), Buffer.from(given))
  );
}

/** What the receiver does with a request beside noting it. */
export type Behaviour =
  | { readonly kind: 'give' }
  /** Gives, and dies before, or in the middle of, the answer. */
  | { readonly kind: 'die'; readonly saying: '' | 'half' }
  | { readonly kind: 'hang' }
  | {
      readonly kind: 'answer';
      readonly status: number;
      readonly headers?: Readonly<Record<string, string>>;
      readonly body?: string;
    };

export interface Received {
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  readonly at: number;
}

export class WebhookReceiver {
  /** Every request that came, in order. */
  readonly requests: Received[] = [];
  /** What was given, by idempotency key: one entry a reward, however often it was asked for. */
  readonly given = new Map<string, unknown>();
  readonly secrets = new Map<string, string>();
  /** Requests that were not signed as they should. */
  unverified = 0;
  /** Looked at for each request; replace it at any time. */
  behave: (request: Received) => Behaviour = () => ({ kind: 'give' });
  #server: Server | undefined;
  #port = 0;

  constructor(secrets: Readonly<Record<string, string>>) {
    for (const [id, secret] of Object.entries(secrets)) this.secrets.set(id, secret);
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}/deliveries`;
  }

  /** On the port it had before, when it was stopped. */
  async start(): Promise<void> {
    const server = createServer((request, response) => void this.#receive(request, response));
    if (this.#port === 0) this.#port = await freePort();
    server.listen(this.#port, '127.0.0.1');
    await once(server, 'listening');
    this.#server = server;
  }

  async stop(): Promise<void> {
    const server = this.#server;
    if (server === undefined) return;
    this.#server = undefined;
    const closed = once(server, 'close');
    server.close();
    server.closeAllConnections();
    await closed;
  }

  async #receive(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const parts: Buffer[] = [];
    for await (const part of request as AsyncIterable<Buffer>) parts.push(part);
    const body = Buffer.concat(parts).toString();
    const received = { headers: request.headers, body, at: systemClock.now() };
    this.requests.push(received);
    if (!verify(request.headers, body, this.secrets, received.at)) {
      this.unverified++;
      response.writeHead(401).end('not signed');
      return;
    }
    this.#act(this.behave(received), received, response);
  }

  #act(behaviour: Behaviour, { headers, body }: Received, response: ServerResponse): void {
    const key = String(headers['idempotency-key']);
    switch (behaviour.kind) {
      case 'give':
        this.given.set(key, JSON.parse(body));
        response.writeHead(200, { 'Content-Type': 'application/json' }).end('{"given":true}');
        return;
      case 'die':
        this.given.set(key, JSON.parse(body));
        if (behaviour.saying === '') response.destroy();
        else {
          response.writeHead(200, { 'Content-Length': '100' });
          response.write('{"giv', () => response.destroy());
        }
        return;
      case 'hang':
        return;
      case 'answer':
        response
          .writeHead(behaviour.status, { ...behaviour.headers })
          .end(behaviour.body ?? 'told to');
    }
  }
}
