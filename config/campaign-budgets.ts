/** The tree of budget lines. Spending on a line counts against every line above it too. */

import { z } from 'zod';
import { amount, name } from './campaign-values.ts';

export interface BudgetLine {
  limit: number;
  children?: Record<string, BudgetLine> | undefined;
}

export const budgetLine: z.ZodType<BudgetLine> = z.strictObject({
  limit: amount,
  get children() {
    return z.record(name, budgetLine).optional();
  },
});

/** The line at a dotted path with everything above it, topmost first; undefined when there is none. */
export function budgetPath(
  budgets: Readonly<Record<string, BudgetLine>>,
  path: string,
): { readonly path: string; readonly limit: number }[] | undefined {
  const found: { path: string; limit: number }[] = [];
  let level: Readonly<Record<string, BudgetLine>> | undefined = budgets;
  for (const part of path.split('.')) {
    const line: BudgetLine | undefined =
      level !== undefined && Object.hasOwn(level, part) ? level[part] : undefined;
    if (line === undefined) return undefined;
    const above = found.at(-1);
    found.push({
      path: above === undefined ? part : `${above.path}.${part}`,
      limit: line.limit,
    });
    level = line.children;
  }
  return found;
}
