/** Constants that look right and that no event can ever have: the rule would be silent for ever. */

import { describe, expect, test } from 'vitest';
import { problemsWith } from './rule-file.ts';

const CONDITION = "listed('night', event.city)";
/** What is said of a condition in the place of the last one of near-payments. */
const saidOf = (condition: string): Promise<readonly string[]> =>
  problemsWith([CONDITION, `(${condition.replaceAll('"', "'")})`]);
const WHERE = 'where: { amountMinor: { atLeast: 20000, atMost: 20500 } }';
const TYPES = /: there is no such type of event: write one of payment, .*, points\.credited$/;

describe('a text that no event can have is refused, with what to write', () => {
  test.each([
    [
      'a currency in small letters',
      'event.currency == "cny"',
      '94: near-payments.when: no event.currency is ever "cny": a currency is three capital letters: write "CNY"',
    ],
    [
      'a currency by its sign',
      '"¥" == event.currency',
      '76: near-payments.when: no event.currency is ever "¥": a currency is three capital letters: write "CNY"',
    ],
    [
      'the yuan by the name that people use',
      'event.currency == "RMB"',
      '94: near-payments.when: no event.currency is ever "RMB": it is no code of ISO 4217: write "CNY"',
    ],
    [
      'that name in small letters',
      'event.currency == "rmb"',
      '94: near-payments.when: no event.currency is ever "rmb": a currency is three capital letters: write "CNY"',
    ],
    [
      'a currency that is none',
      'event.currency in ["CNY", "XQZ"]',
      '102: near-payments.when: no event.currency is ever "XQZ": it is no code of ISO 4217, so its events are refused',
    ],
    [
      'the beginning of a currency that is none',
      'event.currency.startsWith("RM")',
      '102: near-payments.when: no event.currency is ever "RM": no code of ISO 4217 has this part',
    ],
    [
      'one of several currencies',
      'event.currency in ["CNY", "usd "]',
      '102: near-payments.when: no event.currency is ever "usd ": a currency is three capital letters: write "USD"',
    ],
    [
      'a currency that is never denied',
      'event.currency != "cny"',
      '94: near-payments.when: no event.currency is ever "cny": a currency is three capital letters: write "CNY"',
    ],
    [
      'a currency on one side of an or',
      'event.hour > 3 || event.currency == "cny"',
      '112: near-payments.when: no event.currency is ever "cny": a currency is three capital letters: write "CNY"',
    ],
    [
      'the beginning of a currency',
      'event.currency.startsWith("cn")',
      '102: near-payments.when: no event.currency is ever "cn": a currency is three capital letters: write its first ones so, or compare it with ==',
    ],
    [
      'an address in another spelling',
      'event.ip == "2001:DB8::0001"',
      '88: near-payments.when: no event.ip is ever "2001:DB8::0001": this address is read as "2001:db8::1": write that',
    ],
    [
      'a range of addresses',
      'event.ip == "203.0.113.0/24"',
      '88: near-payments.when: no event.ip is ever "203.0.113.0/24": an event has an address and no range: exclude ranges in lists/shared-networks.yaml',
    ],
    [
      'an account without a name',
      'event.accountId == ""',
      '95: near-payments.when: no event.accountId is ever "": every event has an account',
    ],
    [
      'a full card number',
      'event.cardId == "4111111111111111"',
      '92: near-payments.when: no event.cardId is ever this: card numbers are masked before any rule sees them: write it as the console shows it (411111******1111#…)',
    ],
    [
      'a text longer than any',
      `event.channel == "${'a'.repeat(257)}"`,
      `93: near-payments.when: no event.channel is ever "${'a'.repeat(40)}…": a text of an event has at most 256 bytes`,
    ],
  ])('%s', async (_what, condition, problem) => {
    expect(await saidOf(condition)).toEqual([`r.yaml:17:${problem}`]);
  });

  test.each([
    ['', 'event.type == "paymnt"'],
    [' on one side of an or', 'event.hour > 3 || event.type in ["payment", "pay"]'],
    [' where its beginning is asked', 'event.type.startsWith("pays")'],
  ])('an unknown type%s', async (_where, condition) => {
    const [problem, ...others] = await saidOf(condition);
    expect(others).toEqual([]);
    expect(problem!.replace('no type of event has this part: there are', TYPES_AS_WRITTEN)).toMatch(
      TYPES,
    );
  });

  test.each([
    'event.currency == "CNY"',
    'event.currency in ["CLF", "HRK"]',
    'event.currency.startsWith("C")',
    'event.ip.contains(", ")',
    'event.type.startsWith("pay")',
    'event.ip == "2001:db8::1"',
    'event.ip == "token/7"',
    'event.cardId == "411111******1111#abcdefghijkl"',
    'event.channel == "CNY" || event.city == "cny"',
  ])('%s is sound', async (condition) => {
    expect(await saidOf(condition)).toEqual([]);
  });
});

