/**
 * Constants that no event can ever have, because of what a field is: a currency in small letters, an unknown type,
 * half a fen. Nothing about such a comparison looks wrong, and it would stay silent for ever.
 */

import type { ASTNode } from '@marcbachmann/cel-js';
import { EVENT_TYPES } from '../event.ts';
import { nodesOf, pathOf } from '../expression.ts';
import { rangeOf as addressRangeOf } from './address-range.ts';
import { holdsCard } from '../ingest/card-number.ts';
import { CURRENCIES, isCode, isCurrency } from '../ingest/currency.ts';
import { parseAddress } from '../ingest/decode-address.ts';
import { MAX_TEXT_BYTES } from '../ingest/decode-fields.ts';
import type { EventPattern } from './feature.ts';
import type { Numbers } from './rule-known.ts';
import type { Known } from './rule-range.ts';

/** A constant at fault. */
export interface WrongLiteral {
  readonly node: ASTNode;
  /** Why it is never met, and what to write. */
  readonly message: string;
}

/** Numbers of events that are whole. */
const WHOLE: ReadonlySet<string> = new Set(['amountMinor', 'terms', 'weekday', 'hour', 'minute']);
/** What people call the yuan, at home and offshore. */
const YUAN: ReadonlySet<string> = new Set(['RMB', 'CNH']);
/** Calls that hold a part of a text against a constant. */
const PARTS: ReadonlySet<string> = new Set(['startsWith', 'endsWith', 'contains']);

/**
 * What is wrong with a text that a field of an event is compared with: why it is never met, and what to write;
 * undefined when an event can have it.
 */
function textProblem(field: string, text: string): string | undefined {
  const bytes = Buffer.from(text);
  if (field === 'currency' && !isCurrency(bytes, 0, bytes.length)) {
    const upper = text.trim().toUpperCase();
    if (isCode(bytes, 0, bytes.length)) {
      const instead = YUAN.has(upper) ? ': write "CNY"' : ', so its events are refused';
      return `it is no code of ISO 4217${instead}`;
    }
    return `a currency is three capital letters: write "${CURRENCIES.includes(upper) ? upper : 'CNY'}"`;
  }
  if (field === 'type' && !(EVENT_TYPES as readonly string[]).includes(text)) {
    return `there is no such type of event: write one of ${EVENT_TYPES.join(', ')}`;
  }
  if (field === 'accountId' && text === '') return 'every event has an account';
  if (field === 'ip') {
    const canonical = parseAddress(text)?.text ?? text;
    if (canonical !== text) return `this address is read as "${canonical}": write that`;
    if (text.includes('/') && addressRangeOf(text) !== undefined) {
      return 'an event has an address and no range: exclude ranges in lists/shared-networks.yaml';
    }
  }
  if (holdsCard(bytes, 0, bytes.length)) {
    return 'card numbers are masked before any rule sees them: write it as the console shows it (411111******1111#…)';
  }
  if (bytes.length > MAX_TEXT_BYTES)
    return `a text of an event has at most ${MAX_TEXT_BYTES} bytes`;
  return undefined;
}

/**
 * Texts of an expression that fields of events are held against and never have, with their places.
 * @param lists text lists by their names.
 */
export function wrongTexts(
  ast: ASTNode,
  lists: ReadonlyMap<string, ReadonlySet<string>>,
): readonly WrongLiteral[] {
  return [...nodesOf(ast)].flatMap((node) => [
    ...wrongMembers(node, lists),
    ...comparedTexts(node).flatMap(({ field, literal, isPart }): WrongLiteral[] => {
      const text = literal.args as string;
      const why = isPart ? partProblem(field, text, node) : textProblem(field, text);
      if (why === undefined) return [];
      return [{ node: literal, message: `no event.${field} is ever ${quoted(text)}: ${why}` }];
    }),
  ]);
}

/** The first member of a list that the field asked for never has; those of an address are for lists of ranges. */
function wrongMembers(
  node: ASTNode,
  lists: ReadonlyMap<string, ReadonlySet<string>>,
): readonly WrongLiteral[] {
  if (node.op !== 'call' || node.args[0] !== 'listed') return [];
  const [list, asked] = node.args[1];
  const field = asked && eventField(asked);
  if (list?.op !== 'value' || (field !== 'currency' && field !== 'type')) return [];
  for (const text of lists.get(String(list.args)) ?? []) {
    const why = textProblem(field, text);
    if (why === undefined) continue;
    const message = `no event.${field} is ever ${quoted(text)}, which stands in lists/${String(list.args)}.txt: ${why}`;
    return [{ node: list, message }];
  }
  return [];
}

/** Numbers of an expression that fields of events are compared with to no end, with their places. */
export function wrongNumbers(ast: ASTNode, known: Known): readonly WrongLiteral[] {
  return [...nodesOf(ast)].flatMap((node): WrongLiteral[] => {
    if (node.op !== '==' && node.op !== '!=' && node.op !== 'in') return beyond(node, known);
    const [left, right] = node.args;
    const field = eventField(left) ?? (node.op === 'in' ? undefined : eventField(right));
    const others = node.op === 'in' ? membersOf(right) : [left, right];
    if (field === undefined) return [];
    return others.flatMap((other) => {
      const number = numberOf(other);
      if (number === undefined) return [];
      const range = known.ranges.get(`event.${field}`);
      if (range !== undefined && (number < range.from || number > range.to)) {
        const message = `no event.${field} is ever ${number}: it lies between ${range.from} and ${range.to}`;
        return [{ node: other, message }];
      }
      if (!WHOLE.has(field) || Number.isInteger(number)) return [];
      const unit = field === 'amountMinor' ? 'is in whole fen' : 'is a whole number';
      return [{ node: other, message: `no event.${field} is ever ${number}: it ${unit}` }];
    });
  });
}

