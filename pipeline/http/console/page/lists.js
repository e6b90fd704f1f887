/* The lists: what stands on them, a value looked up on all three, and entries put on and taken off. */

const { byId, number, element, muted, link, button, time, tableOf, redraw, ask } = globalThis.draw;
const { openOrder, expiry } = globalThis.orders;

const NAMES = ['block', 'watch', 'allow'];
const SHOWN = 200;
const WILL = {
  block: 'Its events are blocked from the next one on.',
  watch: 'Rewards of its events wait for a person; nothing is blocked.',
  allow: 'Its events pass, whatever is found.',
};

function add(list, { kind, value }) {
  // A list that only grows is read by nobody.
  const { choice, expires } = expiry('30 days');
  openOrder({
    title: `Put ${value} on the ${list} list`,
    action: 'Add',
    facts: element('div', {}, muted(WILL[list]), choice),
    path: `v1/lists/${list}`,
    more: () => ({ entries: [{ kind, value, ...expires() }] }),
  });
}

function remove({ list, kind, value, reason, author }) {
  openOrder({
    title: `Take ${value} off the ${list} list`,
    action: 'Remove',
    facts: muted(`It was put there by ${author}: ${reason}`),
    path: `v1/lists/${list}/${kind}/${encodeURIComponent(value)}`,
    method: 'DELETE',
  });
}

/** What a file says is changed in the file. */
const isOfFile = ({ entryId }) => entryId.startsWith('lists/');

const columns = [
  { title: 'list', kind: '', of: (row) => row.list },
  { title: 'kind', kind: '', of: (row) => row.kind },
  { title: 'value', kind: 'code', of: (row) => row.value },
  { title: 'because', kind: '', of: (row) => row.reason },
  { title: 'by', kind: '', of: (row) => row.author },
  {
    title: 'ends',
    kind: 'short',
    of: (row) => (row.expiresAt ? time(Date.parse(row.expiresAt), true) : 'never'),
  },
  {
    title: '',
    kind: '',
    of: (row) => (row.decisionId ? link('decision', row.decisionId, 'decision') : ''),
  },
  {
    title: '',
    kind: 'number',
    of: (row) =>
      isOfFile(row)
        ? muted(row.entryId)
        : button(
            `remove ${row.list} ${row.kind} ${row.value}`,
            'Remove',
            `Remove ${row.value} from the ${row.list} list`,
            () => remove(row),
          ),
  },
];

const chosen = () => ({ kind: byId('list-kind').value, value: byId('list-value').value.trim() });

/** Asked again with the view: an entry is on record a moment after its order. */
let looked = { kind: '', value: '' };

async function lookUp() {
  const { kind, value } = looked;
  if (value === '') return;
  const path = (list) => `v1/lists/${list}/${kind}/${encodeURIComponent(value)}`;
  try {
    const found = await Promise.all(
      NAMES.map((list) =>
        ask(path(list)).catch((error) => {
          // It is not on this list: that is an answer, not a failure.
          if (error.status === 404) return undefined;
          throw error;
        }),
      ),
    );
    const entries = found.filter((entry) => entry !== undefined);
    const free = NAMES.filter((_, n) => found[n] === undefined);
    const orders = free.map((list) =>
      button(`add ${list}`, `Add to ${list}`, `Add ${value} to the ${list} list`, () =>
        add(list, { kind, value }),
      ),
    );
    redraw(
      'list-found',
      tableOf(
        columns,
        entries,
        `${value} is on no list itself; a range that holds an address is found under the range`,
      ),
      element('div', { class: 'orders' }, ...orders),
    );
  } catch (error) {
    byId('list-found').replaceChildren(muted(error.message));
  }
}

function draw({ files, entries }) {
  lookUp();
  const rows = [...entries, ...files.slice(0, SHOWN)];
  const more = files.length > SHOWN || entries.length === SHOWN;
  byId('list-count').textContent =
    `${number(entries.length)} by orders and the engine, ${number(files.length)} in the file${more ? `; at most ${SHOWN} of each are shown` : ''}`;
  redraw('list-entries', tableOf(columns, rows, 'nothing is on this list'));
}

byId('list-form').addEventListener('submit', (event) => {
  event.preventDefault();
  looked = chosen();
  lookUp();
});
byId('list-add').addEventListener('click', () => {
  const { kind, value } = chosen();
  // What is to be added has to be named first.
  if (value === '') byId('list-value').focus();
  else add(byId('list-to').value, { kind, value });
});
byId('list-name').addEventListener('change', () => dispatchEvent(new Event('chosen')));

globalThis.views.lists = {
  ask: (range) => [
    `v1/console/status?range=${range}`,
    `v1/lists/${byId('list-name').value}?limit=${SHOWN}`,
  ],
  draw,
};
