/* Pieces the console is drawn with. Whatever comes from an event is set as text, never as markup. */

const { uPlot } = globalThis;
const NUMBER = new Intl.NumberFormat('en', { maximumFractionDigits: 1 });
const MONEY = new Intl.NumberFormat('en', { minimumFractionDigits: 2, maximumFractionDigits: 2 });
const PLAIN_REASONS = {
  block_list: 'on the block list',
  account_frozen: 'the account is frozen',
  conclusive_finding: 'a conclusive finding',
  independent_findings: 'independent findings',
  single_finding: 'a single finding',
  review_finding: 'a finding to be reviewed',
  rule_error: 'a rule could not be evaluated',
};

const byId = (id) => document.getElementById(id);
const number = (value) => (value === null || value === undefined ? '–' : NUMBER.format(value));
const money = (minor) => (minor === null || minor === undefined ? '–' : MONEY.format(minor / 100));

function element(name, attributes, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

const muted = (text) => element('span', { class: 'muted' }, text);

/** The key is what a redraw knows it by; the label says to a screen reader what it is about. */
function button(key, text, label, onClick) {
  const made = element('button', { type: 'button', 'data-key': key, 'aria-label': label }, text);
  made.addEventListener('click', onClick);
  return made;
}

/** The bank's zone: two people who look at one block from two places must read one time. */
const { zone } = document.documentElement.dataset;
const CLOCK = { hour: '2-digit', minute: '2-digit', timeZone: zone };
const DAY = { year: 'numeric', month: '2-digit', day: '2-digit' };
const MOMENT = new Intl.DateTimeFormat('sv', { ...CLOCK, second: '2-digit' });
const INSTANT = new Intl.DateTimeFormat('sv', { ...DAY, ...CLOCK });
const OFFSET = new Intl.DateTimeFormat('en', { timeZone: zone, timeZoneName: 'longOffset' });

/** Of the zone at that instant, such as +08:00. */
function offset(date) {
  const { value } = OFFSET.formatToParts(date).find(({ type }) => type === 'timeZoneName');
  return value === 'GMT' ? '+00:00' : value.replace('GMT', '');
}

/** Time of day; with the date when the range is longer than a day. In the bank's zone, with its offset. */
function time(ms, long) {
  if (ms === null || ms === undefined) return '–';
  const date = new Date(ms);
  return `${(long ? INSTANT : MOMENT).format(date)} ${offset(date)}`;
}

/** From one instant to another; what they share is said once. */
function span(fromMs, toMs) {
  const [day, clock, zoned] = time(fromMs, true).split(' ');
  const [endDay, endClock, endZoned] = time(toMs, true).split(' ');
  if (zoned !== endZoned) return `${time(fromMs, true)} to ${time(toMs, true)}`;
  return `${day} ${clock} to ${day === endDay ? '' : `${endDay} `}${endClock} ${zoned}`;
}

function duration(ms) {
  const units = [
    [86_400_000, 'd'],
    [3_600_000, 'h'],
    [60_000, 'min'],
    [1000, 's'],
  ];
  const [size, unit] = units.find(([length]) => ms >= length) ?? [1, 'ms'];
  return `${number(ms / size)} ${unit}`;
}

/** Columns: {title, kind: '' | 'number' | 'code' | 'short' (never broken), of: row → text or element}. */
function tableOf(columns, rows, whenEmpty) {
  if (rows.length === 0) return muted(whenEmpty);
  const head = columns.map(({ title, kind }) => element('th', { class: kind }, title));
  const cell = ({ kind, of }, row) =>
    element('td', { class: kind }, kind === 'code' ? element('div', {}, of(row)) : of(row));
  const body = rows.map((row) => element('tr', {}, ...columns.map((column) => cell(column, row))));
  return element(
    'table',
    { class: 'rows' },
    element('thead', {}, element('tr', {}, ...head)),
    element('tbody', {}, ...body),
  );
}

function table(target, columns, rows, whenEmpty) {
  byId(target).replaceChildren(tableOf(columns, rows, whenEmpty));
}

/**
 * Draws anew without taking the keyboard away: what had the focus gets it back by its data-key, and when that is gone
 * the next one has it.
 */
function redraw(target, ...children) {
  const holder = byId(target);
  // A button that is pressed right now must still be there when it is let go.
  if (holder.querySelector('[data-key]:active') !== null) return;
  const keyed = () => [...holder.querySelectorAll('[data-key]')];
  const before = keyed().indexOf(document.activeElement);
  const { key } = document.activeElement.dataset;
  holder.replaceChildren(...children);
  if (before === -1) return;
  const now = keyed();
  const next =
    now.find((each) => each.dataset.key === key) ?? now[Math.min(before, now.length - 1)];
  next?.focus({ preventScroll: true });
}

/** Pairs of a name and a text or element; what is empty is left out. */
function facts(pairs) {
  const known = pairs.filter(([, value]) => value !== undefined && value !== null && value !== '');
  return element(
    'dl',
    {},
    ...known.flatMap(([name, value]) => [element('dt', {}, name), element('dd', {}, value)]),
  );
}

/** A link to a view, to one thing in it. */
const link = (view, id, text) =>
  element(
    'a',
    { href: `#${view}/${encodeURIComponent(id)}`, 'data-key': `${view} ${id}` },
    text ?? id,
  );

function tiles(target, list) {
  byId(target).replaceChildren(
    ...list.map(([label, value, tone]) =>
      element(
        'div',
        { class: 'tile' },
        element('b', { class: tone ?? '' }, value),
        element('span', { class: 'muted' }, label),
      ),
    ),
  );
}

/** One finding in words: the measure, what it had to reach, over which window, about whom. */
function sentence(finding) {
  const { detector, mode, measure, threshold, unit, windowMs, subject, subjectValue, conclusive } =
    finding;
  const window = windowMs > 0 ? ` in ${duration(windowMs)}` : '';
  const end = conclusive ? ', conclusive' : '';
  const name = mode === 'shadow' ? `${detector} (shadow)` : detector;
  const words = finding.evidence?.reason ?? finding.evidence?.error;
  const said = words === undefined ? '' : element('div', { class: 'muted' }, words);
  if (finding.band === 'error') {
    const failed = element('b', { class: 'block' }, name);
    return element('li', {}, failed, ' could not be evaluated on this event', said);
  }
  return element(
    'li',
    {},
    element('b', { class: finding.band }, name),
    ` ${number(measure)} ${unit}${window} on ${subject} ${subjectValue}`,
    ` (${finding.band} at ${number(threshold)}${end})`,
    said,
  );
}

function why({ reasons, findings }) {
  const lines = reasons.map((reason) =>
    element('li', { class: 'muted' }, PLAIN_REASONS[reason] ?? reason),
  );
  return element('ul', { class: 'why' }, ...findings.map(sentence), ...lines);
}

const charts = new Map();

/** Labels of a time axis: with the date where a day is not enough to tell them apart. */
function instants(_plot, seconds) {
  const long = seconds.at(-1) - seconds[0] > 86_400;
  const { format } = long ? INSTANT : MOMENT;
  return seconds.map((at) => format(new Date(at * 1000)).replace(/^\d{4}-|:00$/g, ''));
}

/** Lines over time, made once and then fed. Series: {label, tone: a colour of style.css}. */
function chart(target, series, data) {
  const known = charts.get(target);
  if (known !== undefined) {
    known.setData(data);
    return;
  }
  const style = getComputedStyle(document.documentElement);
  const colour = (name) => style.getPropertyValue(`--${name}`).trim();
  const holder = byId(target);
  const axis = {
    stroke: colour('muted'),
    grid: { stroke: colour('line') },
    ticks: { stroke: colour('line') },
  };
  const size = () => ({ width: holder.clientWidth, height: holder.clientHeight - 34 });
  const plot = new uPlot(
    {
      ...size(),
      tzDate: (at) => uPlot.tzDate(new Date(at * 1000), zone),
      axes: [
        { ...axis, values: instants },
        { ...axis, size: 56 },
      ],
      scales: { y: { range: (_plot, _min, max) => [0, max > 0 ? max * 1.1 : 1] } },
      series: [
        { value: (_plot, at) => (at === null ? '–' : time(at * 1000, true)) },
        ...series.map(({ label, tone }) => ({
          label,
          stroke: colour(tone),
          width: 2,
          fill: `${colour(tone)}22`,
          points: { show: false },
          value: (_plot, value) => number(value),
        })),
      ],
    },
    data,
    holder,
  );
  new ResizeObserver(() => holder.clientWidth > 0 && plot.setSize(size())).observe(holder);
  charts.set(target, plot);
}

/** The worker's time as an answer had it, an error too, and the page's own stop-watch at that moment. */
let answered;

/** In milliseconds, to the second: a browser's clock may be off by a day. Throws before the first answer. */
function workersNow() {
  if (answered === undefined)
    throw new Error('the worker, whose clock tells when it ends, has not answered yet');
  return answered.ms + performance.now() - answered.at;
}

/**
 * Asks the worker: GET, or POST (or another method) when there is a body. The address is spelt out, since a page that was opened with a
 * password in its address may not use a relative one.
 * Throws an Error in the words of the API; `refused` says that the worker did nothing, `status` what it answered.
 */
async function ask(path, body, method = 'POST') {
  const answer = await fetch(
    new URL(path, `${location.origin}${location.pathname}`),
    body === undefined
      ? {}
      : {
          method,
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify(body),
        },
  );
  const ms = Date.parse(answer.headers.get('date'));
  if (!Number.isNaN(ms)) answered = { ms, at: performance.now() };
  const json = await answer.json().catch(() => ({}));
  if (answer.ok) return json;
  const error = new Error(json.error?.message ?? `the worker answered ${answer.status}`);
  throw Object.assign(error, { refused: answer.status < 500, status: answer.status });
}

/* Inline modules cannot import one another: the page's other scripts take the pieces from here. */
globalThis.draw = {
  byId,
  number,
  money,
  element,
  muted,
  facts,
  link,
  button,
  time,
  span,
  duration,
  why,
  tableOf,
  table,
  redraw,
  tiles,
  chart,
  ask,
  workersNow,
};
