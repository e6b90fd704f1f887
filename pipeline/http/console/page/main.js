/* Asks every few seconds for the view that the address names, and draws it. */

const { byId, time, ask } = globalThis.draw;
const { views } = globalThis;

const EVERY_MS = 3000;
let timer;

/** The part after # in the address; views are linked to, and the browser's back button works. */
function current() {
  const name = location.hash.slice(1);
  return Object.hasOwn(views, name) ? name : 'overview';
}

function show() {
  for (const name of Object.keys(views)) {
    byId(name).hidden = name !== current();
    const link = document.querySelector(`nav a[href="#${name}"]`);
    if (name === current()) link.setAttribute('aria-current', 'page');
    else link.removeAttribute('aria-current');
  }
}

function status({ notReady, configVersion, range, decisions }) {
  const ready = notReady.length === 0;
  const badge = byId('status');
  badge.textContent = ready ? 'ready' : 'not ready';
  badge.className = `badge ${ready ? 'good' : 'bad'}`;
  byId('config').textContent = `configuration ${configVersion}`;
  byId('span').textContent =
    decisions === 0
      ? 'no event yet'
      : `events of ${time(range.fromMs, true)} to ${time(range.toMs, true)}`;
  complain(ready ? '' : notReady.join('; '));
}

function complain(text) {
  byId('problem').textContent = text;
  byId('problem').hidden = text === '';
}

async function refresh() {
  clearTimeout(timer);
  const view = current();
  const range = byId('range').value;
  try {
    const answer = await ask(`v1/console/${view}?range=${range}`);
    const more = await ask(view === 'campaigns' ? 'v1/campaigns' : 'v1/proposals?limit=50');
    // Whoever went elsewhere meanwhile has asked anew.
    if (view !== current() || range !== byId('range').value) return;
    status(answer);
    views[view]({ ...answer, ...more });
  } catch (error) {
    byId('status').textContent = 'no answer';
    byId('status').className = 'badge bad';
    complain(`No fresh figures: ${error.message}`);
  }
  clearTimeout(timer);
  if (!document.hidden) timer = setTimeout(refresh, EVERY_MS);
}

addEventListener('hashchange', () => {
  byId('notice').replaceChildren();
  show();
  refresh();
});
addEventListener('ordered', refresh);
byId('range').addEventListener('change', refresh);
document.addEventListener('visibilitychange', () => document.hidden || refresh());
show();
refresh();
