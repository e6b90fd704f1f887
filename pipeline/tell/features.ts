/** What is told of the features: how much they hold, what their bounds kept out, and which do not know enough yet. */

import type { FeatureLayers } from '../detect/feature-layers.ts';
import type { Warming } from '../detect/feature-layout.ts';
import type { Metrics } from '../telemetry.ts';

/** Sets the gauges. @param warmingUp features that do not know all they need. */
export function tellFeatures(
  { metrics }: { readonly metrics: Metrics },
  layers: Pick<FeatureLayers, 'stats' | 'sources'>,
  warmingUp: readonly Warming[],
): void {
  const { keys, bytes, capped, cutShort } = layers.stats();
  metrics.windowKeys.set(keys);
  metrics.windowBytes.set(bytes);
  metrics.windowCapped.set(capped);
  metrics.windowCutShort.set(cutShort);
  const kinds = new Map<string, { keys: number; bytes: number; capped: number }>();
  for (const source of layers.sources) {
    const stats = source.stats();
    const sum = kinds.get(source.name) ?? { keys: 0, bytes: 0, capped: 0 };
    kinds.set(source.name, {
      keys: sum.keys + stats.keys,
      bytes: sum.bytes + stats.bytes,
      capped: sum.capped + stats.capped,
    });
  }
  for (const [kind, sum] of kinds) {
    metrics.featureKeys.set({ kind }, sum.keys);
    metrics.featureBytes.set({ kind }, sum.bytes);
    metrics.featureCapped.set({ kind }, sum.capped);
  }
  metrics.featuresWarming.reset();
  for (const { feature, known, needed } of warmingUp) {
    metrics.featuresWarming.set({ feature }, needed === 0 ? 1 : Math.min(1, known / needed));
  }
}
