/** Names that must tell things apart. */

import type { Path, Problem } from './campaign-places.ts';

/** An id stands for one thing in its list. */
export function twice(parts: readonly { readonly id: string }[], path: Path): Problem[] {
  const seen = new Set<string>();
  return parts.flatMap(({ id }, index) => {
    if (seen.has(id)) return [{ path: [...path, index, 'id'], message: `"${id}" is used twice` }];
    seen.add(id);
    return [];
  });
}
