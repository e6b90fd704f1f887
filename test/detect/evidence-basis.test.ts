import { describe, expect, it } from 'vitest';
import { loadConfig } from '../../config/load.ts';
import { discoverDetectors } from '../../pipeline/detect/discover.ts';
import { basesOf } from '../../pipeline/detect/evidence-basis.ts';

describe('what a detector looks at', () => {
  it('is the same whatever the window and the limit, and tells unlike ones apart', async () => {
    const { catalogue, sections } = await loadConfig('config', await discoverDetectors());
    const bases = basesOf(catalogue, sections);
    expect([...bases.get('same-device')!]).toContain('deviceId: distinct accountId');
    // A ring by devices is made of the same accounts.
    expect([...bases.get('ring')!]).toContain('deviceId: distinct accountId');
    const velocity = bases.get('account-velocity')!;
    expect([...velocity].filter((each) => bases.get('same-device')!.has(each))).toEqual([]);
    for (const [name, basis] of bases) expect([...basis], name).not.toEqual([]);
  });
});
