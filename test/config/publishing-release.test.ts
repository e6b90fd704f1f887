import { describe, expect, it } from 'vitest';
import { publishingCheck, refuseUnpublishable } from '../../config/publishing-check.ts';
import { findingsOf, SMALL, sourceOf } from './campaign-file.ts';

const said = (release: string, text = SMALL): string[] =>
  findingsOf(`${text}\nrelease: ${release}\n`).filter((each) => each.includes('version'));

describe('a version of a campaign', () => {
  it('that a second person approved may go live', () => {
    expect(said('{ version: 3, author: ann, approvedBy: bob, reason: launch }')).toEqual([]);
  });

  it.each([
    [
      '{ version: 3, author: ann, reason: launch }',
      'c.yaml:21:21: error: small version 3 is not approved: write approvedBy, or status: draft',
    ],
    [
      '{ version: 3, author: ann, approvedBy: ann, reason: launch }',
      'c.yaml:21:49: error: small version 3 is approved by its own author: a second person is needed',
    ],
    [
      "{ version: 3, author: ann, approvedBy: bob, reason: launch, effectiveFrom: '2099-01-01T00:00:00+08:00' }",
      'c.yaml:21:85: warning: small version 3 takes effect when the campaign is over',
    ],
  ])('%s: %s', (release, finding) => {
    expect(said(release)).toEqual([finding]);
  });

  it('that is not approved keeps a worker from starting, and not while it is a draft', () => {
    const system = { ingest: { maxAmountMinor: 100_000_000 } };
    const text = `${SMALL}\nrelease: { version: 3, author: ann, reason: launch }\n`;
    const of = (written: string) => ({
      campaignSources: [sourceOf(written)],
      categories: [],
      system,
    });
    expect(() => refuseUnpublishable(of(text))).toThrow('version 3 is not approved');
    expect(() => refuseUnpublishable(of(`${text}status: draft\n`))).not.toThrow();
  });

  it('of which nobody says who approved it is warned of', () => {
    const system = { ingest: { maxAmountMinor: 100_000_000 } };
    const findings = publishingCheck({
      campaignSources: [sourceOf(SMALL)],
      categories: [],
      system,
    });
    expect(findings.map(({ message }) => message)).toContainEqual(
      'small does not say who approved it: write release, with author and approvedBy',
    );
  });
});
