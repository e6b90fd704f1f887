/** A ring in words: the way from the event's account to the farthest one, and every value that joins accounts. */

import type { Evidence } from './detector.ts';
import type { RingGraph } from './ring-graph.ts';
import type { RingWalk } from './ring-walk.ts';

/** A finding is shown whole on a screen and stored for years. */
const MAX_CHARACTERS = 800;
const MAX_ID_CHARACTERS = 64;

/**
 * @returns `path`: `a –deviceId d1– b –cardId c9– c`, the longest of the shortest ways through the ring;
 *   `links`: the same for all accounts, value by value: `deviceId d1: a, b; cardId c9: b, c`.
 */
export function tellRing(graph: RingGraph, walk: RingWalk): Evidence {
  return { path: pathOf(graph, walk), links: linksOf(graph, walk) };
}

function pathOf(graph: RingGraph, walk: RingWalk): string {
  // The walk is breadth first, so that the last account lies as far away as any.
  const steps: string[] = [];
  let member = walk.accounts - 1;
  while (member > 0) {
    steps.unshift(
      `–${valueText(graph, walk.through[member]!)}– ${accountText(graph, walk, member)}`,
    );
    member = walk.from[member]!;
  }
  const parts = [accountText(graph, walk, 0), ...steps];
  return bounded(parts.length, (n) => parts[n]!, ' ');
}

function linksOf(graph: RingGraph, walk: RingWalk): string {
  const joined = new Map<number, number[]>();
  for (let member = 1; member < walk.accounts; member++) {
    const value = walk.through[member]!;
    const members = joined.get(value);
    if (members === undefined) joined.set(value, [walk.from[member]!, member]);
    else members.push(member);
  }
  const links = [...joined];
  return bounded(links.length, (n) => linkText(graph, walk, ...links[n]!), '; ');
}

function linkText(
  graph: RingGraph,
  walk: RingWalk,
  value: number,
  members: readonly number[],
): string {
  const accounts = members.map((member) => accountText(graph, walk, member));
  return `${valueText(graph, value)}: ${accounts.join(', ')}`;
}

function valueText(graph: RingGraph, node: number): string {
  const { field } = graph.fields[graph.nodes.kindOf(node) - 1]!;
  return `${field} ${textOf(graph, node)}`;
}

function accountText(graph: RingGraph, walk: RingWalk, member: number): string {
  return textOf(graph, walk.members[member]!);
}

/** Where there was no room for the text, the hash at least tells one from another. */
function textOf({ texts, nodes }: RingGraph, node: number): string {
  const text = texts.of(node);
  if (text === undefined) return nodes.nameOf(node);
  return quoted(text.length > MAX_ID_CHARACTERS ? `${text.slice(0, MAX_ID_CHARACTERS)}…` : text);
}

/** Whoever chooses the name of a device must not write an account into the ring by it: no name parts two others. */
function quoted(text: string): string {
  if (!/[% ]/.test(text)) return text;
  return text.replaceAll('%', '%25').replaceAll(/(?<=[;:,]) /g, '%20');
}

/** The accounts that `links` names, once for each link; half a name is nobody's. */
export function accountsLinked(links: string): string[] {
  return links.split('; ').flatMap((link) => {
    const names = link.indexOf(': ');
    return names < 0
      ? []
      : link
          .slice(names + 2)
          .split(', ')
          .filter((name) => name !== '' && !name.includes('…'))
          .map((name) => name.replaceAll('%20', ' ').replaceAll('%25', '%'));
  });
}

/**
 * As many parts as there is room for. A large ring is met by every event of it, so what is not told is not made.
 * @param count of parts, at least one. @param partOf the text of one, asked for in order.
 */
function bounded(count: number, partOf: (n: number) => string, separator: string): string {
  let text = partOf(0);
  for (let n = 1; n < count; n++) {
    const isFull = text.length >= MAX_CHARACTERS;
    const longer = isFull ? text : `${text}${separator}${partOf(n)}`;
    if (isFull || longer.length > MAX_CHARACTERS) return `${text} … and ${count - n} more`;
    text = longer;
  }
  return text.length > MAX_CHARACTERS ? `${text.slice(0, MAX_CHARACTERS)}…` : text;
}
