/**
 * What Grafana and the ClickHouse data source make of a query before it reaches the database: the browser's
 * macros and variables first, then the backend's macros, innermost first.
 */

export interface Scope {
  readonly fromMs: number;
  readonly toMs: number;
  readonly intervalSeconds: number;
  /** Chosen values by variable name; an empty list is "All", or an empty text box. */
  readonly variables: Readonly<Record<string, readonly string[]>>;
}

/** A panel's, variable's or annotation's query as the database gets it. */
export function expandInBrowser(sql: string, scope: Scope): string {
  return expandInBackend(interpolate(conditionalAll(sql, scope), scope), scope);
}

/** An alert rule's query as the database gets it: there is no browser, so variables stay as they are. */
export function expandInBackend(sql: string, scope: Scope): string {
  let text = sql;
  for (;;) {
    const at = lastMacro(text);
    if (at === undefined) return text;
    text = text.slice(0, at.start) + replacement(at.name, at.args, scope) + text.slice(at.end);
  }
}

interface Call {
  readonly name: string;
  readonly args: readonly string[];
  readonly start: number;
  readonly end: number;
}

/** Macros written with parentheses, and how many arguments each takes. */
const ARITY: Readonly<Record<string, number>> = {
  timeFilter: 1,
  timeFilter_ms: 1,
  dateFilter: 1,
  dateTimeFilter: 2,
  timeInterval: 1,
  timeInterval_ms: 1,
  timeGroup: 2,
};
const BARE = new Set(['fromTime', 'toTime', 'fromTime_ms', 'toTime_ms', 'interval_s']);

/** The last macro of the text: whatever it contains has been replaced already. */
function lastMacro(text: string): Call | undefined {
  const found = [...text.matchAll(/\$__(\w+)/g)].at(-1);
  if (found === undefined) return undefined;
  const name = found[1]!;
  const start = found.index;
  const open = start + found[0].length;
  if (BARE.has(name)) return { name, args: [], start, end: open };
  const arity = ARITY[name];
  if (arity === undefined) throw new Error(`the backend knows no macro $__${name}`);
  if (text[open] !== '(') throw new Error(`$__${name} takes ${arity} arguments`);
  const { args, end } = argumentsAt(text, open);
  if (args.length !== arity || args.includes('')) {
    throw new Error(`$__${name} takes ${arity} arguments, not (${args.join(', ')})`);
  }
  return { name, args, start, end };
}

/** The arguments of the call whose parenthesis opens at `open`; commas inside deeper parentheses do not part them. */
function argumentsAt(text: string, open: number): { args: string[]; end: number } {
  const args = [''];
  let depth = 0;
  for (let at = open; at < text.length; at += 1) {
    const character = text[at]!;
    if (character === '(') depth += 1;
    if (character === ')') depth -= 1;
    if (depth === 0) return { args: args.map((arg) => arg.trim()), end: at + 1 };
    if (character === ',' && depth === 1) args.push('');
    else if (at > open) args.push(`${args.pop()!}${character}`);
  }
  throw new Error(`a parenthesis stays open: ${text.slice(open, open + 40)}`);
}

function replacement(name: string, [first, second]: readonly string[], scope: Scope): string {
  const from = `toDateTime(${Math.floor(scope.fromMs / 1000)})`;
  const to = `toDateTime(${Math.floor(scope.toMs / 1000)})`;
  const fromMs = `fromUnixTimestamp64Milli(${scope.fromMs})`;
  const toMs = `fromUnixTimestamp64Milli(${scope.toMs})`;
  const seconds = Math.max(1, scope.intervalSeconds);
  switch (name) {
    case 'timeFilter':
      return `${first} >= ${from} AND ${first} <= ${to}`;
    case 'timeFilter_ms':
      return `${first} >= ${fromMs} AND ${first} <= ${toMs}`;
    case 'dateFilter':
      return `${first} >= toDate(${from}) AND ${first} <= toDate(${to})`;
    case 'dateTimeFilter':
      return `${first} >= toDate(${from}) AND ${first} <= toDate(${to}) AND ${second} >= ${from} AND ${second} <= ${to}`;
    case 'timeInterval':
      return `toStartOfInterval(toDateTime(${first}), INTERVAL ${seconds} second)`;
    case 'timeInterval_ms':
      return `toStartOfInterval(toDateTime64(${first}, 3), INTERVAL ${seconds * 1000} millisecond)`;
    case 'timeGroup':
      return `toStartOfInterval(${first}, INTERVAL ${inWords(second!)})`;
    case 'fromTime':
      return from;
    case 'toTime':
      return to;
    case 'fromTime_ms':
      return fromMs;
    case 'toTime_ms':
      return toMs;
    default:
      return String(seconds);
  }
}

function inWords(group: string): string {
  const units: Readonly<Record<string, string>> = { s: 'second', m: 'minute', h: 'hour', d: 'day' };
  const [, count, unit] = /^'?(\d+)([smhd])'?$/.exec(group) ?? [];
  if (count === undefined) throw new Error(`no time group: ${group}`);
  return `${count} ${units[unit!]!}`;
}

/** `$__conditionalAll(condition, $variable)`: true when everything is chosen, the condition otherwise. */
function conditionalAll(sql: string, scope: Scope): string {
  const macro = '$__conditionalAll';
  let text = sql;
  for (;;) {
    const start = text.lastIndexOf(macro);
    if (start === -1) return text;
    const { args, end } = argumentsAt(text, start + macro.length);
    const variable = args[1]?.replace(/^\$/, '');
    if (args.length !== 2 || variable === undefined || !(variable in scope.variables)) {
      throw new Error(`${macro} takes a condition and a variable, not (${args.join(', ')})`);
    }
    const chosen = scope.variables[variable]!;
    text = text.slice(0, start) + (chosen.length === 0 ? '1=1' : args[0]!) + text.slice(end);
  }
}

/** `${name:singlequote}`: each value in quotes, with commas between. */
function interpolate(sql: string, scope: Scope): string {
  return sql.replaceAll(
    /\$\{(\w+)(?::(\w+))?\}/g,
    (_, name: string, format: string | undefined) => {
      const chosen = scope.variables[name];
      if (chosen === undefined) throw new Error(`no variable ${name}`);
      if (format !== 'singlequote')
        throw new Error(`\${${name}} stands in SQL without :singlequote`);
      return chosen.map((value) => `'${value.replaceAll("'", "\\'")}'`).join(',');
    },
  );
}
