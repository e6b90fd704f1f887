/** Runs the examples that stand in detectors and shipped rules, each through decoder, features and evaluation. */

import { describe, expect, it } from 'vitest';
import { loadConfig } from '../../config/load.ts';
import { discoverDetectors } from '../../pipeline/detect/discover.ts';
import { Examples } from '../../pipeline/examples.ts';

const config = await loadConfig('config', await discoverDetectors());
const { catalogue } = config;
const run = new Examples(config);

describe.each(catalogue)('$name', (named) => {
  const { examples, measures, summary, cannotSee } = named.detector;

  it.each([...examples])('$title', (example) => {
    const found = run.findingsOf(named, example);
    expect(run.problemOf(named, example)).toBeUndefined();
    expect(found).toHaveLength(example.finding === undefined ? 0 : 1);
    for (const finding of found) {
      expect(finding.subjectValue).not.toBe('');
      expect(JSON.parse(JSON.stringify(finding))).toEqual(finding);
    }
  });

  it('shows an event that fires, one that does not, and what a placeholder does', () => {
    expect(examples.some(({ finding }) => finding !== undefined)).toBe(true);
    expect(examples.some(({ finding }) => finding === undefined)).toBe(true);
    expect(
      examples.some(
        ({ title, finding }) => finding === undefined && /placeholder|nobody/.test(title),
      ),
    ).toBe(true);
  });

  it('says in sentences what it finds and what it cannot see', () => {
    for (const text of [summary, cannotSee]) expect(text).toMatch(/^[A-Z].*\.$/);
    expect(Object.values(measures).every(({ about }) => about.length > 0)).toBe(true);
  });
});
