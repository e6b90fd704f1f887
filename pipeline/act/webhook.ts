/**
 * One signed POST to the system that gives a reward, and what its answer means. Nothing is decided here about
 * when to try again: an answer says delivered, refused for good, or not now.
 */

import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import type { Clock } from '../clock.ts';
import { messageOf } from '../failure.ts';
import { CardMask } from '../ingest/card-number.ts';
import { bodyOf, type Delivery } from './delivery.ts';
import { literalAddress, isPublicAddress, publicLookup, refusal } from './public-address.ts';
import { SIGNATURE_HEADERS, signatureOf, type SigningKey } from './signature.ts';

export interface Endpoint {
  readonly url: string;
  readonly allowPrivate: boolean;
  /** From the connection's start to the answer's last byte. */
  readonly timeoutMs: number;
  readonly concurrency: number;
}

export type Outcome =
  | { readonly tag: 'delivered'; readonly answer: string }
  /** Trying again cannot help: it needs a person. */
  | { readonly tag: 'refused'; readonly answer: string }
  /** `afterMs`: how long the other side asked to be left alone. */
  | { readonly tag: 'retry'; readonly answer: string; readonly afterMs?: number }
  /** We are stopping: whether it arrived is not known. */
  | { readonly tag: 'stopped' };

/** Of an answer's body; the rest is not read. */
const ANSWER_BYTES = 4096;
/** Of an answer's body, for the record. */
const ANSWER_LETTERS = 200;
const UNKEYED = new CardMask();
/** Client errors that pass by themselves. */
const PASSING = new Set([408, 425, 429]);

export class Webhook {
  readonly #url: URL;
  readonly #endpoint: Endpoint;
  readonly #key: SigningKey;
  readonly #clock: Clock;
  readonly #agent: HttpAgent;

  constructor(endpoint: Endpoint, key: SigningKey, clock: Clock) {
    this.#endpoint = endpoint;
    this.#url = new URL(endpoint.url);
    this.#key = key;
    this.#clock = clock;
    const settings = {
      keepAlive: true,
      maxSockets: endpoint.concurrency,
      ...(endpoint.allowPrivate ? {} : { lookup: publicLookup() }),
    };
    this.#agent = this.#isSecure() ? new HttpsAgent(settings) : new HttpAgent(settings);
  }

  /** Sends once. Never throws; redirects are not followed. @param signal aborts when the process stops. */
  async post(delivery: Delivery, signal: AbortSignal): Promise<Outcome> {
    const literal = literalAddress(this.#url);
    if (literal !== undefined && !this.#endpoint.allowPrivate && !isPublicAddress(literal)) {
      return { tag: 'retry', answer: refusal(literal).message };
    }
    const ended = new AbortController();
    const late = new AbortController();
    const { timeoutMs } = this.#endpoint;
    void this.#clock.sleep(timeoutMs, ended.signal).then(() => late.abort());
    try {
      const answer = await this.#send(delivery, AbortSignal.any([signal, late.signal]));
      return outcomeOf(answer, delivery.id, this.#clock.now());
    } catch (error) {
      if (late.signal.aborted) return { tag: 'retry', answer: `no answer within ${timeoutMs} ms` };
      if (signal.aborted) return { tag: 'stopped' };
      return { tag: 'retry', answer: messageOf(error).slice(0, ANSWER_LETTERS) };
    } finally {
      ended.abort();
    }
  }

  /** Ends the connections that are kept open. */
  close(): void {
    this.#agent.destroy();
  }

  #isSecure(): boolean {
    return this.#url.protocol === 'https:';
  }

  #send(delivery: Delivery, signal: AbortSignal): Promise<Answer> {
    const body = bodyOf(delivery);
    // Each try is signed anew: a receiver refuses old timestamps.
    const timestamp = String(Math.floor(this.#clock.now() / 1000));
    const options = {
      method: 'POST',
      agent: this.#agent,
      signal,
      headers: {
        'Content-Type': 'application/json',
        'Content-Length': Buffer.byteLength(body),
        'User-Agent': 'sheepdog',
        'Idempotency-Key': delivery.id,
        [SIGNATURE_HEADERS.timestamp]: timestamp,
        [SIGNATURE_HEADERS.keyId]: this.#key.id,
        [SIGNATURE_HEADERS.signature]: signatureOf(this.#key.secret, timestamp, body),
      },
    };
    return new Promise((resolve, reject) => {
      const request = this.#isSecure()
        ? httpsRequest(this.#url, options)
        : httpRequest(this.#url, options);
      request.on('error', reject);
      request.on('response', (response) => {
        readAnswer(response).then(resolve, reject);
      });
      request.end(body);
    });
  }
}

interface Answer {
  readonly status: number;
  readonly text: string;
  /** The key the other side says it has seen before. */
  readonly idempotencyKey: string | undefined;
  readonly retryAfter: string | undefined;
}

/** @throws when the answer breaks off: whoever did not finish answering has not acknowledged. */
async function readAnswer(response: IncomingMessage): Promise<Answer> {
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const part of response as AsyncIterable<Buffer>) {
    parts.push(part);
    bytes += part.length;
    // Leaving the loop destroys the response: an endless body is not read.
    if (bytes >= ANSWER_BYTES) break;
  }
  const { headers } = response;
  const key = headers['idempotency-key'];
  return {
    status: response.statusCode ?? 0,
    text: Buffer.concat(parts).subarray(0, ANSWER_BYTES).toString(),
    idempotencyKey: Array.isArray(key) ? key[0] : key,
    retryAfter: headers['retry-after'],
  };
}

function outcomeOf(answer: Answer, deliveryId: string, nowMs: number): Outcome {
  const { status } = answer;
  const told = wordsOf(answer);
  if (status >= 200 && status < 300) return { tag: 'delivered', answer: told };
  if (status === 409 && answer.idempotencyKey === deliveryId) {
    return { tag: 'delivered', answer: told };
  }
  if (status >= 300 && status < 400) {
    return { tag: 'retry', answer: `HTTP ${status}: redirects are not followed` };
  }
  if (status >= 400 && status < 500 && !PASSING.has(status)) {
    return { tag: 'refused', answer: told };
  }
  const afterMs = retryAfterMs(answer.retryAfter, nowMs);
  return { tag: 'retry', answer: told, ...(afterMs !== undefined && { afterMs }) };
}

/** Status and the body's beginning on one line, without card numbers. */
function wordsOf({ status, text }: Answer): string {
  const words = UNKEYED.text(text.replaceAll(/[\s\p{C}]+/gu, ' ').trim());
  return words === '' ? `HTTP ${status}` : `HTTP ${status}: ${words.slice(0, ANSWER_LETTERS)}`;
}

/** Seconds or an HTTP date (RFC 9110, 10.2.3); undefined when it is neither. */
export function retryAfterMs(text: string | undefined, nowMs: number): number | undefined {
  if (text === undefined) return undefined;
  if (/^\d+$/.test(text)) return Number(text) * 1000;
  const at = text.endsWith(' GMT') ? Date.parse(text) : Number.NaN;
  return Number.isNaN(at) ? undefined : Math.max(0, at - nowMs);
}
