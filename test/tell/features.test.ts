import { describe, expect, it } from 'vitest';
import { FeatureLayers } from '../../pipeline/detect/feature-layers.ts';
import { Metrics } from '../../pipeline/telemetry.ts';
import { tellFeatures } from '../../pipeline/tell/features.ts';
import { batchOf } from '../support/batches.ts';

const HOUR_MS = 3_600_000;
const ring = {
  kind: 'ring',
  on: ['payment'],
  value: 'accounts',
  newMs: HOUR_MS,
  links: [{ field: 'deviceId', windowMs: HOUR_MS, accounts: 5 }],
} as const;

describe('what features hold', () => {
  it('is told with what their bounds kept out, rings beside windows', async () => {
    const limits = { allowedLatenessMs: 0, maxKeys: 3, maxEntries: 1000 };
    const count = { key: 'accountId', on: ['payment'], windowMs: HOUR_MS } as const;
    const layers = new FeatureLayers(
      [
        { spec: ring, measuredOn: ['payment'] },
        { spec: { ...count, aggregate: { kind: 'count' } }, measuredOn: ['payment'] },
      ],
      limits,
    );
    const batch = batchOf(
      [1, 2, 3, 4].map((n) => {
        const keys = { accountId: `a${n}`, deviceId: `d${n}` };
        return { id: `e${n}`, type: 'payment', occurredAtMs: n, ...keys };
      }),
    );
    layers.measure(batch, 0, batch.length);
    const metrics = new Metrics();
    const warming = { feature: 'events per ip', known: 3, needed: 12, unit: 'days' };
    tellFeatures({ metrics }, layers, [warming]);
    const text = await metrics.registry.metrics();
    expect(text).toContain('sheepdog_window_keys 3\n');
    expect(text).toContain('sheepdog_window_capped 1\n');
    expect(text).toContain('sheepdog_window_cut_short 0\n');
    expect(text).toContain('sheepdog_feature_keys{kind="ring"} 3\n');
    expect(text).toMatch(/sheepdog_feature_capped\{kind="ring"\} [1-9]/);
    expect(text).toMatch(/sheepdog_feature_bytes\{kind="ring"\} [1-9]/);
    expect(text).toContain('sheepdog_features_warming{feature="events per ip"} 0.25\n');
    tellFeatures({ metrics }, layers, []);
    expect(await metrics.registry.metrics()).not.toContain('events per ip');
  });
});
