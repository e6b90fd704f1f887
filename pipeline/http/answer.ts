/**
 * What the outside is told about an event. It never carries a detector's name, a measure or a threshold: who
 * reads this may be the abuser's own phone, a step away from probing at threshold − 1.
 */

import type { FastifyReply } from 'fastify';
import type { DeadLetterReason } from '../outcome.ts';
import type { EventOutcome } from './outcome.ts';

/** Error codes of the API. A contract with the bank: add, never rename. */
export const API_ERRORS = [
  'empty_body',
  'batch_too_large',
  'body_too_large',
  'unsupported_media_type',
  'bad_request',
  'unauthorised',
  'forbidden_host',
  'not_found',
  'method_not_allowed',
  'not_accepted',
  'unavailable',
  'internal',
] as const;
export type ApiErrorCode = (typeof API_ERRORS)[number];

export interface ApiError {
  readonly code: ApiErrorCode | DeadLetterReason;
  readonly message: string;
  /** Dotted path of the field at fault, '' when it is the whole. */
  readonly fieldPath?: string;
}

/** The answer to one event; in a batch, one of these for each event in order. */
export type EventAnswer = {
  readonly status: number;
  readonly eventId?: string;
  readonly decisionId?: string;
  readonly verdict?: string;
  readonly duplicate?: boolean;
  readonly late?: boolean;
  readonly rewards?: unknown;
  readonly hint?: string;
  readonly error?: ApiError;
};

const errorSchema = {
  type: 'object',
  properties: {
    code: { type: 'string' },
    message: { type: 'string' },
    fieldPath: { type: 'string' },
  },
};

/** Compiled by fastify into a writer that is several times faster than JSON.stringify. */
export const answerSchema = {
  type: 'object',
  properties: {
    status: { type: 'integer' },
    eventId: { type: 'string' },
    decisionId: { type: 'string' },
    verdict: { type: 'string' },
    duplicate: { type: 'boolean' },
    late: { type: 'boolean' },
    // An array or 'pending'.
    rewards: {},
    hint: { type: 'string' },
    error: errorSchema,
  },
} as const;

/** The public answer to an outcome. */
export function answerOf(outcome: EventOutcome): EventAnswer {
  switch (outcome.kind) {
    case 'decided':
    case 'repeated': {
      const { eventId, decisionId, verdict, late, rewards, hint } = outcome;
      const duplicate = outcome.kind === 'repeated';
      const answer = { status: 200, eventId, decisionId, verdict, duplicate, late, rewards };
      return hint === undefined ? answer : { ...answer, hint };
    }
    case 'conflict': {
      const { eventId, decisionId } = outcome;
      const message = 'another event came with this id before; its decision stands';
      return { status: 409, eventId, decisionId, error: { code: 'id_conflict', message } };
    }
    case 'refused': {
      const { reason, fieldPath, message } = outcome;
      const status = reason === 'too_large' ? 413 : 400;
      return { status, error: { code: reason, message, fieldPath } };
    }
    case 'unavailable':
      return { status: 503, error: { code: 'unavailable', message: outcome.message } };
  }
}

/** Answers with an error that is not about one event. */
export function sendError(
  reply: FastifyReply,
  status: number,
  code: ApiErrorCode,
  message: string,
): FastifyReply {
  return reply.code(status).send({ error: { code, message } });
}
