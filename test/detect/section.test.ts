import { describe, expect, it } from 'vitest';
import { detectorsSchema } from '../../pipeline/detect/section.ts';
import { counting } from './counting-detector.ts';

describe('sections', () => {
  const named = [{ name: 'counting', detector: counting() }];

  function problems(section: unknown): string[] {
    const result = detectorsSchema(named).safeParse({ counting: section });
    return (result.error?.issues ?? []).map((one) => `${one.path.join('.')}: ${one.message}`);
  }

  it('a detector without a section runs live with its own bands', () => {
    expect(detectorsSchema(named).parse({})).toEqual({
      counting: { mode: 'live', bands: { payments: { review: 3, block: 5, conclusive: 7 } } },
    });
  });

  it('bands that are given stand as a whole', () => {
    const sections = detectorsSchema(named).parse({
      counting: { bands: { payments: { block: 9 } } },
    });
    expect(sections['counting']!.bands['payments']).toEqual({ block: 9 });
  });

  it('a detector that could never fire is refused', () => {
    expect(problems({ bands: { payments: {} } })).toEqual([
      'counting.bands: no measure has a band, so it can never fire: give it one or set mode: off',
    ]);
    expect(problems({ mode: 'off', bands: { payments: {} } })).toEqual([]);
  });

  it('bands out of order are refused', () => {
    expect(problems({ bands: { payments: { review: 5, block: 4 } } })).toEqual([
      'counting.bands.payments.block: must be at least 5, the review band',
    ]);
  });

  it('unknown keys, measures and bands are refused', () => {
    expect(problems({ thresold: 3 })).toHaveLength(1);
    expect(problems({ bands: { payment: { review: 3 } } })).toHaveLength(1);
    expect(problems({ bands: { payments: { reviev: 3 } } })).toHaveLength(1);
    expect(problems({ bands: { payments: { review: -1 } } })).toHaveLength(1);
  });

  it('a band beyond the largest value of the measure is refused', () => {
    const measure = { ...counting().measures['payments']!, largest: () => 6 };
    const limited = [{ name: 'counting', detector: counting({ measures: { payments: measure } }) }];
    const result = detectorsSchema(limited).safeParse({});
    expect(result.error?.issues.map((one) => one.message)).toEqual([
      'beyond 6, the largest value the measure can take',
    ]);
  });
});
