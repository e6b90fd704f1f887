import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { DELIVERED_BY } from '../../pipeline/act/delivery.ts';
import { EVENT_TYPES } from '../../pipeline/event.ts';
import { checkExpression } from '../../pipeline/reward/cel.ts';
import { GRANT_REASONS, GRANT_STATES } from '../../pipeline/reward/grant.ts';

const CHAPTER = await readFile(
  new URL('../../config/campaigns/EVENTS.md', import.meta.url),
  'utf8',
);
const named = new Set([...CHAPTER.matchAll(/`([^`\n]+)`/g)].map(([, name]) => name!));

test.each([...EVENT_TYPES, ...GRANT_STATES, ...DELIVERED_BY])('%s is explained', (name) => {
  expect(named).toContain(name);
});

test('every example is JSON, and of a type that there is', () => {
  const posted = [...CHAPTER.matchAll(/^post '(.*)'$/gm)].map(
    ([, text]) =>
      JSON.parse(text!.replace(`'$who'`, '"accountId":"a-1"')) as { readonly type: string },
  );
  expect(posted.length).toBeGreaterThan(5);
  for (const { type } of posted) expect(EVENT_TYPES).toContain(type);
  for (const [, text] of CHAPTER.matchAll(/^```json\n(.*?)^```$/gms)) JSON.parse(text!);
});

test('reasons that a wish is refused for are ones that there are', () => {
  const [, list] = /^What a customer’s wish is refused for: (.*?)\.$/ms.exec(
    CHAPTER.replace("customer's", 'customer’s'),
  )!;
  for (const [, reason] of list!.matchAll(/`(\w+)`/g)) expect(GRANT_REASONS).toContain(reason);
});

test('conditions can ask what the chapter says they can', () => {
  const names = { params: {}, lists: [], segments: [] };
  for (const of of ['event', 'customer', 'inCampaign']) {
    const [, list] = new RegExp(`^- \`${of}\`[^:]*: (.*?)\\.(?: |$)`, 'ms').exec(CHAPTER)!;
    const fields = [...list!.matchAll(/`(\w+)`/g)].map(([, field]) => `${of}.${field!}`);
    expect(fields.length).toBeGreaterThan(3);
    for (const field of fields) {
      expect(checkExpression(`${field} == ${field}`, names), field).toBeUndefined();
    }
  }
});