const TYPES_AS_WRITTEN = 'there is no such type of event: write one of';

describe('a number that no event can have is refused', () => {
  test.each([
    [
      'less than nothing, on one side of an or',
      'event.hour > 3 || event.amountMinor == -1',
      '115: near-payments.when: no event.amountMinor is ever -1: it lies between 0 and 100000000000',
    ],
    [
      'a bound below everything',
      'event.hour > 3 || event.amountMinor >= -1',
      '115: near-payments.when: event.amountMinor lies between 0 and 100000000000, so -1 parts no events from others',
    ],
    [
      'half a fen',
      'event.amountMinor == 200.5',
      '97: near-payments.when: no event.amountMinor is ever 200.5: it is in whole fen',
    ],
    [
      'half an hour in a list',
      'event.hour in [9.5, 10]',
      '91: near-payments.when: no event.hour is ever 9.5: it is a whole number',
    ],
    [
      'more instalments than an event may name',
      'event.hour > 3 || event.terms == 1200',
      '109: near-payments.when: no event.terms is ever 1200: it lies between 0 and 1000',
    ],
  ])('%s', async (_what, condition, problem) => {
    expect(await saidOf(condition)).toEqual([`r.yaml:17:${problem}`]);
  });

  test.each([
    ['an hour that no day has', 'event.hour > 3 || event.hour >= 24', 24],
    ['a bound far beyond', 'event.hour < 240', 240],
    ['a bound that no event is below', 'event.hour > 3 || event.hour < -1', -1],
  ])('%s', async (_what, condition, number) => {
    const [problem, ...others] = await saidOf(condition);
    expect(others).toEqual([]);
    expect(problem).toMatch(
      new RegExp(`event\\.hour lies between 0 and 23, so ${number} parts no events from others$`),
    );
  });

  test.each([
    ...['event.hour < 24', 'event.minute < 60', 'event.second < 60', '24 > event.hour'],
    ...['event.hour > -1', 'event.weekday < 8', 'event.amountMinor < 100000000001'],
  ])('%s is a half-open range up to the end', async (condition) => {
    expect(await saidOf(condition)).toEqual([]);
  });

  test('a negative amount that must be met is told as a condition that can never hold', async () => {
    expect(await saidOf('event.amountMinor < 0')).toEqual([
      'r.yaml:17:76: near-payments.when: can never hold, so the rule can never fire',
    ]);
  });
});

describe('what holds at every event, or at none, is known', () => {
  const NEVER = 'can never hold, so the rule can never fire';
  test.each([
    ['a field that every event has, said to be missing', '!has(event.accountId)', 76, NEVER],
    ['a remainder that is not below its divisor', 'event.hour % 2 == 5', 76, NEVER],
  ])('%s', async (_what, condition, column, problem) => {
    expect(await saidOf(condition)).toEqual([
      `r.yaml:17:${column}: near-payments.when: ${problem}`,
    ]);
  });

  test.each(['!has(event.city)', 'event.hour % 2 == 1', 'event.amountMinor % 100 >= 99'])(
    '%s can hold',
    async (condition) => {
      expect(await saidOf(condition)).toEqual([]);
    },
  );

  test('a list of what no field ever has is refused, where it is asked for', async () => {
    expect(await saidOf("listed('night', event.currency)")).toEqual([
      'r.yaml:17:83: near-payments.when: no event.currency is ever "Shanghai", which stands in lists/night.txt: a currency is three capital letters: write "CNY"',
    ]);
  });

  test('a key that names a field twice is refused', async () => {
    expect(await problemsWith(['key: [ip, merchantId]', 'key: [ip, ip]'])).toEqual([
      'r.yaml:15:39: near-payments.features.large.key: names a field twice',
    ]);
  });
});

describe('a feature that waits for what no event has is refused', () => {
  test.each([
    [
      'a currency in small letters',
      'where: { currency: { in: [CNY, cny] } }',
      ':103: near-payments.features.near.where.currency.in.1: no currency is ever "cny": a currency is three capital letters: write "CNY"',
    ],
    [
      'an excepted currency in small letters',
      'where: { currency: { notIn: [cny] } }',
      ':101: near-payments.features.near.where.currency.notIn.0: no currency is ever "cny": a currency is three capital letters: write "CNY"',
    ],
    [
      'amounts between two fen',
      'where: { amountMinor: { atLeast: 200.2, atMost: 200.8 } }',
      ':94: near-payments.features.near.where.amountMinor: no event can pass: there is no whole number between 200.2 and 200.8',
    ],
  ])('%s', async (_what, where, problem) => {
    expect(await problemsWith([WHERE, where])).toEqual([`r.yaml:14${problem}`]);
  });
});
