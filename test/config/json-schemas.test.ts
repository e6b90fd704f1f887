import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { jsonSchemas, schemaText } from '../../config/json-schemas.ts';
import { discoverDetectors } from '../../pipeline/detect/discover.ts';
import { EVERYTHING, replaced } from './campaign-file.ts';

const CONFIG = join(import.meta.dirname, '../../config');
const schemas = jsonSchemas(await discoverDetectors());

describe('the schemas for editors', () => {
  it.each(schemas)('$file is current: sheepdog config schema --write config/schemas', (schema) => {
    const written = readFileSync(join(CONFIG, 'schemas', schema.file), 'utf8');
    expect(written).toBe(schemaText(schema));
  });

  it.each(schemas)('$file accepts the shipped files that it describes', ({ describes, schema }) => {
    const validator = readBack(schema);
    const paths = describes.flatMap((path) => {
      const folder = /^(.*)\/\*\.yaml$/.exec(path)?.[1];
      if (folder === undefined) return [path];
      return readdirSync(join(CONFIG, folder))
        .filter((name) => name.endsWith('.yaml'))
        .map((name) => `${folder}/${name}`);
    });
    expect(paths).not.toEqual([]);
    for (const path of paths) {
      const content: unknown = parse(readFileSync(join(CONFIG, path), 'utf8')) ?? {};
      expect([path, validator.safeParse(content).error?.issues]).toEqual([path, undefined]);
    }
  });
});

describe('the schema of a campaign, read back', () => {
  const validator = readBack(schemas.find(({ file }) => file === 'campaign.json')!.schema);

  it('accepts a campaign with every mechanic', () => {
    expect(validator.safeParse(parse(EVERYTHING)).error?.issues).toBeUndefined();
  });

  it.each([
    ['an unknown key', ['title: Everything', 'titel: Everything']],
    ['a fraction of a fen', ['off: 5000', 'off: 50.5']],
    ['an unknown event type', ['on: [payment.authorising]', 'on: [payments]']],
    ['a name that is none', ['id: bill-off', 'id: Bill off']],
    ['no offers', [EVERYTHING.slice(EVERYTHING.indexOf('offers:')), 'offers: []\n']],
  ])('refuses %s', (_what, changes) => {
    expect(validator.safeParse(parse(replaced(EVERYTHING, changes))).success).toBe(false);
  });
});

function readBack(schema: (typeof schemas)[number]['schema']): z.ZodType {
  return z.fromJSONSchema(
    JSON.parse(JSON.stringify(schema)) as Parameters<typeof z.fromJSONSchema>[0],
  );
}
