/** `POST /v1/quote`: what one event would earn, changing nothing. */

import type { FastifyInstance } from 'fastify';
import type { Clock } from '../clock.ts';
import type { CardMask } from '../ingest/card-number.ts';
import type { DecodeFailure } from '../ingest/source.ts';
import { sendError } from './answer.ts';
import { maskEvent } from './mask.ts';
import type { Ineligible } from '../reward/evaluate.ts';
import type { RewardAnswer } from './outcome.ts';

export type Quote =
  | {
      readonly kind: 'quoted';
      readonly eventId: string;
      /** Refusals among them, each with its reason. */
      readonly rewards: readonly RewardAnswer[];
      /** The other offers in force, each with the first reason that stands in its way. */
      readonly ineligible: readonly Ineligible[];
    }
  | ({ readonly kind: 'refused' } & DecodeFailure)
  | { readonly kind: 'unavailable'; readonly message: string };

export interface QuoteRouteParts {
  readonly quote: (bytes: Buffer, receivedAtMs: number) => Promise<Quote>;
  readonly cardMask: CardMask;
  readonly clock: Clock;
}

export function addQuoteRoute(app: FastifyInstance, parts: QuoteRouteParts): void {
  app.post('/v1/quote', async (request, reply) => {
    const body = request.body;
    if (!(body instanceof Buffer) || body.length === 0) {
      return sendError(reply, 400, 'empty_body', 'the body is empty: send an event');
    }
    const quote = await parts.quote(maskEvent(body, parts.cardMask), parts.clock.now());
    switch (quote.kind) {
      case 'quoted':
        return { eventId: quote.eventId, rewards: quote.rewards, ineligible: quote.ineligible };
      case 'refused': {
        const { reason: code, message, fieldPath } = quote;
        return reply.code(400).send({ error: { code, message, fieldPath } });
      }
      case 'unavailable':
        reply.header('retry-after', '1');
        return sendError(reply, 503, 'unavailable', quote.message);
    }
  });
}
