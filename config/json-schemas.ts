/** The JSON Schemas of the configuration files, which editors check and complete against. */

import { z } from 'zod';
import type { NamedDetector } from '../pipeline/detect/detector.ts';
import { detectorsSchema } from '../pipeline/detect/section.ts';
import { campaignSchema } from './campaign-schema.ts';
import { listSchema } from './list-schema.ts';
import { rulesSchema } from './rule-schema.ts';
import { systemSchema } from './schema.ts';

export interface JsonSchema {
  /** The files that it describes, by their path inside the configuration folder. */
  readonly describes: readonly string[];
  /** Its own file, in the folder `schemas`. */
  readonly file: string;
  readonly schema: z.core.JSONSchema.BaseSchema;
}

/** What a file may hold as it is written, before defaults and units. Relations between parts are not in it. */
export function jsonSchemas(detectors: readonly NamedDetector[]): readonly JsonSchema[] {
  const describe = (schema: z.ZodType, reused: 'inline' | 'ref' = 'inline'): JsonSchema['schema'] =>
    z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any', reused });
  return [
    { describes: ['sheepdog.yaml'], file: 'sheepdog.json', schema: describe(systemSchema) },
    {
      describes: ['detectors.yaml'],
      file: 'detectors.json',
      schema: describe(detectorsSchema(detectors)),
    },
    { describes: ['campaigns/*.yaml'], file: 'campaign.json', schema: describe(campaignSchema) },
    { describes: ['rules/*.yaml'], file: 'rules.json', schema: describe(rulesSchema, 'ref') },
    {
      describes: ['lists/block.yaml', 'lists/allow.yaml', 'lists/watch.yaml'],
      file: 'list.json',
      schema: describe(listSchema),
    },
  ];
}

/** As it stands in its file. */
export function schemaText({ schema }: JsonSchema): string {
  return `${JSON.stringify(schema, null, 2)}\n`;
}
