import { describe, expect, it } from 'vitest';
import { check, parseYaml } from '../../config/yaml-file.ts';
import { systemSchema } from '../../config/schema.ts';

function problemsOf(text: string): string[] {
  const problems: string[] = [];
  const file = parseYaml('sheepdog.yaml', text, problems);
  check(file, systemSchema, problems);
  return problems;
}

describe('a configuration file', () => {
  it.each([
    ['http:\n  prot: 1\n', 'sheepdog.yaml:2:3: unknown key "prot"'],
    ['http:\n  port: 70000\n', 'sheepdog.yaml:2:9: http.port: '],
    [
      'windows:\n  allowedLatenessMs: 0s\n',
      'sheepdog.yaml:2:22: windows.allowedLatenessMs: a window is longer than 0',
    ],
    [
      'windows:\n  allowedLatenessMs: soon\n',
      'sheepdog.yaml:2:22: windows.allowedLatenessMs: write a duration',
    ],
    ['ingest:\n  badShare: {limit: 1.5}\n', 'sheepdog.yaml:2:21: ingest.badShare.limit: '],
    [
      'ingest:\n  maxFutureMs: 11m\n',
      'sheepdog.yaml:2:16: ingest.maxFutureMs: ingest.maxFutureMs (11m) must not be longer than',
    ],
    [
      'windows:\n  allowedLatenessMs: 1m\n',
      'sheepdog.yaml:2:22: windows.allowedLatenessMs: ingest.maxFutureMs (5m) must not be longer',
    ],
    [
      'hubs:\n  window: 59m\n',
      'sheepdog.yaml:2:11: hubs.window: must be at least 1h: what is usual is kept of each',
    ],
    [
      'windows: {allowedLatenessMs: 3h}\nhubs: {window: 2h}\n',
      'sheepdog.yaml:2:16: hubs.window: hubs.window (2h) must not be shorter than windows.allowedLatenessMs (3h)',
    ],
    [
      'windows: {allowedLatenessMs: 25h}\n',
      'sheepdog.yaml:1:30: windows.allowedLatenessMs: hubs.window (1d) must not be shorter than',
    ],
    [
      'kafka: {sessionTimeoutMs: 3s, heartbeatMs: 3s}\n',
      'sheepdog.yaml:1:44: kafka.heartbeatMs: must be shorter than',
    ],
    [
      'freezing:\n  expiresAfterMs: soon\n',
      'sheepdog.yaml:2:19: freezing.expiresAfterMs: write a duration',
    ],
    ['kafka:\n  topics: []\n', 'sheepdog.yaml:2:11: kafka.topics: '],
    ['a: 1\na: 2\n', 'sheepdog.yaml:2:1: '],
    ['http: {port: 1', 'sheepdog.yaml:1:15: '],
    [
      'http: [\n  - a: 1\n    b: 2\n  - a: 3\n',
      'sheepdog.yaml:2:8: Nested mappings are not allowed in compact mappings (and 5 more, which may follow from it)',
    ],
    [
      'delivery: {endpoints: {cash: {}}}\n',
      'sheepdog.yaml:1:30: delivery.endpoints.cash.url: is missing',
    ],
  ])('with a mistake (%j) names its line and column', (text, expected) => {
    const problems = problemsOf(text);
    expect(problems).toHaveLength(1);
    expect(problems[0]?.slice(0, expected.length)).toBe(expected);
  });

  it('reports every mistake at once', () => {
    expect(problemsOf('http:\n  prot: 1\n  port: -1\nlogs: 1\n')).toHaveLength(3);
  });

  it('that is empty stands for all defaults', () => {
    expect(problemsOf('')).toEqual([]);
  });
});

describe('a place inside a text', () => {
  it.each([
    ['plain', 'a: x == yes', 5, '1:9'],
    ['in single quotes', "a: 'x == ''y'''", 6, '1:12'],
    ['in double quotes', 'a: "x == \\"y\\""', 6, '1:12'],
    ['over lines', 'a: |\n  x ==\n    yes', 7, '3:5'],
    ['folded', 'a: >-\n  x ==\n  yes', 5, '3:3'],
    ['past its end', 'a: x ==', 4, '1:8'],
  ])('%s', (_style, text, index, place) => {
    expect(parseYaml('a.yaml', text, []).locateInside(['a'], index)).toBe(`a.yaml:${place}`);
  });
});
