/**
 * The shape of config/rules/*.yaml, several rules a file. Unknown keys are refused; 0 is a limit. What the parts
 * mean to each other is asked in rule-checks.ts.
 */

import { IANAZone } from 'luxon';
import { z } from 'zod';
import { expression, identifier, name, text } from './campaign-values.ts';
import { eventTypes, feature } from './rule-features.ts';
import { examples } from './rule-examples.ts';

const SUBJECTS = ['accountId', 'cardId', 'deviceId', 'ip', 'merchantId'] as const;

const sentence = text.regex(
  /^[A-Z].*\.$/s,
  'write a sentence: a capital letter first, a full stop last',
);
const limit = z.number().min(0).optional();
const features = z.record(identifier, feature).default({});

export const ruleSchema = z.strictObject({
  name,
  summary: sentence,
  cannotSee: sentence,
  on: eventTypes,
  mode: z.enum(['live', 'shadow', 'off']),
  subject: z.enum(SUBJECTS),
  about: text,
  unit: text,
  direction: z.enum(['atLeast', 'atMost']).default('atLeast'),
  /** Numbers that expressions read as params.x. */
  params: z.record(identifier, z.number()).default({}),
  features,
  when: expression.optional(),
  measure: expression,
  bands: z.strictObject({ review: limit, block: limit, conclusive: limit }),
  reason: text,
  examples,
});

export const rulesSchema = z.strictObject({
  /** Whose time of day event.hour, event.minute and event.weekday are. */
  zone: z
    .string()
    .refine((zone) => IANAZone.isValidZone(zone), 'write a time zone such as Asia/Shanghai')
    .default('Asia/Shanghai'),
  /** Read by the rules of this file. */
  features,
  rules: z.array(ruleSchema).default([]),
});

/** The same, with rules of any shape: each is checked alone, so that one mistake does not hide the others. */
export const rulesFrame = rulesSchema.extend({ rules: z.array(z.unknown()).default([]) });

export type RulesFrame = z.output<typeof rulesFrame>;
export type WrittenRule = z.output<typeof ruleSchema>;
