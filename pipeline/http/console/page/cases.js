/* Proposals, orders that want a second person, appeals and values that join strangers; the switches that are off. */

const { byId, number, money, element, muted, facts, link, button, time, tableOf, redraw } =
  globalThis.draw;
const { openOrder, expiry } = globalThis.orders;

const WHAT = {
  freeze: 'freeze the account',
  order: 'an order wants a second person',
  appeal: 'a freeze is appealed against',
  clawback: 'take a reward back',
  compensation: 'give a reward after all',
  exclusion: 'a value joins strangers',
};
const lines = (...parts) => element('div', {}, ...parts.map((part) => element('div', {}, part)));

/** Of each kind the oldest are asked for, so that many of one do not hide the others. */
const KINDS = ['freeze', 'order', 'appeal', 'clawback', 'compensation'];
const OF_EACH = 100;

/** The words that can be said on a case: [key, what it is called, path and fields where they are its own]. */
function wordsOf({ kind, accountId, value, of }) {
  if (kind === 'exclusion') {
    const more = { kind: of, value };
    return [
      ['exclude', 'Exclude', { path: 'v1/exclusions/add', more, form: exclusionForm }],
      ['dismiss', 'Dismiss', { path: 'v1/exclusions/dismiss', more }],
    ];
  }
  if (kind === 'appeal') {
    const path = `v1/accounts/${encodeURIComponent(accountId)}/review`;
    return [
      ['clear', 'Clear', { path, more: { outcome: 'cleared' } }],
      ['confirm', 'Keep frozen', { path, more: { outcome: 'confirmed' } }],
    ];
  }
  return [
    ['approve', 'Approve', undefined],
    ['dismiss', 'Dismiss', undefined],
  ];
}

function evidence(row) {
  return facts([
    ['case', `${WHAT[row.kind]}${row.order ? `: ${row.order}` : ''}`],
    ['account', row.accountId],
    ['value', row.value && `${row.of} ${row.value}`],
    ['reward', row.grantId && `${row.grantId}, ${money(row.amountMinor)}`],
    ['by', row.actor],
    ['because', row.reason],
    ['cause', row.cause],
    ['evidence', row.evidence],
    ['decision', row.decisionId],
    ['lapses', row.lapsesAt && time(Date.parse(row.lapsesAt), true)],
  ]);
}

const LIMIT = /^([^.=]+)\.([^.=]+)\.(review|block|conclusive)=(\d+(?:\.\d+)?)$/;

/** Limits as the command line takes them: detector → measure → band. */
function bandsOf(text) {
  const bands = {};
  for (const limit of text.split(/[\s,]+/).filter((each) => each !== '')) {
    const [, detector, measure, band, from] = LIMIT.exec(limit) ?? [];
    if (detector === undefined)
      throw new Error(`${limit} is no limit: write one such as same-device.accounts.review=300`);
    ((bands[detector] ??= {})[measure] ??= {})[band] = Number(from);
  }
  return Object.keys(bands).length === 0 ? {} : { bands };
}

/** Until when a value is excluded, and what holds for it instead. */
function exclusionForm() {
  const { choice, expires } = expiry('90 days');
  const limits = element('input', {
    ...{ id: 'order-limits', autocomplete: 'off', spellcheck: 'false' },
    placeholder: 'same-device.accounts.review=300',
  });
  return {
    asked: element(
      'div',
      {},
      muted('It links nobody any more, and findings about it reach no band but these.'),
      choice,
      element('label', {}, 'Limits of its own', limits),
    ),
    fields: () => ({ ...expires(), ...bandsOf(limits.value) }),
  };
}

function order(row, word, action, { path, more, form } = {}) {
  const { asked, fields } = form?.() ?? { asked: '', fields: () => ({}) };
  openOrder({
    title: `${action}: ${WHAT[row.kind]}, ${row.accountId || row.value || row.order}`,
    action,
    facts: element('div', {}, evidence(row), asked),
    path: path ?? `v1/proposals/${encodeURIComponent(row.id)}/${word}`,
    more: () => ({ ...more, ...fields() }),
  });
}

/** As GET /v1/exclusions has a proposal, in the form of the other cases. */
function ofExclusion({ id, kind, value, actor, reason, decisionId, occurredAtMs }) {
  return {
    ...{ id, kind: 'exclusion', of: kind, value, actor, reason, decisionId },
    since: new Date(occurredAtMs).toISOString(),
  };
}

function buttons(row) {
  const made = wordsOf(row).map(([word, action, how]) =>
    button(`${word} ${row.id}`, action, `${action}: ${WHAT[row.kind]}`, () =>
      order(row, word, action, how),
    ),
  );
  return element('div', { class: 'orders' }, ...made);
}

function cases({ answers }) {
  const boards = answers.slice(1, -1);
  const { proposals: exclusions, total: excluded } = answers.at(-1);
  const rows = [...boards.flatMap(({ proposals }) => proposals), ...exclusions.map(ofExclusion)];
  // RFC 3339 in UTC: the order of the texts is that of the times.
  rows.sort((a, b) => (a.since < b.since ? -1 : a.since > b.since ? 1 : 0));
  const columns = [
    { title: 'waits since', kind: 'short', of: (row) => time(Date.parse(row.since), true) },
    {
      title: 'case',
      kind: '',
      of: (row) =>
        lines(element('span', { class: 'short' }, WHAT[row.kind]), muted(row.order ?? '')),
    },
    { title: 'about', kind: 'code', of: (row) => row.accountId || row.value || row.order || '–' },
    { title: 'amount', kind: 'number', of: (row) => money(row.amountMinor ?? null) },
    { title: 'why', kind: '', of: (row) => lines(row.reason, muted(row.actor)) },
    {
      title: '',
      kind: '',
      of: (row) => (row.decisionId ? link('decision', row.decisionId, 'decision') : ''),
    },
    { title: '', kind: 'short', of: buttons },
  ];
  const { open, switches } = boards[0];
  const total = Object.values(open).reduce((sum, count) => sum + count, excluded.proposals);
  const off = Object.entries(switches).filter(([, to]) => to === 'off');
  byId('cases-count').textContent = [
    total > 0 ? number(total) : '',
    total > rows.length ? `the ${number(rows.length)} oldest of their kinds are shown` : '',
    ...off.map(([name]) => `automatic ${name} is switched off`),
  ]
    .filter((text) => text !== '')
    .join(', ');
  redraw('case-list', tableOf(columns, rows, 'nothing waits for a person'));
}

globalThis.views.cases = {
  ask: (range) => [
    `v1/console/status?range=${range}`,
    ...KINDS.map((kind) => `v1/proposals?kind=${kind}&limit=${OF_EACH}`),
    `v1/exclusions?limit=${OF_EACH}`,
  ],
  draw: cases,
};
