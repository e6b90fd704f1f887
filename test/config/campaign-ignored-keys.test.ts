import { expect, test } from 'vitest';
import { problemsWith, type Row } from './campaign-file.ts';

test.each<Row>([
  [
    'what runs longer counts nothing else',
    [
      '    limits: [{ per: [voucher], period: ever, max: 1 }]',
      '    limits: [{ per: [customer], max: 1 }, { per: [voucher], max: 2 }]\n    quota: { max: 1 }\n    hold: { timeout: 72h }',
    ],
    [
      'c.yaml:147:14: offers.12.limits.0: does nothing for extend, which is no grant: each voucher runs longer once for each offer. Leave it out',
      'c.yaml:147:43: offers.12.limits.1: does nothing for extend, which is no grant: each voucher runs longer once for each offer. Leave it out',
      'c.yaml:148:12: offers.12.quota: does nothing for extend, which is no grant: each voucher runs longer once for each offer. Leave it out',
      'c.yaml:149:11: offers.12.hold: does nothing for extend, which is no grant: each voucher runs longer once for each offer. Leave it out',
    ],
  ],
  [
    'what runs longer waits for nothing and closes nothing',
    [
      '    limits: [{ per: [voucher], period: ever, max: 1 }]',
      '    excludedBy: [gift]\n    review: always\n    to: inviter',
    ],
    [
      'c.yaml:147:17: offers.12.excludedBy: does nothing for extend, which is no grant: each voucher runs longer once for each offer. Leave it out',
      'c.yaml:148:13: offers.12.review: does nothing for extend, which is no grant: each voucher runs longer once for each offer. Leave it out',
      'c.yaml:149:9: offers.12.to: does nothing for extend, which is no grant: each voucher runs longer once for each offer. Leave it out',
    ],
  ],
])('%s', (_rule, changes, problems) => {
  expect(problemsWith(changes)).toEqual(problems);
});
