/** Orders by HTTP: who gives it and why is asked of every one, and the worker's word is the answer. */

import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import type { Command, CommandResult } from '../decide/account-action.ts';
import { sendError } from './answer.ts';

type WithoutLog<C> = C extends Command ? Omit<C, 'id' | 'issuedAtMs'> : never;
/** A command before the log gives it its id and time. */
export type Order = WithoutLog<Command>;

const MAX_TEXT = 500;
const text = z.string().trim().min(1).max(MAX_TEXT);
export const orderSchema = z.strictObject({ actor: text, reason: text });

type Read<T> =
  { readonly kind: 'ok'; readonly value: T } | { readonly kind: 'bad'; readonly message: string };

/** @param body the request's bytes, which must be JSON that the schema takes. */
export function readBody<T>(schema: z.ZodType<T>, body: unknown): Read<T> {
  let json: unknown;
  try {
    json = JSON.parse(body instanceof Buffer ? body.toString('utf8') : '');
  } catch {
    return { kind: 'bad', message: 'the body is not JSON' };
  }
  const result = schema.safeParse(json);
  if (result.success) return { kind: 'ok', value: result.data };
  return { kind: 'bad', message: mistakesIn(result.error) };
}

/** How a schema ends its words on what is not there. */
const MISSING = 'received undefined';

/** Every mistake that a schema found, each with the place it stands at. */
export function mistakesIn({ issues }: z.ZodError): string {
  const mistakes = issues.map(({ path, message }) => {
    if (path.length === 0) return message;
    return message.endsWith(MISSING)
      ? `${path.join('.')} is missing`
      : `${path.join('.')}: ${message}`;
  });
  return mistakes.join('; ');
}

/** The worker's word: 200 when the order was obeyed, 409 when it could not be. */
export function sendResult(reply: FastifyReply, result: CommandResult): FastifyReply {
  if (result.accepted) return reply.send(result);
  return sendError(reply, 409, 'not_accepted', result.message);
}
