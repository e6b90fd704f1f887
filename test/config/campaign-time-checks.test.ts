import { expect, test } from 'vitest';
import { problemsWith, type Row } from './campaign-file.ts';

test.each<Row>([
  [
    'the window is not empty',
    ["to: '2026-04-01T00:00:00+08:00' }\nph", "to: '2026-01-01T00:00:00+08:00' }\nph"],
    ['c.yaml:7:50: window.to: must be after from: this campaign can never be open'],
  ],
  [
    'a phase is not empty',
    ["to: '2026-01-01T00:00:00+08:00' }\n  wrap", "to: '2025-12-20T00:00:00+08:00' }\n  wrap"],
    ['c.yaml:9:52: phases.warmup.to: must be after from: this phase can never be open'],
  ],
  [
    'a window lies in its phase',
    [
      "from: '2026-04-02T00:00:00+08:00', to: '2026-04-08T00:00:00+08:00'",
      "from: '2026-03-31T00:00:00+08:00', to: '2026-04-09T00:00:00+08:00'",
    ],
    [
      'c.yaml:133:21: offers.11.window.from: is before the phase wrapup begins',
      'c.yaml:133:54: offers.11.window.to: is after the phase wrapup ends',
    ],
  ],
  [
    'a window lies in the campaign',
    [
      '    title: Fee\n',
      "    title: Fee\n    window: { from: '2025-12-31T00:00:00+08:00', to: '2026-02-01T00:00:00+08:00' }\n",
    ],
    ['c.yaml:89:21: offers.5.window.from: is before the campaign begins'],
  ],
  [
    'an offer is open at some time',
    [
      "from: '2026-04-02T00:00:00+08:00', to: '2026-04-08T00:00:00+08:00'",
      "from: '2026-04-03T00:00:00+08:00', to: '2026-04-03T00:00:00+08:00'",
    ],
    ['c.yaml:133:54: offers.11.window.to: must be after from: this offer can never be open'],
  ],
  [
    'a schedule is open at some time',
    ["to: '22:00'", "to: '10:00'"],
    ['c.yaml:107:56: offers.7.schedule.to: must be after from: this offer can never be open'],
  ],
  [
    'an occurrence has a schedule',
    [
      "    schedule: { weekdays: [friday], from: '10:00', to: '22:00', dayType: workday_adjusted }\n",
      '',
    ],
    ['c.yaml:109:31: offers.7.quota.period: occurrence needs a schedule'],
  ],
  [
    'an occurrence of a limit has a schedule',
    ['limits: [{ per: [inviter], period: month', 'limits: [{ per: [inviter], period: occurrence'],
    ['c.yaml:138:40: offers.11.limits.0.period: occurrence needs a schedule'],
  ],
  [
    'working days need a calendar',
    [
      'calendar: cn\n',
      '',
      ', dayType: workday_adjusted',
      '',
      'within: 5wd',
      'within: 5d',
      'within: 15wd',
      'within: 15d',
      'within: 7wd',
      'within: 7d',
    ],
    [
      "c.yaml:63:22: offers.2.claim.within: counts working days: name the campaign's calendar, such as calendar: cn",
    ],
  ],
  [
    'adjusted weekends need a calendar',
    [
      'calendar: cn\n',
      '',
      'within: 5wd',
      'within: 5d',
      'within: 10wd',
      'within: 10d',
      'within: 15wd',
      'within: 15d',
      'within: 7wd',
      'within: 7d',
    ],
    [
      "c.yaml:106:74: offers.7.schedule.dayType: name the campaign's calendar, such as calendar: cn",
    ],
  ],
  [
    'a deadline lies in a year that the calendar knows',
    ['claim: { within: 10wd }', 'claim: { within: 250wd }'],
    [
      'c.yaml:64:22: offers.2.claim.within: needs the working days of 2027, which are not known: install a release of chinese-days that has them, or count calendar days',
    ],
  ],
  [
    'a delivery lies in a year that the calendar knows',
    ['within: 15wd', 'within: 250wd'],
    [
      'c.yaml:65:25: offers.2.delivery.within: needs the working days of 2027, which are not known: install a release of chinese-days that has them, or count calendar days',
    ],
  ],
  [
    'the days of a schedule lie in years that the calendar knows',
    [
      "from: '2026-01-01T00:00:00+08:00', to: '2026-04-01",
      "from: '2026-01-01T00:00:00+08:00', to: '2027-04-01",
      "warmup: { from: '2025-12-20",
      "warmup: { from: '2025-12-21",
      'within: 5wd',
      'within: 5d',
      'within: 10wd',
      'within: 10d',
      'within: 15wd',
      'within: 15d',
      'within: 7wd',
      'within: 7d',
    ],
    [
      'c.yaml:107:74: offers.7.schedule.dayType: needs the working days of 2027, which are not known: install a release of chinese-days that has them, or count calendar days',
    ],
  ],
  [
    'what is delivered after a claim is claimed',
    ['anchor: approved', 'anchor: claim'],
    ['c.yaml:124:38: offers.9.delivery.anchor: nothing is claimed: write claim, or anchor: grant'],
  ],
  [
    'what is delivered after an approval is approved',
    ['    review: always\n', ''],
    [
      'c.yaml:123:38: offers.9.delivery.anchor: not every grant is approved: write review: always, or anchor: grant',
    ],
  ],
  [
    'a grant waits for one thing',
    ['    choice:\n', '    claim: { within: 5d }\n    choice:\n'],
    [
      'c.yaml:82:12: offers.4.claim: a grant waits for its claim or for a choice, not for both: leave one out',
    ],
  ],
])('%s', (_rule, changes, problems) => {
  expect(problemsWith(changes)).toEqual(problems);
});
