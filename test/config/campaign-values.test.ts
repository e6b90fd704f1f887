import { describe, expect, test } from 'vitest';
import { EVERYTHING, problemsWith, type Row } from './campaign-file.ts';

describe('a value that cannot be meant is refused, with its place and what to write', () => {
  test.each<Row>([
    [
      'no vouchers at a time',
      ['face: 1000, count: 2', 'face: 1000, count: 0'],
      ['c.yaml:50:59: offers.1.vouchers.0.count: write 1 or more'],
    ],
    [
      'an empty pack',
      ['vouchers: [{ voucher: any, face: 5000, validFor: 15d }]', 'vouchers: []'],
      ['c.yaml:136:15: offers.11.vouchers: name at least one voucher'],
    ],
    [
      'a part of a fee that is a fraction',
      ['factorBp: 8000', 'factorBp: 0.8'],
      [
        'c.yaml:92:45: offers.5.feeCut.factorBp: write the part that is left to pay in whole basis points, such as 8000',
      ],
    ],
    [
      'a part of a fee below nothing',
      ['factorBp: 8000', 'factorBp: -1'],
      ['c.yaml:92:45: offers.5.feeCut.factorBp: write 0 or more basis points'],
    ],
    [
      'cashback of no shape',
      ['cashback: { bp: 100, cap: 10000 }', 'cashback: much'],
      ['c.yaml:100:15: offers.6.cashback: write an amount in fen, or { bp: 100, cap: 10000 }'],
    ],
    [
      'a share of nothing',
      ['{ bp: 100, cap: 10000 }', '{ bp: 0, cap: 10000 }'],
      ['c.yaml:100:21: offers.6.cashback.bp: write more than 0 basis points'],
    ],
    [
      'points of no shape',
      ['points: { ofSpentBp: 500 }', 'points: many'],
      [
        'c.yaml:129:13: offers.10.points: write a number of points, { perMinor: 100, rateBp: 10000 }, { ofSpentBp: 500 } or { of: attributes.points }',
      ],
    ],
    [
      'points of a fraction',
      ['{ points: 40000 }', '{ points: 0.5 }'],
      ['c.yaml:123:93: offers.9.exchange.items.0.combos.1.points: write a whole number of points'],
    ],
    [
      'no points',
      ['{ points: 40000 }', '{ points: 0 }'],
      ['c.yaml:123:93: offers.9.exchange.items.0.combos.1.points: write more than 0 points'],
    ],
    [
      'more points than sums can hold exactly',
      ['{ points: 40000 }', '{ points: 1000000001 }'],
      [
        'c.yaml:123:93: offers.9.exchange.items.0.combos.1.points: write at most 1,000,000,000 points',
      ],
    ],
    [
      'a rate that is a fraction',
      ['rateBp: 10000', 'rateBp: 1.5'],
      ['c.yaml:115:38: offers.8.points.rateBp: write whole basis points, such as 20000 for twice'],
    ],
    [
      'a rate of nothing',
      ['rateBp: 10000', 'rateBp: 0'],
      ['c.yaml:115:38: offers.8.points.rateBp: write more than 0 basis points'],
    ],
    [
      'a rate above ten times',
      ['rateBp: 10000', 'rateBp: 100001'],
      ['c.yaml:115:38: offers.8.points.rateBp: write at most 100000 basis points, ten times'],
    ],
    [
      'no prizes',
      [
        '      prizes:\n        - { id: card, ppm: 20000, stock: phone, vouchers: [{ voucher: jd, face: 10000, validFor: 30d }] }\n        - { id: repay, ppm: 980000, cashback: 500 }\n',
        '      prizes: []\n',
      ],
      ['c.yaml:73:15: offers.3.draw.prizes: name at least one prize'],
    ],
    [
      'odds that are a fraction',
      ['ppm: 900,', 'ppm: 0.9,'],
      [
        'c.yaml:60:34: offers.2.draw.prizes.1.ppm: write whole parts per million, such as 20000 for 2 %',
      ],
    ],
    [
      'odds below nothing',
      ['ppm: 900,', 'ppm: -900,'],
      ['c.yaml:60:34: offers.2.draw.prizes.1.ppm: write 0 or more parts per million'],
    ],
    [
      'nothing to exchange for',
      [
        '      items:\n        - { id: cup, goods: { sku: cup }, combos: [{ points: 20000, cash: 9900 }, { points: 40000 }] }\n',
        '      items: []\n',
      ],
      ['c.yaml:122:14: offers.9.exchange.items: an exchange needs at least one item'],
    ],
    [
      'no way to pay',
      ['combos: [{ points: 20000, cash: 9900 }, { points: 40000 }]', 'combos: []'],
      ['c.yaml:123:51: offers.9.exchange.items.0.combos: write at least one way to pay'],
    ],
    [
      'an extension of nothing',
      ['extend: { vouchers: [mall], by: 30d }', 'extend: { vouchers: [], by: 30d }'],
      ['c.yaml:146:25: offers.12.extend.vouchers: name at least one voucher'],
    ],
    [
      'an extension by no time',
      ['by: 30d }', 'by: 0d }'],
      ['c.yaml:146:37: offers.12.extend.by: must be longer than 0'],
    ],
    [
      'an amount below nothing',
      ['    atLeast: 300000\n', '    atLeast: -1\n'],
      ['c.yaml:91:14: offers.5.atLeast: write 0 or more fen'],
    ],
    [
      'a quota below nothing',
      ['quota: 100 }', 'quota: -1 }'],
      ['c.yaml:38:44: offers.0.tiers.0.quota: write 0 or more: 0 allows nothing'],
    ],
    [
      'no offer',
      [EVERYTHING.slice(EVERYTHING.indexOf('offers:\n')), 'offers: []\n'],
      ['c.yaml:27:9: offers: write at least one offer'],
    ],
    [
      'another rounding',
      ['cap: 3000 }', 'cap: 3000, rounding: up }'],
      [
        'c.yaml:39:71: offers.0.tiers.1.off.rounding: Invalid option: expected one of "down"|"half_up"',
      ],
    ],
    [
      'another end of what is exhausted',
      ['    excludedBy: [gift]\n', '    excludedBy: [gift]\n    onExhausted: stop\n'],
      ['c.yaml:37:18: offers.0.onExhausted: Invalid option: expected one of "fallthrough"|"close"'],
    ],
    [
      'a release without a version, and another reason to tighten',
      ['terms: ', 'release: { version: 0, author: ann }\ntightening: whim\nterms: '],
      [
        'c.yaml:6:21: release.version: write 1 or more',
        'c.yaml:6:10: release.reason: is missing',
        'c.yaml:7:13: tightening: Invalid option: expected one of "risk"|"free"',
      ],
    ],
    [
      'no tiers',
      [
        '    tiers:\n      - { atLeast: 10000, off: 500, quota: 100 }\n      - { atLeast: 20000, off: { percentBp: 500, cap: 3000 }, quota: 0 }\n',
        '    tiers: []\n',
      ],
      ['c.yaml:37:12: offers.0.tiers: write at least one tier'],
    ],
    [
      'an event of no type',
      ['on: [campaign.viewed]', 'on: []'],
      ['c.yaml:143:9: offers.12.on: name at least one event type'],
    ],
    [
      'no days',
      ['weekdays: [friday]', 'weekdays: []'],
      ['c.yaml:107:27: offers.7.schedule.weekdays: name at least one day'],
    ],
    [
      'a time of day that is none',
      ["to: '22:00'", "to: '24:01'"],
      ['c.yaml:107:56: offers.7.schedule.to: write a time of day such as 10:00, at most 24:00'],
    ],
    [
      'a limit by nothing',
      ['per: [inviter]', 'per: []'],
      ['c.yaml:138:21: offers.11.limits.0.per: name what is counted'],
    ],
    [
      'a condition without a value',
      ['channel: [mobile_bank]', 'channel: []'],
      ['c.yaml:35:22: offers.0.when.channel: name at least one value'],
    ],
    [
      'merchants of no shape',
      ['merchant: { list: partners }', 'merchant: shop-1'],
      ['c.yaml:35:47: offers.0.when.merchant: write a list of merchants, or { list: partners }'],
    ],
    [
      'a list of no shape',
      ['partners: [shop-1, shop-2]', 'partners: shop-1'],
      ['c.yaml:12:20: lists.partners: write a list of values, or { file: lists/partners.txt }'],
    ],
    [
      'a cost in parts of a cent',
      ['bank: 50, merchant: 50', 'bank: 50.5, merchant: 49.5'],
      [
        'c.yaml:140:22: offers.11.funding.bank: write whole per cent',
        'c.yaml:140:38: offers.11.funding.merchant: write whole per cent',
      ],
    ],
    [
      'an empty title',
      ['title: Fee', "title: ''"],
      ['c.yaml:88:12: offers.5.title: write some text'],
    ],
    [
      'an empty expression',
      ['eligible: event.terms >= 12', "eligible: ''"],
      ['c.yaml:99:15: offers.6.eligible: write an expression'],
    ],
    [
      'a name in capitals',
      ['id: fee', 'id: Fee'],
      ['c.yaml:87:9: offers.5.id: write a name in lower case letters, digits and hyphens'],
    ],
    [
      'a currency that is none',
      ['currency: CNY', 'currency: cny'],
      ['c.yaml:4:11: currency: write a currency code such as CNY'],
    ],
    [
      'a phase where there are none',
      [
        "phases:\n  warmup: { from: '2025-12-20T00:00:00+08:00', to: '2026-01-01T00:00:00+08:00' }\n  wrapup: { from: '2026-04-01T00:00:00+08:00', to: '2026-04-08T00:00:00+08:00' }\n",
        '',
        "    phase: wrapup\n    window: { from: '2026-04-02T00:00:00+08:00', to: '2026-04-08T00:00:00+08:00' }\n",
        '',
      ],
      ['c.yaml:139:12: offers.12.phase: no phase is called "wrapup": the campaign has none'],
    ],
  ])('%s', (_mistake, changes, problems) => {
    expect(problemsWith(changes)).toEqual(problems);
  });
});
