/* The overview: what goes on, and why. Times are Unix milliseconds, amounts minor units. */

const { number, money, element, link, time, duration, why, table, tiles, chart } = globalThis.draw;

function sum(list) {
  return list.reduce((total, value) => total + value, 0);
}

/** The tile of the cases, with a word on what people have switched off. */
function waiting({ open, switches }) {
  const off = Object.entries(switches).filter(([, to]) => to === 'off');
  const warnings = off.map(([name]) => `automatic ${name} is switched off`);
  const count = element('a', { href: '#cases' }, number(sum(Object.values(open))));
  return [['cases waiting for a person', ...warnings].join('; '), count];
}

function figures(overview) {
  const { timeline, grants } = overview;
  const allow = sum(timeline.allow);
  const review = sum(timeline.review);
  const block = sum(timeline.block);
  const all = allow + review + block;
  const share = (part) => (all === 0 ? '–' : `${number((100 * part) / all)} %`);
  const total = (column) => money(sum(grants.map((row) => row[column])));
  tiles('tiles', [
    ['events', number(all)],
    ['sent to review', share(review), 'review'],
    ['blocked', share(block), 'block'],
    ['accounts frozen now', number(overview.frozen.count)],
    ['cost of rewards', total('costMinor')],
    ['rewards held', total('heldMinor')],
    ['rewards kept from abusers', total('interceptedMinor')],
    waiting(overview),
    ['refused records', number(sum(overview.deadLetters.map((row) => row.letters)))],
  ]);
}

function timeline({ timeline: columns, range }) {
  const at = columns.atMs.map((ms) => ms / 1000);
  const totals = columns.allow.map((allow, i) => allow + columns.review[i] + columns.block[i]);
  const share = (column) =>
    column.map((value, i) => (totals[i] === 0 ? 0 : (100 * value) / totals[i]));
  chart(
    'rate',
    [{ label: 'events/s', tone: 'events' }],
    [at, totals.map((total) => total / range.stepSeconds)],
  );
  chart(
    'verdicts',
    [
      { label: 'review', tone: 'review' },
      { label: 'block', tone: 'block' },
    ],
    [at, share(columns.review), share(columns.block)],
  );
}

function suspects(overview) {
  const band = (name) => ({ title: name, kind: 'number', of: (row) => number(row[name]) });
  const detector = ({ detector, mode }) => (mode === 'shadow' ? `${detector} (shadow)` : detector);
  table(
    'detectors',
    [
      { title: 'detector', kind: '', of: detector },
      band('review'),
      band('block'),
      band('accounts'),
    ],
    overview.detectors,
    'no findings in this range',
  );
  const columns = [
    { title: 'value', kind: 'code', of: (row) => row.value },
    { title: 'findings', kind: 'number', of: (row) => number(row.findings) },
    { title: 'accounts', kind: 'number', of: (row) => number(row.accounts) },
    { title: 'highest', kind: 'number', of: (row) => `${number(row.highest)} ${row.highestUnit}` },
  ];
  table('ips', columns, overview.ips, 'none in this range');
  table('devices', columns, overview.devices, 'none in this range');
}

function cases({ blocks, frozen, range }) {
  const long = range.toMs - range.fromMs > 86_400_000;
  table(
    'blocks',
    [
      { title: 'time', kind: 'short', of: (row) => time(row.occurredAtMs, long) },
      {
        title: 'event',
        kind: 'code',
        of: (row) => link('decision', row.decisionId, row.eventId),
      },
      { title: 'account', kind: 'code', of: (row) => row.accountId },
      { title: 'type', kind: '', of: (row) => row.type },
      { title: 'amount', kind: 'number', of: (row) => money(row.amountMinor) },
      { title: 'why', kind: '', of: why },
    ],
    blocks,
    'nothing was blocked in this range',
  );
  table(
    'frozen',
    [
      { title: 'account', kind: 'code', of: (row) => row.accountId },
      { title: 'since', kind: 'short', of: (row) => time(row.sinceMs, true) },
      {
        title: 'until',
        kind: 'short',
        of: (row) => (row.untilMs === null ? 'unfrozen' : time(row.untilMs, true)),
      },
      { title: 'by', kind: '', of: (row) => row.actor },
      { title: 'why', kind: '', of: (row) => row.reason },
    ],
    frozen.accounts,
    'no account is frozen',
  );
}

