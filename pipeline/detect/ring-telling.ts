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
  return bounded([accountText(graph, walk, 0), ...steps], ' ');
}

function linksOf(graph: RingGraph, walk: RingWalk): string {
  const joined = new Map<number, string[]>();
  for (let member = 1; member < walk.accounts; member++) {
    const value = walk.through[member]!;
    let accounts = joined.get(value);
    if (accounts === undefined) {
      accounts = [accountText(graph, walk, walk.from[member]!)];
      joined.set(value, accounts);
    }
    accounts.push(accountText(graph, walk, member));
  }
  const told = [...joined].map(
    ([value, accounts]) => `${valueText(graph, value)}: ${accounts.join(', ')}`,
  );
  return bounded(told, '; ');
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

function bounded(parts: readonly string[], separator: string): string {
  let text = parts[0]!;
  for (let n = 1; n < parts.length; n++) {
    const longer = `${text}${separator}${parts[n]!}`;
    if (longer.length > MAX_CHARACTERS) return `${text} … and ${parts.length - n} more`;
    text = longer;
  }
  return text.length > MAX_CHARACTERS ? `${text.slice(0, MAX_CHARACTERS)}…` : text;
}
