import { expect, test } from 'vitest';
import { GrantNews } from '../../pipeline/tell/grant-news.ts';
import type { Grant } from '../../pipeline/reward/grant.ts';

const grant = (id: string, revision: number): Grant => ({ id, revision }) as Grant;
const told = (news: readonly Grant[]): string[] =>
  news.map((each) => `${each.id} ${each.revision}`);

test('a grant that several operations answer with is told once for each of its states', () => {
  const news = new GrantNews();
  expect(told(news.take([[grant('a', 1)], [grant('b', 2)]]))).toEqual(['a 1', 'b 2']);
  // The payment captures it, and asks for it as if there had been no authorisation.
  expect(told(news.take([[grant('a', 3)], [grant('a', 3)], [grant('b', 2)]]))).toEqual(['a 3']);
  expect(told(news.take([[grant('a', 3)], []]))).toEqual([]);
});