function left({ limitValue, posted, pending }) {
  const used = posted + pending;
  const meter = element('meter', { min: 0, max: Math.max(limitValue, 1), value: used });
  meter.title = `${number(used)} of ${number(limitValue)}`;
  return meter;
}

/** Budget lines move by amounts, every other account by one. */
const inUnit = (row, value) => (row.account.startsWith('budget/') ? money(value) : number(value));

function campaign(overview) {
  table(
    'grants',
    [
      { title: 'campaign', kind: '', of: (row) => row.campaignId },
      { title: 'offer', kind: '', of: (row) => row.offerId },
      { title: 'posted', kind: 'number', of: (row) => number(row.posted) },
      { title: 'held', kind: 'number', of: (row) => number(row.held) },
      { title: 'void', kind: 'number', of: (row) => number(row.voided) },
      { title: 'refused', kind: 'number', of: (row) => number(row.rejected) },
      { title: 'cost', kind: 'number', of: (row) => money(row.costMinor) },
      { title: 'clawed back', kind: 'number', of: (row) => money(row.clawedBackMinor) },
    ],
    overview.grants,
    'no rewards yet',
  );
  table(
    'balances',
    [
      { title: 'account', kind: 'code', of: (row) => row.account },
      { title: 'used', kind: 'number', of: (row) => inUnit(row, row.posted + row.pending) },
      { title: 'limit', kind: 'number', of: (row) => inUnit(row, row.limitValue) },
      {
        title: 'left',
        kind: 'number',
        of: (row) => inUnit(row, row.limitValue - row.posted - row.pending),
      },
      { title: '', kind: '', of: left },
    ],
    overview.balances,
    'no budget or quota is in use',
  );
}

function health(overview) {
  const rows = overview.health.flatMap((worker) => [
    ['worker', worker.worker],
    ['reported', time(worker.recordedAtMs, true)],
    ['arrival to decision, median', `${number(worker.latencyP50Us / 1000)} ms`],
    ['arrival to decision, 99 of 100 within', `${number(worker.latencyP99Us / 1000)} ms`],
    ['events waiting at the sources', number(worker.lag)],
    ['repeated events, answered as before', number(worker.duplicates)],
    ['late events, in no window', number(worker.lateEvents)],
    ['rows on their way to the record', number(worker.bufferedRows)],
    ['jobs waiting', number(worker.queueWaiting)],
    ['jobs that failed', number(worker.queueFailed)],
    ['keys with windows in memory', number(worker.windowKeys)],
    ['memory of the windows', `${number(worker.windowBytes / 1_048_576)} MiB`],
    ['since the last finding', duration(1000 * worker.secondsSinceFinding)],
    ...(worker.paused ? [['back-pressure', 'the sources are paused']] : []),
  ]);
  const letters = overview.deadLetters.map((row) => [
    `refused records: ${row.reason}`,
    number(row.letters),
  ]);
  const columns = [
    { title: 'figure', kind: '', of: ([name]) => name },
    { title: 'value', kind: 'number', of: ([, value]) => value },
  ];
  table('health', columns, [...rows, ...letters], 'no figures yet: they come every few seconds');
}

globalThis.views = {
  overview: {
    ask: (range) => [`v1/console/overview?range=${range}`, 'v1/proposals?limit=1'],
    draw(answer) {
      for (const draw of [figures, timeline, suspects, cases, campaign, health]) draw(answer);
    },
  },
};
