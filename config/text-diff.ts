/** What changed between two versions of a configuration: the files, and a unified diff for people, bounded. */

type Texts = Readonly<Record<string, string>>;

const MAX_DIFF_CHARACTERS = 65_536;
/** Beyond this many edits a file is shown as replaced: a longer search would hold up what is being decided. */
const MAX_EDITS = 300;
const CONTEXT_LINES = 3;
/** Characters of both texts. */
const LARGEST_FILE = 524_288;

export interface Change {
  readonly paths: readonly string[];
  /** Unified, bounded. */
  readonly diff: string;
}

/** Known changes: what is asked for between two batches was worked out before. */
const known = new WeakMap<Texts, WeakMap<Texts, Change>>();

/** What changed between two versions' files. */
export function changeBetween(before: Texts, after: Texts): Change {
  const ofBefore = known.get(before) ?? new WeakMap<Texts, Change>();
  known.set(before, ofBefore);
  const change = ofBefore.get(after) ?? {
    paths: changedPaths(before, after),
    diff: diffOf(before, after),
  };
  ofBefore.set(after, change);
  return change;
}

/** Paths whose text differs, was added or removed, sorted. */
export function changedPaths(before: Texts, after: Texts): string[] {
  return [...new Set([...Object.keys(before), ...Object.keys(after)])]
    .filter((path) => before[path] !== after[path])
    .sort();
}

/** Unified diffs of all changed files; cut, with a word that says so, where it is long. */
export function diffOf(before: Texts, after: Texts): string {
  let diff = '';
  for (const path of changedPaths(before, after)) {
    diff += `--- ${path in before ? path : '/dev/null'}\n+++ ${path in after ? path : '/dev/null'}\n`;
    diff += fileDiff(before[path] ?? '', after[path] ?? '');
    if (diff.length > MAX_DIFF_CHARACTERS) {
      return `${diff.slice(0, MAX_DIFF_CHARACTERS)}\n(cut: the whole files stand in config_versions)\n`;
    }
  }
  return diff;
}

function fileDiff(before: string, after: string): string {
  if (before.length + after.length > LARGEST_FILE) return '(too large to be shown line by line)\n';
  return hunksOf(linesOf(before), linesOf(after));
}

interface Line {
  readonly mark: ' ' | '-' | '+';
  readonly text: string;
}

function linesOf(text: string): string[] {
  const lines = text.split('\n');
  if (lines.at(-1) === '') lines.pop();
  return lines;
}

function hunksOf(before: readonly string[], after: readonly string[]): string {
  const lines = edited(before, after);
  const changed = lines.flatMap(({ mark }, index) => (mark === ' ' ? [] : [index]));
  let text = '';
  for (let from = 0; from < changed.length;) {
    let to = from;
    while (to + 1 < changed.length && changed[to + 1]! - changed[to]! <= 2 * CONTEXT_LINES) to++;
    const start = Math.max(0, changed[from]! - CONTEXT_LINES);
    const hunk = lines.slice(start, changed[to]! + CONTEXT_LINES + 1);
    const place = (unlike: Line['mark']): string => {
      const above = lines.slice(0, start).filter(({ mark }) => mark !== unlike).length;
      const count = hunk.filter(({ mark }) => mark !== unlike).length;
      return `${count === 0 ? above : above + 1},${count}`;
    };
    text += `@@ -${place('+')} +${place('-')} @@\n`;
    text += hunk.map(({ mark, text: line }) => `${mark}${line}\n`).join('');
    from = to + 1;
  }
  return text;
}

/** Both texts as one list of kept, removed and added lines. */
function edited(before: readonly string[], after: readonly string[]): Line[] {
  let head = 0;
  while (head < before.length && head < after.length && before[head] === after[head]) head++;
  let tail = 0;
  while (
    tail < Math.min(before.length, after.length) - head &&
    before[before.length - 1 - tail] === after[after.length - 1 - tail]
  ) {
    tail++;
  }
  const line = (mark: Line['mark']) => (text: string) => ({ mark, text });
  return [
    ...before.slice(0, head).map(line(' ')),
    ...script(before.slice(head, before.length - tail), after.slice(head, after.length - tail)),
    ...before.slice(before.length - tail).map(line(' ')),
  ];
}

/** The shortest edit. Source: Myers, "An O(ND) difference algorithm and its variations" (1986). */
function script(before: readonly string[], after: readonly string[]): Line[] {
  const reach = new Map<number, number>([[1, 0]]);
  const trace: ReadonlyMap<number, number>[] = [];
  for (let edits = 0; edits <= Math.min(MAX_EDITS, before.length + after.length); edits++) {
    trace.push(new Map(reach));
    for (let k = -edits; k <= edits; k += 2) {
      let x = stepDown(reach, k, edits) ? reach.get(k + 1)! : reach.get(k - 1)! + 1;
      while (x < before.length && x - k < after.length && before[x] === after[x - k]) x++;
      reach.set(k, x);
      if (x >= before.length && x - k >= after.length) return walkBack(trace, before, after);
    }
  }
  return [
    ...before.map((text): Line => ({ mark: '-', text })),
    ...after.map((text): Line => ({ mark: '+', text })),
  ];
}

function stepDown(reach: ReadonlyMap<number, number>, k: number, edits: number): boolean {
  return k === -edits || (k !== edits && reach.get(k - 1)! < reach.get(k + 1)!);
}

function walkBack(
  trace: readonly ReadonlyMap<number, number>[],
  before: readonly string[],
  after: readonly string[],
): Line[] {
  const lines: Line[] = [];
  let x = before.length;
  let y = after.length;
  for (let edits = trace.length - 1; edits >= 0; edits--) {
    const reach = trace[edits]!;
    const k = x - y;
    const from = stepDown(reach, k, edits) ? k + 1 : k - 1;
    const fromX = reach.get(from)!;
    const fromY = fromX - from;
    while (x > fromX && y > fromY && x > 0 && y > 0) {
      x--;
      y--;
      lines.push({ mark: ' ', text: before[x]! });
    }
    if (edits === 0) break;
    if (x === fromX) lines.push({ mark: '+', text: after[--y]! });
    else lines.push({ mark: '-', text: before[--x]! });
  }
  return lines.reverse();
}
