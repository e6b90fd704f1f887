import { MemoryWindowStore } from '../../pipeline/detect/memory-store.ts';
import type { FeaturePlan } from '../../pipeline/detect/feature-plan.ts';
import { LAW_LATENESS_MS, LAW_SPECS, STEP_SPECS } from '../laws/window-arrivals.ts';
import { windowStoreLaws } from '../laws/window-store.laws.ts';

function makeStore(plan: FeaturePlan): MemoryWindowStore {
  return new MemoryWindowStore(plan, {
    allowedLatenessMs: LAW_LATENESS_MS,
    maxKeys: 100_000,
    maxEntries: 1_000_000,
  });
}

windowStoreLaws('the store in memory', makeStore, LAW_SPECS);
windowStoreLaws('the store in memory with sequences and gaps', makeStore, STEP_SPECS, 10);
