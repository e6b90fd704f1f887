/** The mapping file of a CSV, read from where the command line says it is. */

import { readFile } from 'node:fs/promises';
import { Failure, messageOf } from '../failure.ts';
import { parseCsvMap, type CsvMap } from './csv-map-schema.ts';

/** Reads a CSV's mapping file. @throws Failure (exit code 2) naming what is wrong, with line and column. */
export async function readMap(path: string | undefined): Promise<CsvMap | undefined> {
  if (path === undefined) return undefined;
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    throw new Failure(`${path}: the map cannot be read: ${messageOf(error)}`, { exitCode: 2 });
  }
  return parseCsvMap(text, path);
}
