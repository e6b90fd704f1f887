/* The campaigns view: the queue, each campaign with its balances and offers, and changes made by people. */

const { number, money, element, muted, button, time, tableOf, table, redraw } = globalThis.draw;
const { openOrder, queue } = globalThis.orders;

const CHANGES = {
  pause: () => 'paused',
  resume: () => 'resumed',
  close: () => 'closed for good',
  add_quota: ({ by, tier }) => `${number(by)} more${tier > 0 ? ` in tier ${tier}` : ''}`,
  add_budget: ({ by, line, giver }) =>
    `${money(by)} more for ${line}${giver === '' ? '' : `, from ${giver}`}`,
  restrict_instrument: ({ instrument }) => `without ${instrument}`,
  allow_instrument: ({ instrument }) => `${instrument} again`,
  merchant_list: ({ list, merchants }) => `list ${list} replaced: ${number(merchants)} merchants`,
};
const TONES = { live: 'good', paused: 'warn' };

/** Used, pending and left of a limit, drawn to scale and said in words. */
function bar({ posted, pending, limit }) {
  const share = (value) => (limit > 0 ? Math.min(100, Math.max(0, (100 * value) / limit)) : 100);
  const part = (name, per) => {
    const made = element('span', { class: name });
    made.style.width = `${per}%`;
    return made;
  };
  const used = share(posted);
  const label = `${number(used)} % used, ${number(share(pending))} % pending`;
  const parts = [part('used', used), part('pending', Math.min(100 - used, share(pending)))];
  return element('div', { class: 'bar', role: 'img', 'aria-label': label, title: label }, ...parts);
}

/**
 * `quota/spring/off/from-20000` → the offer's title, from 200.00; budget lines stand below the line that holds them.
 */
function accountName(account, offers) {
  const [kind, , ...rest] = account.split('/');
  if (kind === 'quota') {
    const [offerId, part] = rest;
    const title = offers.find(({ id }) => id === offerId)?.title ?? offerId;
    const [, least] = /^from-(\d+)$/.exec(part) ?? [];
    if (part === 'all' || least === '0') return title;
    return `${title}, ${least === undefined ? part.replace('-', ' ') : `from ${money(Number(least))}`}`;
  }
  const path = rest.join('/').split('.');
  if (kind !== 'budget' || path.length === 1) return `${kind} ${rest.join('/')}`;
  const name = element('span', { title: account }, path.at(-1));
  name.style.paddingLeft = `${16 * (path.length - 1)}px`;
  return name;
}

function balances({ balances: rows, offers }) {
  const inUnit = (row, value) =>
    value === undefined ? '–' : row.account.startsWith('budget/') ? money(value) : number(value);
  const key = (name) => element('span', {}, element('span', { class: `key ${name}` }), name);
  const figure = (title, of) => ({ title, kind: 'number', of: (row) => inUnit(row, of(row)) });
  return tableOf(
    [
      { title: 'budget, stock, quota', kind: '', of: (row) => accountName(row.account, offers) },
      { title: '', kind: 'scale', of: (row) => (row.limit === undefined ? '' : bar(row)) },
      figure(key('used'), (row) => row.posted),
      figure(key('pending'), (row) => row.pending),
      figure('left', (row) => row.left),
    ],
    rows,
    'no balances yet: they are read every few seconds',
  );
}

function pauseButton(campaign, { id: offerId, title, paused }) {
  const running = ['live', 'scheduled', 'checked', 'draft'].includes(campaign.status);
  if (!running)
    return muted(campaign.status === 'paused' ? 'paused with its campaign' : campaign.status);
  const kind = paused ? 'resume' : 'pause';
  return button(`${kind} ${campaign.id} ${offerId}`, kind, `${kind} the offer ${title}`, () =>
    openOrder({
      title: `${paused ? 'Resume' : 'Pause'} the offer ${title}`,
      action: paused ? 'Resume' : 'Pause',
      facts: muted(
        paused
          ? 'It can be earned again from the next event on.'
          : 'Nobody earns it from the next event on; what was granted stays. Pausing because of a risk, begin the reason with “risk:”.',
      ),
      path: `v1/campaigns/${encodeURIComponent(campaign.id)}/changes`,
      change: { kind, offerId },
    }),
  );
}

function offers(campaign, figures) {
  const none = { granted: 0, unclaimed: 0, held: 0, rejected: 0, takenBack: 0, costMinor: 0 };
  const rows = campaign.offers.map((offer) => ({
    ...none,
    ...figures.find(
      ({ campaignId, offerId }) => campaignId === campaign.id && offerId === offer.id,
    ),
    offer,
  }));
  const count = (title, name) => ({ title, kind: 'number', of: (row) => number(row[name]) });
  const title = ({ offer }) =>
    offer.paused && campaign.status !== 'paused'
      ? element('span', {}, `${offer.title} `, element('span', { class: 'badge warn' }, 'paused'))
      : offer.title;
  return tableOf(
    [
      { title: 'offer, in the range', kind: '', of: title },
      count('granted', 'granted'),
      count('unclaimed', 'unclaimed'),
      count('held', 'held'),
      count('refused', 'rejected'),
      count('taken back', 'takenBack'),
      { title: 'cost', kind: 'number', of: (row) => money(row.costMinor) },
      { title: '', kind: 'number', of: (row) => pauseButton(campaign, row.offer) },
    ],
    rows,
    'this campaign has no offer',
  );
}

/** Which campaigns a person folded or unfolded; the others show what runs and fold what does not. */
const unfolded = new Map();

function panel(campaign, figures) {
  const { id, title, status, from, to, currency } = campaign;
  const day = (iso) => time(Date.parse(iso), true);
  const heading = element(
    'h2',
    {},
    `${title} `,
    element('span', { class: `badge ${TONES[status] ?? ''}` }, status),
    muted(` ${id}, ${day(from)} to ${day(to)}, amounts in ${currency}`),
  );
  const summary = element('summary', { 'data-key': `fold ${id}` }, heading);
  const details = element(
    'details',
    {},
    summary,
    element(
      'div',
      { class: 'pair' },
      element('div', {}, balances(campaign)),
      element('div', {}, offers(campaign, figures)),
    ),
  );
  details.open = unfolded.get(id) ?? ['live', 'paused'].includes(status);
  summary.addEventListener('click', () => unfolded.set(id, !details.open));
  return element('section', { class: 'wide', 'aria-label': title }, details);
}

function changes({ actions }) {
  table(
    'changes',
    [
      { title: 'when', kind: '', of: (row) => time(row.issuedAtMs, true) },
      { title: 'campaign', kind: '', of: (row) => row.campaignId },
      { title: 'offer', kind: '', of: (row) => row.offerId || 'all' },
      { title: 'change', kind: '', of: (row) => CHANGES[row.kind]?.(row) ?? row.kind },
      { title: 'by', kind: '', of: (row) => row.actor },
      { title: 'why', kind: '', of: (row) => row.reason },
    ],
    actions,
    'nobody has changed a campaign yet',
  );
}

function panels({ campaigns, offers: figures }) {
  const empty = element(
    'section',
    { class: 'wide' },
    muted('No campaign is configured: a campaign is a file in config/campaigns.'),
  );
  redraw(
    'panels',
    ...(campaigns.length === 0 ? [empty] : campaigns.map((each) => panel(each, figures))),
  );
}

globalThis.views.campaigns = {
  ask: (range) => [`v1/console/campaigns?range=${range}`, 'v1/campaigns'],
  draw(answer) {
    for (const draw of [queue, panels, changes]) draw(answer);
  },
};
