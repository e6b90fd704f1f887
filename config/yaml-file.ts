/** Reads YAML files strictly and reports every error with its file, line and column. */

import { isMap, isNode, isScalar, isSeq, LineCounter, parseDocument, type Document } from 'yaml';
import type { z } from 'zod';
import { Failure } from '../pipeline/failure.ts';

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
  /** The parsed content, null for an empty file; undefined when it could not be read or parsed. */
  readonly content: unknown;
  /** `path:line:column` of the value (or its key) at a path of keys, or of its nearest parent that exists. */
  locate(path: readonly PropertyKey[], want?: 'key' | 'value'): string;
  /** Numbers that are whole and were written with a decimal point or an exponent, as `4000.00`: their paths and texts. */
  readonly pointed: readonly { readonly path: readonly PropertyKey[]; readonly written: string }[];
  /** As `locate`, for the character at an index of the text that stands at the path. */
  locateInside(path: readonly PropertyKey[], index: number): string;
}

/** A file that could not be read: every place in it is the file. */
export function brokenOff(path: string): YamlFile {
  const locate = (): string => path;
  return { path, text: '', content: undefined, pointed: [], locate, locateInside: locate };
}

/** Parses one file; a syntax error goes to `problems`. @param path what problems are told under. */
export function parseYaml(path: string, text: string, problems: string[]): YamlFile {
  const lines = new LineCounter();
  const document = parseDocument(text, {
    lineCounter: lines,
    uniqueKeys: true,
    prettyErrors: false,
  });
  const at = (offset: number): string => {
    const { line, col } = lines.linePos(offset);
    return `${path}:${line}:${col}`;
  };
  const [first, ...others] = document.errors;
  if (first !== undefined) {
    // One bracket that is not closed makes every line after it an error.
    const more =
      others.length === 0 ? '' : ` (and ${others.length} more, which may follow from it)`;
    problems.push(`${at(first.pos[0])}: ${first.message}${more}`);
  }
  const broken = first !== undefined;
  return {
    path,
    text,
    content: broken ? undefined : (document.toJS({ maxAliasCount: 100 }) as unknown),
    pointed: broken ? [] : pointedIn(document.contents, []),
    locate: (keys, want = 'value') => at(offsetOf(document, keys, want)),
    locateInside: (keys, index) => at(offsetInside(document, text, keys, index)),
  };
}

/**
 * Checks parsed content against a schema. An empty file is an empty mapping.
 * @returns the parsed value, or undefined after adding one problem per issue; for a file that could not be parsed
 *   the problem stands already.
 */
export function check<T>(file: YamlFile, schema: z.ZodType<T>, problems: string[]): T | undefined {
  if (file.content === undefined) return undefined;
  const result = schema.safeParse(file.content ?? {}, { reportInput: true });
  if (result.success) return result.data;
  for (const issue of result.error.issues.flatMap(closest)) {
    if (issue.code === 'unrecognized_keys') {
      for (const key of issue.keys) {
        problems.push(`${file.locate([...issue.path, key], 'key')}: unknown key "${key}"`);
      }
    } else if (issue.code === 'invalid_key') {
      const [reason] = issue.issues;
      const key = issue.path.map(String).join('.');
      problems.push(
        `${file.locate(issue.path, 'key')}: ${key}: ${reason?.message ?? issue.message}`,
      );
    } else {
      const name = issue.path.length === 0 ? '' : `${issue.path.map(String).join('.')}: `;
      problems.push(`${file.locate(issue.path)}: ${name}${messageFor(issue)}`);
    }
  }
  return undefined;
}

type Issue = z.core.$ZodIssue;

/** A key that is not there is called missing, unless the schema has words of its own for what to write. */
function messageFor({ code, input, message }: Issue): string {
  const missing = code === 'invalid_type' && input === undefined;
  return missing && message.startsWith('Invalid input') ? 'is missing' : message;
}

/** Of a value that may have several shapes: what is wrong by the shape that it was meant to have. */
function closest(issue: Issue): readonly Issue[] {
  if (issue.code !== 'invalid_union') return [issue];
  // A shape whose first level fits fails further down, or only by keys that it does not know.
  const meant = issue.errors.find((issues) =>
    issues.every(({ code, path }) => path.length > 0 || code === 'unrecognized_keys'),
  );
  if (meant === undefined) return [ownMessage(issue)];
  return meant.flatMap((inner) => closest({ ...inner, path: [...issue.path, ...inner.path] }));
}

/** Of numbers and texts that have the right type and a wrong value, the message of their shape is the clearer one. */
function ownMessage(issue: Issue & { readonly code: 'invalid_union' }): Issue {
  const inner = issue.errors.find((issues) => issues.every(({ code }) => code !== 'invalid_type'));
  const [first] = inner ?? [];
  return first === undefined ? issue : { ...first, path: issue.path };
}

/**
 * The offset in the source of a character of a text. The text's characters are looked for one after the
 * other, so quotes, escapes and the indentation of blocks are passed over.
 */
function offsetInside(
  document: Document,
  source: string,
  keys: readonly PropertyKey[],
  index: number,
): number {
  const node = document.getIn(keys, true);
  const from = startOf(node);
  if (!isScalar(node) || typeof node.value !== 'string' || from === undefined) {
    return offsetOf(document, keys, 'value');
  }
  const { value, type } = node;
  let at = from;
  if (type === 'BLOCK_LITERAL' || type === 'BLOCK_FOLDED') at = source.indexOf('\n', from) + 1;
  for (let i = 0; i <= Math.min(index, value.length - 1); i++) {
    const blank = /\s/.test(value[i]!);
    while (at < source.length && (blank ? !/\s/.test(source[at]!) : source[at] !== value[i])) at++;
    if (i < index) at++;
  }
  return at;
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

function pointedIn(node: unknown, path: readonly PropertyKey[]): YamlFile['pointed'] {
  if (isMap(node)) {
    return node.items.flatMap(({ key, value }) => pointedIn(value, [...path, nameOf(key)]));
  }
  if (isSeq(node)) return node.items.flatMap((item, index) => pointedIn(item, [...path, index]));
  if (!isScalar(node) || typeof node.value !== 'number' || !Number.isInteger(node.value)) return [];
  const written = node.source ?? '';
  return /[.eE]/.test(written) && !/^0x/i.test(written) ? [{ path, written }] : [];
}

function nameOf(key: unknown): string {
  return String(isScalar(key) ? key.value : key);
}

function startOf(node: unknown): number | undefined {
  return isNode(node) ? node.range?.[0] : undefined;
}
