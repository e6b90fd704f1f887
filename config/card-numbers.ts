/**
 * No full card number in the lists and campaigns. These files are recorded as they are written, comments
 * included, and an event never holds a full number that an entry could match.
 */

import { findCards, holdsCard } from '../pipeline/ingest/card-number.ts';
import type { YamlFile } from './yaml-file.ts';

const MESSAGE =
  'a full card number must not stand here: write it as it appears in the console or the events table (411111******1111#…)';

/** A problem, as `path:line:column: message`, for every full card number in the text. */
export function cardsInText(path: string, text: string): string[] {
  return text.split('\n').flatMap((line, index) => {
    const bytes = Buffer.from(line);
    return findCards(bytes).map(([from]) => {
      const column = bytes.toString('utf8', 0, from).length + 1;
      return `${path}:${index + 1}:${column}: ${MESSAGE}`;
    });
  });
}

/** As `cardsInText`, for what the text says: escapes in quoted text hide digits. */
export function cardsInContent(file: YamlFile): string[] {
  const problems: string[] = [];
  const visit = (value: unknown, path: readonly (string | number)[]): void => {
    if (typeof value === 'string') {
      const bytes = Buffer.from(value);
      if (holdsCard(bytes, 0, bytes.length)) problems.push(`${file.locate(path)}: ${MESSAGE}`);
    } else if (Array.isArray(value)) {
      for (const [index, child] of value.entries()) visit(child, [...path, index]);
    } else if (typeof value === 'object' && value !== null) {
      for (const [key, child] of Object.entries(value)) {
        visit(key, [...path, key]);
        visit(child, [...path, key]);
      }
    }
  };
  visit(file.content, []);
  return problems;
}
