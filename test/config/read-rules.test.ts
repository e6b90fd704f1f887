import { describe, expect, it, test } from 'vitest';
import { EVENT_TYPES } from '../../pipeline/event.ts';
import { problemsWith, readFrom, RULES } from './rule-file.ts';

type Row = readonly [what: string, changes: readonly string[], problems: readonly string[]];

const quoted = (names: readonly string[]): string => names.map((name) => `"${name}"`).join('|');
const TYPES = quoted(EVENT_TYPES);

it('a sound file is read: each rule a detector with its section, in the order of the file', async () => {
  const { problems, rules, sections } = await readFrom({ 'r.yaml': RULES });
  expect(problems).toEqual([]);
  expect(rules.map(({ name }) => name)).toEqual(['near-payments', 'quick-claim']);
  expect(sections).toEqual({
    'near-payments': { mode: 'live', bands: { measure: { review: 3, block: 6 } } },
    'quick-claim': { mode: 'shadow', bands: { measure: { review: 60_000 } } },
  });
});

describe('a rule of the wrong shape is refused with its place', () => {
  test.each<Row>([
    [
      'YAML that is none',
      ['    mode: live', '    mode: [live'],
      [
        'r.yaml:9:5: Flow sequence in block collection must be sufficiently indented and end with a ] (and 6 more, which may follow from it)',
      ],
    ],
    [
      'an unknown key of the file',
      ['rules:\n', 'rule: []\nrules:\n'],
      ['r.yaml:3:1: unknown key "rule"'],
    ],
    [
      'an unknown key of a rule',
      ['    mode: live', '    mode: live\n    modes: live'],
      ['r.yaml:9:5: unknown key "modes"'],
    ],
    [
      'a key that is missing',
      ['    about: payments near a threshold\n', ''],
      ['r.yaml:4:5: near-payments.about: is missing'],
    ],
    [
      'a mode that is none',
      ['mode: live', 'mode: alive'],
      ['r.yaml:8:11: near-payments.mode: Invalid option: expected one of "live"|"shadow"|"off"'],
    ],
    [
      'a name that is none',
      ['name: near-payments', 'name: Near payments'],
      ['r.yaml:4:11: Near payments.name: write a name in lower case letters, digits and hyphens'],
    ],
    [
      'a subject that is none',
      ['subject: accountId\n    about: payments', 'subject: payeeName\n    about: payments'],
      [
        'r.yaml:9:14: near-payments.subject: Invalid option: expected one of "accountId"|"cardId"|"deviceId"|"ip"|"merchantId"',
      ],
    ],
    [
      'a summary that is no sentence',
      [
        'summary: It finds something.\n    cannotSee: It misses something.\n    on: [payment]',
        'summary: it finds\n    cannotSee: It misses something.\n    on: [payment]',
      ],
      [
        'r.yaml:5:14: near-payments.summary: write a sentence: a capital letter first, a full stop last',
      ],
    ],
    [
      'a zone that is none',
      ['features:\n  payments', 'zone: Asia/Shangai\nfeatures:\n  payments'],
      ['r.yaml:1:7: zone: write a time zone such as Asia/Shanghai'],
    ],
    [
      'an unknown event type',
      ['on: [payment]\n    mode', 'on: [payments]\n    mode'],
      [`r.yaml:7:10: near-payments.on.0: Invalid option: expected one of ${TYPES}`],
    ],
    [
      'no event type',
      ['on: [payment]\n    mode', 'on: []\n    mode'],
      ['r.yaml:7:9: near-payments.on: name one event type at least'],
    ],
    [
      'an event type twice',
      ['on: [payment]\n    mode', 'on: [payment, payment]\n    mode'],
      ['r.yaml:7:19: near-payments.on.1: "payment" stands here twice'],
    ],
    [
      'a parameter that is no number',
      ['share: 0.5', 'share: half'],
      ['r.yaml:12:22: near-payments.params.share: Invalid input: expected number, received string'],
    ],
  ])('%s', async (_what, changes, problems) => {
    expect(await problemsWith(changes)).toEqual(problems);
  });
});

describe('names and examples', () => {
  test.each<Row>([
    [
      'an event of an example without a type',
      [
        'reason: Too near.',
        'reason: Too near.\n    examples: [{ title: t, events: [{ accountId: a }] }]',
      ],
      ['r.yaml:21:37: near-payments.examples.0.events.0.type: is missing'],
    ],
    [
      'repeats that count on from nowhere',
      [
        'reason: Too near.',
        'reason: Too near.\n    examples: [{ title: t, events: [{ type: payment, times: 3, every: 1s }] }]',
      ],
      [
        'r.yaml:21:71: near-payments.examples.0.events.0.every: counts on from occurredAt: write it',
      ],
    ],
    [
      'a name twice in a file',
      ['name: quick-claim', 'name: near-payments'],
      [
        'r.yaml:21:11: near-payments: a rule has a name of its own: this one stands in c/rules/r.yaml:4',
      ],
    ],
    [
      'the name of a coded detector',
      ['name: near-payments', 'name: same-ip'],
      [
        'r.yaml:4:11: same-ip: a rule has a name of its own: this one stands in the coded detectors',
      ],
    ],
    [
      'several mistakes at once',
      [
        'measure: near\n',
        'measure: features.nearby\n',
        'event.city',
        'event.town',
        '{ review: 60000 }',
        '{ review: 60000, block: 70000 }',
        'age: true',
        'count: 1',
      ],
      [
        'r.yaml:31:21: quick-claim.features.age.count: write count: true',
        'r.yaml:17:97: near-payments.when: No such key: town',
        'r.yaml:18:23: near-payments.measure: No such key: nearby',
      ],
    ],
  ])('%s', async (_what, changes, problems) => {
    expect(await problemsWith(changes)).toEqual(problems);
  });
});

it('one name in two files is refused, in the second of them', async () => {
  const { problems } = await readFrom({ 'a.yaml': RULES, 'b.yaml': RULES });
  expect(problems).toEqual([
    'b.yaml:4:11: near-payments: a rule has a name of its own: this one stands in c/rules/a.yaml:4',
    'b.yaml:21:11: quick-claim: a rule has a name of its own: this one stands in c/rules/a.yaml:21',
  ]);
});

it('a folder without rules has none, and so has an empty file', async () => {
  expect(await readFrom({})).toMatchObject({ problems: [], rules: [] });
  expect(await readFrom({ 'r.yaml': '# none yet\n' })).toMatchObject({ problems: [], rules: [] });
});
