/* One decision and everything it is explained by: findings in words, rings, list entries, rewards, labels. */

const { byId, number, money, element, muted, facts, link, time, why, tableOf, ask } =
  globalThis.draw;

const FIELDS = { ...{ deviceId: 'device', cardId: 'card', accountId: 'account', ip: 'address' } };
const ROW = 30;
const LEFT = 210;
const RIGHT = 430;
const SVG = 'http://www.w3.org/2000/svg';

/** What stands elsewhere on the page already. */
const TOLD = new Set(['reason', 'error', 'path', 'links', 'measure']);

function drawn(name, attributes, ...children) {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

/** A name as it is: the evidence writes a space as `%20` where it would end the name, and `%` as `%25`. */
const unquoted = (name) => name.replaceAll('%20', ' ').replaceAll('%25', '%');

/**
 * `deviceId d1: a, b; cardId c9: b, c` → who is joined by what; text that was cut off is left out.
 * Shape: [{field, value, accounts}].
 */
function linksOf(text) {
  return text.split('; ').flatMap((part) => {
    const [, field, value, accounts] = /^(\w+) (.+?): (.+)$/.exec(part) ?? [];
    if (field === undefined) return [];
    const names = accounts.replace(/ … and \d+ more$/, '').split(', ');
    return [
      {
        field: FIELDS[field] ?? field,
        value: unquoted(value),
        accounts: names.map(unquoted),
      },
    ];
  });
}

const short = (text) => (text.length > 26 ? `${text.slice(0, 25)}…` : text);

/** Accounts on the left, what joins them on the right. */
function drawing(links, self) {
  const accounts = [...new Set(links.flatMap((each) => each.accounts))];
  const height = ROW * Math.max(accounts.length, links.length) + 10;
  const placeOf = (count) => (n) => (height * (n + 0.5)) / count;
  const left = placeOf(accounts.length);
  const right = placeOf(links.length);
  const lines = links.flatMap((each, n) =>
    each.accounts.map((account) =>
      drawn('line', {
        ...{ x1: LEFT, y1: left(accounts.indexOf(account)), x2: RIGHT, y2: right(n) },
      }),
    ),
  );
  const text = (x, y, anchor, words, whole) =>
    drawn(
      'text',
      { x, y: y + 4, 'text-anchor': anchor },
      words,
      drawn('title', {}, document.createTextNode(whole)),
    );
  const people = accounts.flatMap((account, n) => [
    drawn('circle', { cx: LEFT, cy: left(n), r: 6, class: account === self ? 'self' : '' }),
    text(LEFT - 14, left(n), 'end', short(account), account),
  ]);
  const values = links.flatMap(({ field, value }, n) => [
    drawn('rect', { x: RIGHT - 6, y: right(n) - 6, width: 12, height: 12 }),
    text(RIGHT + 14, right(n), 'start', `${field} ${short(value)}`, value),
  ]);
  const label = `A ring of ${accounts.length} accounts joined by ${links.length} values`;
  return drawn(
    'svg',
    { class: 'ring', viewBox: `0 0 680 ${height}`, role: 'img', 'aria-label': label },
    ...lines,
    ...people,
    ...values,
  );
}

function ring({ evidence, detector }, accountId) {
  if (typeof evidence?.links !== 'string') return [];
  const links = linksOf(evidence.links);
  return [
    element(
      'section',
      { class: 'wide' },
      element('h2', {}, `The ring that ${detector} saw `, muted('accounts, and what joins them')),
      ...(links.length === 0 ? [] : [drawing(links, accountId)]),
      facts([
        ['the longest way', evidence.path],
        ['links', evidence.links],
      ]),
    ),
  ];
}

function evidenceOf({ evidence }) {
  const pairs = Object.entries(evidence ?? {}).filter(([name]) => !TOLD.has(name));
  return facts(
    pairs.map(([name, value]) => [name, typeof value === 'number' ? number(value) : value]),
  );
}

function findingsOf({ reasons, findings }) {
  const table = tableOf(
    [
      { title: 'finding', kind: '', of: (row) => why({ reasons: [], findings: [row] }) },
      { title: 'seen with it', kind: '', of: evidenceOf },
    ],
    findings,
    'nothing was found',
  );
  const errors = findings.filter(({ band }) => band === 'error').length;
  const failed = errors === 0 ? '' : `${number(errors)} could not be evaluated`;
  return element(
    'section',
    { class: 'wide' },
    element('h2', {}, 'Why ', muted(failed)),
    why({ reasons, findings: [] }),
    table,
  );
}

function listed({ listed: hits }) {
  if (hits.length === 0) return [];
  const columns = [
    { title: 'list', kind: '', of: (row) => row.list },
    { title: 'entry', kind: 'code', of: (row) => `${row.kind} ${row.value}` },
    { title: 'because', kind: '', of: (row) => row.reason },
    { title: 'by', kind: '', of: (row) => row.author },
    { title: 'entry id', kind: 'code', of: (row) => row.entryId },
  ];
  const heading = element('h2', {}, 'List entries that it met');
  return [element('section', { class: 'wide' }, heading, tableOf(columns, hits, ''))];
}

function rewards({ grants }) {
  if (grants.length === 0) return [];
  const columns = [
    { title: 'reward', kind: 'code', of: (row) => row.grantId },
    { title: 'offer', kind: '', of: (row) => `${row.campaignId}, ${row.offerId}` },
    { title: 'state', kind: '', of: (row) => `${row.state}, ${row.reason}` },
    { title: 'amount', kind: 'number', of: (row) => money(row.amountMinor) },
    { title: 'clawed back', kind: 'number', of: (row) => money(row.clawedBackMinor) },
  ];
  const heading = element('h2', {}, 'Rewards');
  return [element('section', { class: 'wide' }, heading, tableOf(columns, grants, ''))];
}

function words({ labels }) {
  if (labels.length === 0) return [];
  const columns = [
    { title: 'when', kind: '', of: (row) => time(Date.parse(row.labelledAt), true) },
    { title: 'word', kind: '', of: (row) => row.label.replace('_', ' ') },
    { title: 'by', kind: '', of: (row) => row.actor },
    { title: 'because', kind: '', of: (row) => row.reason },
  ];
  const heading = element('h2', {}, 'Labels, the one that stands first');
  return [element('section', { class: 'wide' }, heading, tableOf(columns, labels, ''))];
}

function sections(decision) {
  const tone = decision.verdict === 'allow' ? 'good' : '';
  const heading = element(
    'h2',
    {},
    `${decision.decisionId} `,
    element('span', { class: `badge ${tone} verdict-${decision.verdict}` }, decision.verdict),
  );
  const head = facts([
    ['event', `${decision.type} ${decision.eventId}`],
    ['when', time(Date.parse(decision.occurredAt), true)],
    ['account', decision.accountId],
    ['amount', decision.amountMinor === null ? '' : money(decision.amountMinor)],
    ['late', decision.late ? 'it came after the allowed lateness, and entered no window' : ''],
    ['configuration', link('configuration', decision.configVersion)],
    ['engine', decision.engineVersion],
  ]);
  return [
    element('section', { class: 'wide' }, heading, head),
    findingsOf(decision),
    ...decision.findings.flatMap((finding) => ring(finding, decision.accountId)),
    ...listed(decision),
    ...rewards(decision),
    ...words(decision),
  ];
}

/** What is drawn, as it came: whoever marks a text to copy it keeps the mark. */
let last = '';

async function show(_answer, id) {
  const holder = byId('decision-file');
  if (id === '') {
    holder.replaceChildren(muted('Write the id of a decision, or follow one from another view.'));
    last = '';
    return;
  }
  if (document.activeElement !== byId('decision-id')) byId('decision-id').value = id;
  try {
    const decision = await ask(`v1/decisions/${encodeURIComponent(id)}`);
    const text = JSON.stringify(decision);
    if (text === last) return;
    last = text;
    holder.replaceChildren(...sections(decision));
  } catch (error) {
    last = '';
    holder.replaceChildren(muted(`${id}: ${error.message}`));
  }
}

byId('decision-form').addEventListener('submit', (event) => {
  event.preventDefault();
  location.hash = `decision/${encodeURIComponent(byId('decision-id').value.trim())}`;
});

globalThis.views.decision = {
  ask: (range) => [`v1/console/status?range=${range}`],
  draw: show,
};
