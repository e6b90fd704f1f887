/* What judges: the version, the trial with its rates and bounds, every detector and rule, and what changed when. */

const { byId, number, element, muted, facts, link, button, time, duration, tableOf, redraw } =
  globalThis.draw;
const { openOrder } = globalThis.orders;

const WORD = { promote: 'Promote', rollback: 'Roll back' };
const STEPS = {
  start: 'judges since a start',
  reload: 'judges everybody',
  canary: 'is on trial',
  promoted: 'was promoted',
  rolled_back: 'was rolled back',
  withdrawn: 'was withdrawn',
};
const percent = (share) => `${number(100 * share)} %`;
const exact = new Intl.NumberFormat('en', { maximumFractionDigits: 3 });
const rate = (part, of) => (of === 0 ? '–' : `${exact.format((100 * part) / of)} %`);

function orderButton(name, version, consequence) {
  return button(name, WORD[name], `${WORD[name]} ${version}`, () =>
    openOrder({
      title: `${WORD[name]} ${version}`,
      action: WORD[name],
      facts: muted(consequence),
      path: `v1/config/${name}`,
    }),
  );
}

function active({ version, since, actor, reason, engineVersion, needsRestart, ...status }) {
  const { refused, warming, canary, features } = status;
  const list = (items) =>
    element('ul', { class: 'why' }, ...items.map((each) => element('li', {}, each)));
  const problems = refused && [
    element(
      'p',
      { class: 'block' },
      `Refused at ${time(Date.parse(refused.at), true)}; the version above goes on:`,
    ),
    list(refused.problems),
  ];
  const rows = facts([
    ['version', link('configuration', version)],
    ['since', `${time(Date.parse(since), true)}, by ${actor}${reason ? `: ${reason}` : ''}`],
    ['engine', engineVersion],
    ['waits for a restart', needsRestart.join(', ')],
    [
      'being filled',
      warming &&
        `${number(warming.features.length)} features of ${warming.version}, ${number(warming.events)} events so far`,
    ],
    [
      'warming up',
      features.length > 0 &&
        list(
          features.map(({ feature, known }) => `${feature}: ${percent(known)} of what it needs`),
        ),
    ].map((each) => each || ''),
  ]);
  const back = orderButton(
    'rollback',
    version,
    'The version before judges everybody again from the next event on.',
  );
  return [
    rows,
    ...(problems ?? []),
    ...(canary ? [] : [element('div', { class: 'orders' }, back)]),
  ];
}

/** The largest rate that the trial may have beside the others' own. */
function limitOf(bound, usual) {
  return Math.max(usual * bound.times, usual + bound.points);
}

function trial({ canary, bounds }) {
  if (canary === undefined)
    return [muted('no change is on trial: everybody is judged by one version')];
  const { version, share, minimumEvents, since, until, onTrial, beside } = canary;
  const row = (name, count, bound) => {
    const usual = beside.events === 0 ? 0 : beside[count] / beside.events;
    return {
      ...{
        name,
        trial: rate(onTrial[count], onTrial.events),
        others: rate(beside[count], beside.events),
      },
      bound: bound
        ? `${exact.format(100 * limitOf(bound, usual))} %, from ${number(bound.atLeast)} on`
        : '–',
    };
  };
  const figures = tableOf(
    [
      { title: 'of the events', kind: '', of: (each) => each.name },
      { title: 'on trial', kind: 'number', of: (each) => each.trial },
      { title: 'beside it', kind: 'number', of: (each) => each.others },
      { title: 'at most', kind: 'number', of: (each) => each.bound },
    ],
    [row('blocked', 'blocks', bounds?.block), row('reviewed', 'reviews', bounds?.review)],
    '',
  );
  const rows = facts([
    ['version', link('configuration', version)],
    ['share', `${percent(share)} of the accounts, always the same ones`],
    ['began', since ? time(Date.parse(since), true) : 'with the next event'],
    [
      'passes at',
      until && `${time(Date.parse(until), true)}, after ${number(minimumEvents)} events`,
    ],
    ['events', `${number(onTrial.events)} on trial, ${number(beside.events)} beside it`],
  ]);
  const orders = element(
    'div',
    { class: 'orders' },
    orderButton('promote', version, 'Everybody is judged by it from the next event on.'),
    orderButton(
      'rollback',
      version,
      'Its accounts are judged like all others from the next event on.',
    ),
  );
  return [rows, figures, orders];
}

