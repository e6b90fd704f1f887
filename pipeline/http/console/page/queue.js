/* The rewards that wait for a person, and the evidence to judge one by. */

const { byId, number, money, element, muted, facts, button, time, duration, why } = globalThis.draw;
const { tableOf, redraw, ask } = globalThis.draw;
const { openOrder } = globalThis.orders;

/** A judged reward stays out of the queue until the record has had time to say so too. */
const RECORDED_WITHIN_MS = 15_000;
const judged = new Map();

const WHY_IT_WAITS = {
  held_for_review: 'the payment looked suspicious',
  review_overdue: 'nobody judged it in time',
  authorisation_in_review: 'its authorisation looked suspicious, the payment did not',
  awaiting_payment_and_review: 'its authorisation looks suspicious; the payment has not come',
  awaiting_review: 'the offer asks for a review of every reward',
};
const lines = (...parts) => element('div', {}, ...parts.map((part) => element('div', {}, part)));

/** What the reward is; its label where nothing was won, or nothing is chosen yet. */
function given({ award, label }) {
  const words = award.map((item) => {
    if (item.kind === 'points') return `${number(item.points)} points`;
    if (item.kind === 'voucher') return `voucher ${money(item.faceMinor)} (${item.voucher})`;
    return item.kind === 'goods'
      ? item.sku
      : `${item.kind.replace('_', ' ')} ${money(item.amountMinor)}`;
  });
  return words.join(', ') || label;
}

/** What a reviewer judges by, from GET /v1/grants/:id. */
function evidence({ event, decision, entries, deliveries, words, ...grant }, campaign) {
  const steps = entries.map(({ occurredAt, operation }) =>
    element('li', {}, `${time(Date.parse(occurredAt), true)} ${operation.replace('_', ' ')}`),
  );
  const said = words.map(({ kind, actor, reason }) =>
    element('li', {}, `${kind} by ${actor}: ${reason}`),
  );
  const sent = deliveries.map(({ deliveryId, kind, state }) =>
    element('li', {}, `${deliveryId}: ${kind}, ${state}`),
  );
  const list = (items) => (items.length === 0 ? '' : element('ul', { class: 'why' }, ...items));
  return facts([
    ['reward', `${given(grant)}, cost ${money(grant.amountMinor)} ${campaign?.currency ?? ''}`],
    ['offer', `${grant.campaignId}, ${grant.offerId} ${grant.label}`],
    [
      'payment',
      `${money(grant.paymentMinor)} at ${time(Date.parse(grant.occurredAt), true)}, ${grant.eventId}`,
    ],
    [
      'customer',
      [grant.customerId, grant.accountId, grant.cardId].filter((id) => id !== '').join(', '),
    ],
    ['from', [event?.ip, event?.deviceId, event?.city].filter(Boolean).join(', ')],
    ['merchant', [event?.merchantId, event?.category, event?.channel].filter(Boolean).join(', ')],
    ['verdict', decision === null ? 'no decision on record yet' : decision.verdict],
    ['findings', decision === null ? '' : why(decision)],
    [
      'labelled',
      decision?.label
        ? `${decision.label.label} by ${decision.label.actor}: ${decision.label.reason}`
        : '',
    ],
    ['so far', list(steps)],
    ['said before', list(said)],
    ['deliveries', list(sent)],
  ]);
}

async function judge(kind, grant, campaign) {
  const holder = element('div', {}, muted('reading the evidence …'));
  openOrder({
    title: `${kind === 'approve' ? 'Approve' : 'Reject'} the reward of ${grant.customerId || grant.accountId}`,
    action: kind === 'approve' ? 'Approve' : 'Reject',
    facts: holder,
    path: `v1/grants/${encodeURIComponent(grant.grantId)}/${kind}`,
    done: () => judged.set(grant.grantId, performance.now() + RECORDED_WITHIN_MS),
  });
  try {
    const whole = await ask(`v1/grants/${encodeURIComponent(grant.grantId)}`);
    holder.replaceChildren(evidence(whole, campaign));
  } catch (error) {
    holder.replaceChildren(muted(`The evidence could not be read: ${error.message}`));
  }
}

function queue({ review, campaigns, range }) {
  const fresh = review.grants.filter(
    ({ grantId }) => (judged.get(grantId) ?? 0) < performance.now(),
  );
  const total = review.total - (review.grants.length - fresh.length);
  const campaignOf = (row) => campaigns.find(({ id }) => id === row.campaignId);
  const offerOf = (row) => campaignOf(row)?.offers.find(({ id }) => id === row.offerId);
  const columns = [
    {
      title: 'waiting',
      kind: '',
      of: (row) => duration(Math.max(0, range.toMs - row.occurredAtMs)),
    },
    {
      title: 'reward',
      kind: 'number',
      of: (row) =>
        lines(`${money(row.amountMinor)} ${campaignOf(row)?.currency ?? ''}`, muted(given(row))),
    },
    { title: 'payment', kind: 'number', of: (row) => money(row.paymentMinor || null) },
    {
      title: 'customer',
      kind: 'code',
      of: (row) => lines(row.customerId || '–', muted(row.accountId)),
    },
    {
      title: 'offer',
      kind: '',
      of: (row) =>
        lines(offerOf(row)?.title ?? row.offerId, muted(campaignOf(row)?.title ?? row.campaignId)),
    },
    {
      title: 'why',
      kind: '',
      of: (row) => lines(WHY_IT_WAITS[row.reason] ?? row.reason, why(row)),
    },
    {
      title: '',
      kind: '',
      of: (row) =>
        element(
          'div',
          { class: 'orders' },
          ...['approve', 'reject'].map((kind) =>
            button(
              `${kind} ${row.grantId}`,
              kind,
              `${kind} the reward of ${row.customerId || row.accountId}, ${money(row.amountMinor)}`,
              () => judge(kind, row, campaignOf(row)),
            ),
          ),
        ),
    },
  ];
  const shown = total > fresh.length ? `, the ${fresh.length} that wait longest are shown` : '';
  byId('queue-count').textContent = total === 0 ? '' : `${number(total)}${shown}`;
  redraw('queue', tableOf(columns, fresh, 'no reward waits for a person'));
}

globalThis.orders.queue = queue;
