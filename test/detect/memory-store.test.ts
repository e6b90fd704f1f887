import { MemoryWindowStore } from '../../pipeline/detect/memory-store.ts';
import { LAW_LATENESS_MS } from '../laws/window-arrivals.ts';
import { windowStoreLaws } from '../laws/window-store.laws.ts';

windowStoreLaws(
  'the store in memory',
  (plan) =>
    new MemoryWindowStore(plan, {
      allowedLatenessMs: LAW_LATENESS_MS,
      maxKeys: 100_000,
      maxEntries: 1_000_000,
    }),
);