const ORDER = { live: 0, shadow: 1, off: 2 };
const DRIFTS = { 1: 'finds more than usual', '-1': 'finds less than usual' };

function judges({ judges: all, findings }) {
  const of = (name) => findings.find(({ detector }) => detector === name);
  const rows = [...all].sort((a, b) => ORDER[a.mode] - ORDER[b.mode]);
  const drifting = all.filter(({ drift }) => drift !== 0).length;
  byId('judges-count').textContent =
    `${number(all.length)}${drifting > 0 ? `, ${number(drifting)} out of their band` : ''}`;
  const badge = ({ mode }) =>
    element(
      'span',
      { class: `badge ${mode === 'live' ? 'good' : mode === 'shadow' ? 'warn' : ''}` },
      mode,
    );
  const name = (row) => element('b', { title: row.summary }, row.name);
  const failed = (row) => {
    const errors = of(row.name)?.errors ?? 0;
    return errors === 0 ? '' : element('span', { class: 'block' }, number(errors));
  };
  const drift = (row) =>
    row.drift === 0 ? '' : element('span', { class: 'badge warn' }, DRIFTS[row.drift]);
  const since = ({ secondsSinceFinding: seconds }) =>
    seconds === null ? '–' : duration(1000 * seconds);
  return tableOf(
    [
      { title: 'name', kind: '', of: name },
      { title: 'kind', kind: '', of: (row) => row.kind },
      { title: 'mode', kind: '', of: badge },
      {
        title: 'findings in the range',
        kind: 'number',
        of: (row) => number(of(row.name)?.findings ?? 0),
      },
      { title: 'failures', kind: 'number', of: failed },
      { title: 'without a finding for', kind: 'number', of: since },
      { title: 'drift', kind: '', of: drift },
      { title: 'finds', kind: '', of: (row) => muted(row.summary) },
    ],
    rows,
    'no detector is configured',
  );
}

function versions({ changes }) {
  return tableOf(
    [
      { title: 'when', kind: '', of: (row) => time(row.recordedAtMs, true) },
      { title: 'version', kind: 'code', of: (row) => link('configuration', row.version) },
      {
        title: 'step',
        kind: '',
        of: (row) =>
          `${STEPS[row.kind] ?? row.kind}${row.share < 1 ? `, ${percent(row.share)}` : ''}`,
      },
      { title: 'by', kind: '', of: (row) => row.actor },
      { title: 'why', kind: '', of: (row) => row.reason },
      { title: 'files', kind: 'code', of: (row) => row.paths.join(', ') },
    ],
    changes,
    'nothing has changed yet',
  );
}

/** A unified diff with its added and removed lines told apart. */
function diffOf(text) {
  const tone = (line) =>
    /^\+(?!\+\+)/.test(line) ? 'added' : /^-(?!--)/.test(line) ? 'removed' : '';
  const lines = text.split('\n').map((line) => element('span', { class: tone(line) }, `${line}\n`));
  return element('pre', { class: 'diff' }, ...lines);
}

function change(version, steps) {
  const holder = byId('change-shown');
  holder.hidden = version === '';
  if (version === '') return;
  const told = steps.map(({ recordedAt, kind, actor, reason }) =>
    element(
      'li',
      {},
      `${time(Date.parse(recordedAt), true)} ${STEPS[kind] ?? kind}, by ${actor}${reason ? `: ${reason}` : ''}`,
    ),
  );
  const { diff, previousVersion } = steps.find((step) => step.diff !== '') ?? {};
  holder.replaceChildren(
    element(
      'h2',
      {},
      `Configuration ${version} `,
      muted(previousVersion ? `against ${previousVersion}` : ''),
    ),
    element('ul', { class: 'why' }, ...told),
    diff
      ? diffOf(diff)
      : muted(
          steps.length === 0
            ? 'no step of it is on record'
            : 'no file differs from the version before',
        ),
  );
}

globalThis.views.configuration = {
  ask: (range, id) => [
    `v1/console/configuration?range=${range}`,
    'v1/config',
    ...(id === '' ? [] : [`v1/console/changes/${encodeURIComponent(id)}`]),
  ],
  draw({ answers }, id) {
    const [own, status, asked] = answers;
    change(id, asked?.changes ?? []);
    redraw('active', ...active({ ...own, ...status }));
    redraw('trial', ...trial({ ...own, ...status }));
    redraw('judges', judges(own));
    redraw('versions', versions(own));
  },
};
