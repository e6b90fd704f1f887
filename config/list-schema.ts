/** The shape of the lists of config/lists. */

import { z } from 'zod';
import { valueProblem } from '../pipeline/decide/list-entry.ts';

const listEntry = z.strictObject({
  value: z.string().min(1),
  reason: z.string().min(1),
  author: z.string().default('config'),
  /** The first instant at which the entry no longer holds. */
  expires: z.iso.datetime({ offset: true }).optional(),
});

const addressEntry = listEntry.refine(({ value }) => valueProblem('ips', value) === undefined, {
  error: ({ input }) => valueProblem('ips', (input as { value: string }).value) ?? '',
  path: ['value'],
});

/** config/lists/block.yaml, allow.yaml and watch.yaml: what is named, by kind. */
export const listSchema = z.strictObject({
  accounts: z.array(listEntry).default([]),
  cards: z.array(listEntry).default([]),
  devices: z.array(listEntry).default([]),
  ips: z.array(addressEntry).default([]),
  merchants: z.array(listEntry).default([]),
  /** As the attribute phoneHash of events has it. */
  phones: z.array(listEntry).default([]),
});

export type ListFile = z.infer<typeof listSchema>;
