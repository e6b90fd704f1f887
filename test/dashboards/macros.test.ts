import { describe, expect, test } from 'vitest';
import { expandInBackend, expandInBrowser, type Scope } from './macros.ts';

const SCOPE: Scope = {
  fromMs: 1_000_500,
  toMs: 2_000_500,
  intervalSeconds: 30,
  variables: { all: [], one: ['a'], many: ['a', 'b'], quoted: ["O'Brien"] },
};

describe('what Grafana makes of a query', () => {
  test.each([
    ['$__timeFilter(c)', 'c >= toDateTime(1000) AND c <= toDateTime(2000)'],
    [
      '$__timeFilter_ms(c)',
      'c >= fromUnixTimestamp64Milli(1000500) AND c <= fromUnixTimestamp64Milli(2000500)',
    ],
    ['$__timeInterval(c)', 'toStartOfInterval(toDateTime(c), INTERVAL 30 second)'],
    ['$__timeInterval_ms(c)', 'toStartOfInterval(toDateTime64(c, 3), INTERVAL 30000 millisecond)'],
    ['$__timeGroup(c, 5m)', 'toStartOfInterval(c, INTERVAL 5 minute)'],
    ['$__dateFilter(d)', 'd >= toDate(toDateTime(1000)) AND d <= toDate(toDateTime(2000))'],
    ['$__fromTime, $__toTime', 'toDateTime(1000), toDateTime(2000)'],
    ['$__toTime_ms', 'fromUnixTimestamp64Milli(2000500)'],
    ['count() / $__interval_s', 'count() / 30'],
  ])('%s', (sql, expected) => {
    expect(expandInBackend(sql, SCOPE)).toBe(expected);
  });

  test('the inner macro is replaced before the outer one', () => {
    expect(expandInBackend('$__timeInterval(greatest(c, $__fromTime))', SCOPE)).toBe(
      'toStartOfInterval(toDateTime(greatest(c, toDateTime(1000))), INTERVAL 30 second)',
    );
  });

  test('a condition on "All" is true, and stands otherwise', () => {
    const sql = (name: string): string =>
      expandInBrowser(`$__conditionalAll(f(x, 1) IN (\${${name}:singlequote}), $${name})`, SCOPE);
    expect(sql('all')).toBe('1=1');
    expect(sql('one')).toBe("f(x, 1) IN ('a')");
    expect(sql('many')).toBe("f(x, 1) IN ('a','b')");
    expect(sql('quoted')).toBe("f(x, 1) IN ('O\\'Brien')");
  });

  test.each([
    ['$__timeFilter()', /takes 1 arguments/],
    ['$__timeGroup(c)', /takes 2 arguments/],
    ['$__madeUp(c)', /no macro/],
    ['$__conditionalAll(a = 1, $nobody)', /no macro/],
  ])('%s is refused', (sql, message) => {
    expect(() => expandInBackend(sql, SCOPE)).toThrow(message);
  });

  test('a variable that is not declared, or stands unquoted, is refused', () => {
    expect(() => expandInBrowser('${nobody:singlequote}', SCOPE)).toThrow('no variable nobody');
    expect(() => expandInBrowser('${one}', SCOPE)).toThrow(':singlequote');
    expect(() => expandInBrowser('$__conditionalAll(a = 1, $nobody)', SCOPE)).toThrow(/variable/);
  });
});
