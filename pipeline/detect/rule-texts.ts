/** What conditions say of texts: which constants a name is compared with, and whether any is left to it. */

import type { ASTNode } from '@marcbachmann/cel-js';
import { pathOf } from '../expression.ts';

/** A name is one of some texts, or, where `among` is false, none of them. */
export interface TextClaim {
  readonly path: string;
  readonly texts: ReadonlySet<string>;
  readonly among: boolean;
}

/** The texts that names can be, by path, where that is known. */
export type TextDomains = ReadonlyMap<string, ReadonlySet<string>>;

/** What a comparison of a name with constant texts says, exactly; undefined for any other condition. */
export function textClaimOf(node: ASTNode): TextClaim | undefined {
  switch (node.op) {
    case '!_': {
      const claim = textClaimOf(node.args);
      return claim && { ...claim, among: !claim.among };
    }
    case '==':
    case '!=': {
      const [left, right] = node.args;
      const path = pathOf(left) ?? pathOf(right);
      const constant = textOf(left) ?? textOf(right);
      if (path === undefined || constant === undefined) return undefined;
      return { path, texts: new Set([constant]), among: node.op === '==' };
    }
    case 'in': {
      const [name, list] = node.args;
      const path = pathOf(name);
      if (path === undefined || list.op !== 'list') return undefined;
      const texts = list.args.map(textOf);
      // A list without members holds neither texts nor numbers: nothing is in it.
      if (texts.includes(undefined)) return undefined;
      return { path, texts: new Set(texts as string[]), among: true };
    }
    default:
      return undefined;
  }
}

/** The domains where a claim holds; the same where it leaves a name whose texts are not known. */
export function withClaim(domains: TextDomains, { path, texts, among }: TextClaim): TextDomains {
  const known = domains.get(path);
  if (known === undefined && !among) return domains;
  const left = [...(known ?? texts)].filter((text) => texts.has(text) === among);
  return new Map(domains).set(path, new Set(left));
}

/** Whether a claim leaves nothing, or everything, of what a name can be. */
export function truthOfClaim(claim: TextClaim, domains: TextDomains): 'always' | 'never' | 'maybe' {
  const { path, texts, among } = claim;
  const known = domains.get(path);
  if (known === undefined) return texts.size > 0 ? 'maybe' : among ? 'never' : 'always';
  const left = withClaim(domains, claim).get(path)!.size;
  return left === 0 ? 'never' : left === known.size ? 'always' : 'maybe';
}

function textOf(node: ASTNode): string | undefined {
  return node.op === 'value' && typeof node.args === 'string' ? node.args : undefined;
}
