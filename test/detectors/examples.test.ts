/** Runs the examples that stand in detectors and shipped rules, each through decoder, features and evaluation. */

import { describe, expect, it } from 'vitest';
import { loadConfig } from '../../config/load.ts';
import type { DetectorExample, NamedDetector } from '../../pipeline/detect/detector.ts';
import { discoverDetectors } from '../../pipeline/detect/discover.ts';
import { compileDetectors } from '../../pipeline/detect/evaluate.ts';
import { layFeatures } from '../../pipeline/detect/feature-layout.ts';
import { detectorsSchema } from '../../pipeline/detect/section.ts';
import type { Finding } from '../../pipeline/decide/decision.ts';
import { EventView } from '../../pipeline/event.ts';
import { batchFrom } from '../support/events.ts';

/** The findings at the last event of the example. */
function findingsOf(named: NamedDetector, example: DetectorExample): readonly Finding[] {
  const sections = detectorsSchema([named]).parse({ [named.name]: example.config ?? {} });
  const compiled = compileDetectors([named], sections);
  const { width, store, sources } = layFeatures(compiled.requests, {
    allowedLatenessMs: 600_000,
    maxKeys: 10_000,
    maxEntries: 100_000,
  });
  const batch = batchFrom(example.events);
  const matrix = {
    width,
    values: new Float64Array(width * batch.length),
  };
  store.measure(batch, 0, batch.length, matrix);
  for (const source of sources) source.measure(batch, 0, batch.length, matrix);
  compiled.bind(matrix);
  return compiled.evaluate(new EventView(batch, batch.length - 1));
}

const { catalogue } = await loadConfig('config', await discoverDetectors());

describe.each(catalogue)('$name', (named) => {
  const { examples, measures, summary, cannotSee } = named.detector;

  it.each([...examples])('$title', (example) => {
    const found = findingsOf(named, example);
    const told = found.map(({ band, measure, conclusive }) => ({
      band,
      measure: Number(measure.toFixed(2)),
      ...(example.finding?.conclusive === undefined ? {} : { conclusive }),
    }));
    expect(told).toEqual(example.finding === undefined ? [] : [example.finding]);
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