/** Conditions of a pattern that no event can meet, or that say nothing: the place inside `where`, and why. */
export function unmeetable(
  { where = [] }: EventPattern,
  numbers: Numbers,
): readonly { readonly path: readonly (string | number)[]; readonly message: string }[] {
  return where.flatMap((condition) => {
    const { field } = condition;
    if ('in' in condition || 'notIn' in condition) {
      const [side, texts] = 'in' in condition ? ['in', condition.in] : ['notIn', condition.notIn];
      return texts.flatMap((text, index) => {
        const why = textProblem(field, text);
        const message = `no ${field} is ever ${quoted(text)}: ${why!}`;
        return why === undefined ? [] : [{ path: [field, side, index], message }];
      });
    }
    const { atLeast = -Infinity, atMost = Infinity } = condition;
    const { from, to } = numbers[condition.field];
    if (atLeast > to || atMost < from) {
      const message = `no event can pass: ${field} lies between ${from} and ${to}`;
      return [{ path: [field], message }];
    }
    if (WHOLE.has(field) && Math.ceil(atLeast) > Math.floor(atMost)) {
      const message = `no event can pass: there is no whole number between ${atLeast} and ${atMost}`;
      return [{ path: [field], message }];
    }
    return [];
  });
}

/** A comparison by size that holds at every event or at none. */
function beyond(node: ASTNode, known: Known): WrongLiteral[] {
  if (node.op !== '<' && node.op !== '<=' && node.op !== '>' && node.op !== '>=') return [];
  const [left, right] = node.args;
  const field = eventField(left) ?? eventField(right);
  const literal = eventField(left) === undefined ? left : right;
  const number = numberOf(literal);
  const range = field === undefined ? undefined : known.ranges.get(`event.${field}`);
  if (number === undefined || range === undefined || !(number < range.from || number > range.to)) {
    return [];
  }
  // `event.hour < 24` is how people write up to 23: it always holds, and the rule fires all the same.
  const side = literal === right ? node.op : TURNED[node.op];
  if (side === '<' && number > range.to && number <= range.to + 1) return [];
  if (side === '>' && number < range.from && number >= range.from - 1) return [];
  const message = `event.${field!} lies between ${range.from} and ${range.to}, so ${number} parts no events from others`;
  return [{ node: literal, message }];
}

/** The same comparison with its sides changed. */
const TURNED = { '<': '>', '>': '<', '<=': '>=', '>=': '<=' } as const;

interface ComparedText {
  readonly field: string;
  readonly literal: ASTNode;
  /** The constant is held against a part of the field. */
  readonly isPart: boolean;
}

function comparedTexts(node: ASTNode): readonly ComparedText[] {
  const texts = (field: string | undefined, nodes: readonly ASTNode[], isPart = false) =>
    field === undefined
      ? []
      : nodes
          .filter((each) => each.op === 'value' && typeof each.args === 'string')
          .map((literal) => ({ field, literal, isPart }));
  switch (node.op) {
    case '==':
    case '!=':
      return texts(eventField(node.args[0]) ?? eventField(node.args[1]), node.args);
    case 'in':
      return texts(eventField(node.args[0]), membersOf(node.args[1]));
    case 'rcall':
      return PARTS.has(node.args[0]) ? texts(eventField(node.args[1]), node.args[2], true) : [];
    default:
      return [];
  }
}

function partProblem(field: string, part: string, node: ASTNode): string | undefined {
  if (node.op !== 'rcall') return undefined;
  const call = node.args[0] as 'startsWith' | 'endsWith' | 'includes' | 'contains';
  const name = call === 'contains' ? 'includes' : call;
  if (field === 'currency' && !CURRENCIES.some((code) => code[name](part))) {
    return /^[A-Z]{0,3}$/.test(part)
      ? 'no code of ISO 4217 has this part'
      : 'a currency is three capital letters: write its first ones so, or compare it with ==';
  }
  if (field !== 'type') return undefined;
  return EVENT_TYPES.some((type) => type[name](part))
    ? undefined
    : `no type of event has this part: there are ${EVENT_TYPES.join(', ')}`;
}

function membersOf(list: ASTNode): readonly ASTNode[] {
  return list.op === 'list' ? list.args : [];
}

function eventField(node: ASTNode): string | undefined {
  const path = pathOf(node);
  return path?.startsWith('event.') === true ? path.slice('event.'.length) : undefined;
}

function numberOf(node: ASTNode): number | undefined {
  if (node.op === '-_') {
    const number = numberOf(node.args);
    return number === undefined ? undefined : -number;
  }
  return node.op === 'value' && typeof node.args === 'number' ? node.args : undefined;
}

function quoted(text: string): string {
  const bytes = Buffer.from(text);
  return holdsCard(bytes, 0, bytes.length)
    ? 'this'
    : JSON.stringify(text.length > 40 ? `${text.slice(0, 40)}…` : text);
}
