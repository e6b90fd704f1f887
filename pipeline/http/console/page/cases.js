/* Proposals, orders that want a second person, and appeals; the switches, where they are off. */

const { byId, number, money, element, muted, button, time, tableOf, redraw } = globalThis.draw;
const { openOrder } = globalThis.orders;

const WHAT = {
  freeze: 'freeze the account',
  order: 'an order wants a second person',
  appeal: 'a freeze is appealed against',
  clawback: 'take a reward back',
  compensation: 'give a reward after all',
};
const lines = (...parts) => element('div', {}, ...parts.map((part) => element('div', {}, part)));

function wordsOf({ kind, accountId }) {
  if (kind !== 'appeal') {
    return [
      ['approve', 'Approve', undefined],
      ['dismiss', 'Dismiss', undefined],
    ];
  }
  const path = `v1/accounts/${encodeURIComponent(accountId)}/review`;
  return [
    ['clear', 'Clear', { path, more: { outcome: 'cleared' } }],
    ['confirm', 'Keep frozen', { path, more: { outcome: 'confirmed' } }],
  ];
}

function facts(row) {
  const known = [
    ['case', `${WHAT[row.kind]}${row.order ? `: ${row.order}` : ''}`],
    ['account', row.accountId],
    ['reward', row.grantId && `${row.grantId}, ${money(row.amountMinor)}`],
    ['by', row.actor],
    ['because', row.reason],
    ['decision', row.decisionId],
  ].filter(([, value]) => value);
  return element(
    'dl',
    {},
    ...known.flatMap(([name, value]) => [element('dt', {}, name), element('dd', {}, value)]),
  );
}

function order(row, word, action, { path, more } = {}) {
  openOrder({
    title: `${action}: ${WHAT[row.kind]}, ${row.accountId || row.order}`,
    action,
    facts: facts(row),
    path: path ?? `v1/proposals/${encodeURIComponent(row.id)}/${word}`,
    more,
  });
}

function cases({ proposals, open, switches }) {
  const columns = [
    { title: 'since', kind: '', of: (row) => time(Date.parse(row.since), true) },
    { title: 'case', kind: '', of: (row) => lines(WHAT[row.kind], muted(row.order ?? '')) },
    { title: 'account', kind: 'code', of: (row) => row.accountId },
    { title: 'amount', kind: 'number', of: (row) => money(row.amountMinor ?? null) },
    { title: 'why', kind: '', of: (row) => lines(row.reason, muted(row.actor)) },
    {
      title: '',
      kind: '',
      of: (row) =>
        element(
          'div',
          { class: 'orders' },
          ...wordsOf(row).map(([word, action, how]) =>
            button(`${word} ${row.id}`, action, `${action}: ${WHAT[row.kind]}`, () =>
              order(row, word, action, how),
            ),
          ),
        ),
    },
  ];
  const total = Object.values(open).reduce((sum, count) => sum + count, 0);
  const off = Object.entries(switches).filter(([, to]) => to === 'off');
  byId('cases-count').textContent = [
    total > 0 ? number(total) : '',
    ...off.map(([name]) => `automatic ${name} is switched off`),
  ]
    .filter((text) => text !== '')
    .join(', ');
  redraw('cases', tableOf(columns, proposals, 'nothing waits for a person'));
}

globalThis.orders.cases = cases;
