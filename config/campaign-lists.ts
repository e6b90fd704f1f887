/** The lists of a campaign: written in its file, or one value a line in a text file of the folder. */

import { z } from 'zod';
import { messageOf } from '../pipeline/failure.ts';
import { identifier, text } from './campaign-values.ts';
import type { ConfigReading } from './config-files.ts';
import type { YamlFile } from './yaml-file.ts';

const listFile = z
  .string()
  .regex(
    /^lists\/[A-Za-z0-9][A-Za-z0-9._-]*\.txt$/,
    'write a text file in lists, such as lists/partners.txt',
  );

/** The key `lists`. */
export const lists = z
  .record(
    identifier,
    z.union([z.array(text), z.strictObject({ file: listFile })], {
      error: 'write a list of values, or { file: lists/partners.txt }',
    }),
  )
  .default({});

/** The two forms apart: a list of a file is empty until it has been read. */
export function listsOf(written: z.infer<typeof lists>): {
  /** Complete once the files named in `listFiles` have been read. */
  readonly lists: Record<string, string[]>;
  /** Paths below the configuration folder. */
  readonly listFiles: Record<string, string>;
} {
  const entries = Object.entries(written);
  return {
    lists: Object.fromEntries(
      entries.map(([key, list]) => [key, Array.isArray(list) ? list : []] as const),
    ),
    listFiles: Object.fromEntries(
      entries.flatMap(([key, list]) => (Array.isArray(list) ? [] : [[key, list.file] as const])),
    ),
  };
}

/** One value a line; what follows a # is a comment. */
export function parseList(content: string): string[] {
  return content
    .split('\n')
    .map((line) => line.replace(/#.*$/, '').trim())
    .filter((line) => line !== '');
}

/**
 * Reads the files that a campaign's lists name.
 * @param file the campaign's own, for the places of problems.
 * @returns the text of each file by its path below the folder; one that cannot be read is a problem.
 */
export async function readListFiles(
  reading: ConfigReading,
  listFiles: Readonly<Record<string, string>>,
  file: YamlFile,
): Promise<ReadonlyMap<string, string>> {
  const texts = new Map<string, string>();
  for (const [name, path] of Object.entries(listFiles)) {
    try {
      texts.set(path, await reading.text(path));
    } catch (error) {
      const place = file.locate(['lists', name, 'file']);
      reading.problems.push(`${place}: lists.${name}.file: cannot be read: ${messageOf(error)}`);
    }
  }
  return texts;
}
