/** Shadow is recorded and never acts: not on verdicts, freezes, proposals, lists, exclusions or rewards. */

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { loadConfig, type LoadedConfig } from '../../config/load.ts';
import { assembleCampaigns, assembleDecoder, assembleEngine } from '../../pipeline/assemble.ts';
import type { Finding } from '../../pipeline/decide/decision.ts';
import { discoverDetectors } from '../../pipeline/detect/discover.ts';
import { EventBatch, EventView } from '../../pipeline/event.ts';
import { keysOf } from '../../pipeline/keys.ts';
import { evaluate } from '../../pipeline/reward/evaluate.ts';
import { simulate } from '../../pipeline/simulate/simulate.ts';
import { silentLogger } from '../../pipeline/telemetry.ts';

const KEYS = keysOf(Buffer.alloc(32, 3));
const START_MS = Date.UTC(2026, 10, 20, 1, 50);
const shipped = await loadConfig('config', await discoverDetectors());
/** Automatic entries are on, so that a shadow finding could make one if it acted; freezes soon meet their cap. */
const config: LoadedConfig = {
  ...shipped,
  system: {
    ...shipped.system,
    freezing: { ...shipped.system.freezing, perHour: 3 },
    lists: {
      ...shipped.system.lists,
      automatic: { ...shipped.system.lists.automatic, to: 'block' },
    },
  },
};

/** The configuration with a shadow beside each of the named detectors that speaks at the slightest measure. */
function withShadows(names: readonly string[], band: number): LoadedConfig {
  const shadows = config.catalogue.filter(({ name }) => names.includes(name));
  const sections = shadows.map(({ name, detector }) => {
    const bands = Object.fromEntries(
      Object.entries(detector.measures).map(([measure, { direction }]) => {
        const limit = direction === 'atLeast' ? band : 1e9;
        return [measure, { review: limit, block: limit, conclusive: limit }];
      }),
    );
    return [`shadow-${name}`, { ...config.sections[name]!, mode: 'shadow', bands }] as const;
  });
  return {
    ...config,
    catalogue: [
      ...config.catalogue,
      ...shadows.map(({ name, detector }) => ({ name: `shadow-${name}`, detector })),
    ],
    sections: { ...config.sections, ...Object.fromEntries(sections) },
  };
}

/** Everything that follows from a stream: what is decided and done, and what is only written down. */
function outcomeOf(of: LoadedConfig, seed: number) {
  const { engine } = assembleEngine(of);
  const decoder = assembleDecoder(of, KEYS);
  const { campaigns, customers } = assembleCampaigns(of, Buffer.from('draws'), {
    onExpressionError: () => undefined,
    log: silentLogger(),
  });
  const batch = new EventBatch(256);
  const view = new EventView(batch, 0);
  const acted: unknown[] = [];
  const shadows: Finding[] = [];
  const flush = (): void => {
    const { judgements, versionAt: _, ...rest } = engine.judge(batch);
    acted.push(rest);
    for (const [row, judgement] of judgements.entries()) {
      if (judgement.kind !== 'decided') continue;
      view.row = row;
      const { findings, ...decision } = judgement.decision;
      shadows.push(...findings.filter(({ mode }) => mode === 'shadow'));
      const facts = customers.of(view);
      const ops = evaluate(campaigns.compiled, view, judgement.decision, facts, 'v');
      customers.observe(view, decision.verdict);
      acted.push(
        decision,
        findings.filter(({ mode }) => mode === 'live'),
        ops,
      );
    }
    batch.clear();
  };
  for (const event of simulate({
    ...{ seed, startMs: START_MS, minutes: 6, ratePerSecond: 3, attackShare: 0.3 },
  })) {
    decoder.decode(Buffer.from(JSON.stringify(event)), Date.parse(event.occurredAt), batch);
    if (batch.length === 256) flush();
  }
  flush();
  return { acted, shadows };
}

test('shadow detectors and rules change nothing but findings, whichever they are', () => {
  const names = config.catalogue.map(({ name }) => name);
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 1000 }),
      // Some never speak in six minutes; this one always does.
      fc.subarray(names).map((some) => [...new Set(['rapid-payments', ...some])]),
      fc.constantFrom(0, 1, 2),
      (seed, shadowed, band) => {
        const plain = outcomeOf(config, seed);
        const shadowy = outcomeOf(withShadows(shadowed, band), seed);
        expect(shadowy.acted).toEqual(plain.acted);
        expect(shadowy.shadows.length).toBeGreaterThan(plain.shadows.length);
        // Were nothing decided or done, the two would be equal for nothing.
        const text = JSON.stringify(plain.acted);
        for (const word of ['"verdict":"block"', '"kind":"freeze"', '"kind":"propose"']) {
          expect(text).toContain(word);
        }
        expect(text).toContain('"kind":"reserve"');
      },
    ),
    { numRuns: 4 },
  );
});
