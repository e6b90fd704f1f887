/** The command `config schema`: JSON Schemas of the configuration files, for editors. */

import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { jsonSchemas, schemaText } from '../../config/json-schemas.ts';
import { discoverDetectors } from '../detect/discover.ts';
import { Failure, messageOf } from '../failure.ts';
import { print } from '../terminal/print.ts';

/** @param write into the files of a folder, instead of all of them to the output. */
export async function showSchemas(write: string | undefined): Promise<void> {
  const schemas = jsonSchemas(await discoverDetectors());
  if (write === undefined) {
    const described = schemas.flatMap(({ describes, schema }) =>
      describes.map((path) => [path, schema] as const),
    );
    await print(`${JSON.stringify(Object.fromEntries(described), null, 2)}\n`);
    return;
  }
  try {
    await mkdir(write, { recursive: true });
    for (const schema of schemas) await writeFile(join(write, schema.file), schemaText(schema));
  } catch (error) {
    throw new Failure(`${write}: the schemas cannot be written: ${messageOf(error)}`);
  }
  await print(`${write}: ${schemas.length} schemas\n`);
}
