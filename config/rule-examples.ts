/** The examples of rules, which run as tests: events as they would arrive, repeated where many are alike. */

import { z } from 'zod';
import type { DetectorExample } from '../pipeline/detect/detector.ts';
import { duration } from './duration.ts';

type PlainEvent = Readonly<Record<string, unknown>>;

/**
 * An event as a sender writes it. `times` repeats it, `every` moves each repeat on from `occurredAt`, and `{n}` in a
 * text is the number of the repeat, from 1.
 */
const event = z
  .looseObject({
    type: z.string(),
    occurredAt: z.iso.datetime({ offset: true }).optional(),
    times: z.int().min(1).max(10_000).default(1),
    every: duration.optional(),
  })
  .refine((value) => value.every === undefined || value.occurredAt !== undefined, {
    message: 'counts on from occurredAt: write it',
    path: ['every'],
  })
  .transform(({ times, every, ...fields }): PlainEvent[] =>
    Array.from({ length: times }, (_, index) => ({
      ...numbered(fields, String(index + 1)),
      ...(every === undefined
        ? {}
        : {
            occurredAt: new Date(Date.parse(fields.occurredAt!) + index * every).toISOString(),
          }),
    })),
  );

export const examples = z
  .array(
    z
      .strictObject({
        title: z.string().min(1),
        events: z.array(event).min(1),
        /** At the last event; left out: the rule stays silent there. */
        finding: z
          .strictObject({
            band: z.enum(['review', 'block']),
            measure: z.number(),
            conclusive: z.literal(true).optional(),
          })
          .optional(),
      })
      .transform(({ title, events, finding }): DetectorExample => ({
        title,
        events: events.flat(),
        ...(finding === undefined
          ? {}
          : {
              finding: {
                band: finding.band,
                measure: finding.measure,
                ...(finding.conclusive === undefined ? {} : { conclusive: true }),
              },
            }),
      })),
  )
  .default([]);

function numbered(fields: PlainEvent, n: string): PlainEvent {
  return Object.fromEntries(
    Object.entries(fields).map(([key, value]) => [
      key,
      typeof value === 'string' ? value.replaceAll('{n}', n) : value,
    ]),
  );
}
