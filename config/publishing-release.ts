/** Who wrote a version of a campaign, and who let it go live. */

import type { Inspected, PlacedFinding } from './publishing-finding.ts';

export function releaseFindings({ campaign }: Inspected): PlacedFinding[] {
  const { id, release, status, window } = campaign;
  const findings: PlacedFinding[] = [];
  const add = (
    severity: PlacedFinding['severity'],
    key: string | undefined,
    message: string,
  ): void => {
    findings.push({ severity, path: key === undefined ? ['id'] : ['release', key], message });
  };
  if (release === undefined) {
    if (status === 'approved') {
      add(
        'warning',
        undefined,
        `${id} does not say who approved it: write release, with author and approvedBy`,
      );
    }
    return findings;
  }
  const { version, author, approvedBy, effectiveFrom } = release;
  if (approvedBy === undefined && status === 'approved') {
    add(
      'error',
      'version',
      `${id} version ${version} is not approved: write approvedBy, or status: draft`,
    );
  }
  if (approvedBy === author) {
    add(
      'error',
      'approvedBy',
      `${id} version ${version} is approved by its own author: a second person is needed`,
    );
  }
  if (effectiveFrom !== undefined && effectiveFrom >= window.to) {
    add(
      'warning',
      'effectiveFrom',
      `${id} version ${version} takes effect when the campaign is over`,
    );
  }
  return findings;
}
