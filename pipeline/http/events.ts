/** `POST /v1/events`: one event, an array of them, or NDJSON lines; answered with the decisions. */

import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Clock } from '../clock.ts';
import type { CardMask } from '../ingest/card-number.ts';
import { answerOf, answerSchema, sendError, type EventAnswer } from './answer.ts';
import type { Intake } from './intake.ts';
import { maskEvent } from './mask.ts';
import { splitArray, splitLines, startsArray } from './split.ts';

export const JSON_TYPE = 'application/json';
export const LINES_TYPE = 'application/x-ndjson';

export interface EventParts {
  readonly intake: Intake;
  readonly cardMask: CardMask;
  readonly clock: Clock;
  readonly maxBatchEvents: number;
}

/**
 * One event is answered with its own status: 200 decided, 400 refused, 409 conflict, 503 not now. A batch
 * is answered with an array in the order of its events, 200 when each was decided and otherwise 207: every
 * element then carries the status it would have had alone.
 */
export function addEventRoute(app: FastifyInstance, parts: EventParts): void {
  app.post('/v1/events', async (request, reply) => {
    const body = request.body;
    if (!(body instanceof Buffer) || body.length === 0) {
      return sendError(
        reply,
        400,
        'empty_body',
        'the body is empty: send an event or an array of them',
      );
    }
    const batch = splitBatch(request, body);
    const records = batch ?? [body];
    if (records.length > parts.maxBatchEvents) {
      const message = `${records.length} events in one request: at most ${parts.maxBatchEvents}`;
      return sendError(reply, 413, 'batch_too_large', message);
    }
    const receivedAtMs = parts.clock.now();
    const outcomes = await parts.intake.submit(
      records.map((bytes) => ({ bytes: maskEvent(bytes, parts.cardMask), receivedAtMs })),
    );
    const answers = outcomes.map(answerOf);
    if (answers.some((answer) => answer.status === 503)) reply.header('retry-after', '1');
    return batch === undefined ? sendOne(reply, answers[0]!) : sendBatch(reply, answers);
  });
}

/**
 * The events of a batch, or undefined for a single one. A broken array counts as one event: it goes to the
 * decoder whole, so that it is refused, and kept as a dead letter, like any other bad input.
 */
function splitBatch(request: FastifyRequest, body: Buffer): Buffer[] | undefined {
  if (request.headers['content-type']?.startsWith(LINES_TYPE) === true) return splitLines(body);
  return startsArray(body) ? splitArray(body) : undefined;
}

function sendOne(reply: FastifyReply, answer: EventAnswer): FastifyReply {
  const write = reply.compileSerializationSchema(answerSchema);
  return reply.code(answer.status).header('content-type', JSON_TYPE).send(write(answer));
}

function sendBatch(reply: FastifyReply, answers: readonly EventAnswer[]): FastifyReply {
  const write = reply.compileSerializationSchema(answerSchema);
  const status = answers.every((answer) => answer.status === 200) ? 200 : 207;
  return reply
    .code(status)
    .header('content-type', JSON_TYPE)
    .send(`[${answers.map((answer) => write(answer)).join(',')}]`);
}
