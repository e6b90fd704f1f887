/** Reads YAML files strictly and reports every error with its file, line and column. */

import { readFile } from 'node:fs/promises';
import { isMap, isNode, isScalar, isSeq, LineCounter, parseDocument, type Document } from 'yaml';
import type { z } from 'zod';
import { Failure, messageOf } from '../pipeline/failure.ts';

/** Configuration that cannot be used: every problem, one per line. Exit code 2. */
export class ConfigFailure extends Failure {
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(problems.join('\n'), { exitCode: 2 });
    this.problems = problems;
  }
}

export interface YamlFile {
  readonly path: string;
  readonly text: string;
  /** The parsed content, or undefined when the file could not be read or parsed. */
  readonly content: unknown;
  /** `path:line:column` of the value (or its key) at a path of keys, or of its nearest parent that exists. */
  locate(path: readonly PropertyKey[], want?: 'key' | 'value'): string;
}

/** Parses one file; syntax errors go to `problems`. A missing file is a problem of its own. */
export async function readYaml(path: string, problems: string[]): Promise<YamlFile> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    problems.push(`${path}: cannot be read: ${messageOf(error)}`);
    return { path, text: '', content: undefined, locate: () => path };
  }
  return parseYaml(path, text, problems);
}

/** As `readYaml`, for text already in hand. */
export function parseYaml(path: string, text: string, problems: string[]): YamlFile {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, uniqueKeys: true });
  const at = (offset: number): string => {
    const { line, col } = lines.linePos(offset);
    return `${path}:${line}:${col}`;
  };
  for (const error of document.errors) {
    problems.push(`${at(error.pos[0])}: ${error.message.split('\n')[0] ?? error.code}`);
  }
  const broken = document.errors.length > 0;
  return {
    path,
    text,
    content: broken ? undefined : (document.toJS({ maxAliasCount: 100 }) as unknown),
    locate: (keys, want = 'value') => at(offsetOf(document, keys, want)),
  };
}

/**
 * Checks parsed content against a schema. An empty file is an empty mapping.
 * @returns the parsed value, or undefined after adding one problem per issue.
 */
export function check<T>(file: YamlFile, schema: z.ZodType<T>, problems: string[]): T | undefined {
  const result = schema.safeParse(file.content ?? {}, { reportInput: true });
  if (result.success) return result.data;
  for (const issue of result.error.issues) {
    if (issue.code === 'unrecognized_keys') {
      for (const key of issue.keys) {
        problems.push(`${file.locate([...issue.path, key], 'key')}: unknown key "${key}"`);
      }
    } else {
      const name = issue.path.length === 0 ? '' : `${issue.path.map(String).join('.')}: `;
      problems.push(`${file.locate(issue.path)}: ${name}${issue.message}`);
    }
  }
  return undefined;
}

/** The offset of the value at a path of keys, of its key, or of the nearest parent that exists. */
function offsetOf(document: Document, keys: readonly PropertyKey[], want: 'key' | 'value'): number {
  let node: unknown = document.contents;
  let offset = startOf(node) ?? 0;
  for (const [depth, key] of keys.entries()) {
    let next: unknown;
    let keyNode: unknown;
    if (isMap(node)) {
      const pair = node.items.find((item) => nameOf(item.key) === String(key));
      if (pair === undefined) break;
      keyNode = pair.key;
      next = pair.value;
    } else if (isSeq(node)) {
      next = node.items[Number(key)];
    } else {
      break;
    }
    const last = depth === keys.length - 1;
    const keyOffset = startOf(keyNode);
    const valueOffset = startOf(next);
    offset = (last && want === 'key' ? keyOffset : valueOffset) ?? keyOffset ?? offset;
    node = next;
  }
  return offset;
}

function nameOf(key: unknown): string {
  return String(isScalar(key) ? key.value : key);
}

function startOf(node: unknown): number | undefined {
  return isNode(node) ? node.range?.[0] : undefined;
}
