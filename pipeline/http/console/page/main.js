/* Asks every few seconds for the view that the address names, and draws it. */

const { byId, span, ask } = globalThis.draw;
const { views } = globalThis;

const EVERY_MS = 3000;
let timer;

/**
 * The part after #: a view, and after a slash the one thing of it that is looked at. Views are linked to, and the
 * browser's back button works.
 */
function current() {
  const [name, ...rest] = location.hash.slice(1).split('/');
  const view = Object.hasOwn(views, name) ? name : 'overview';
  return { view, id: decodeURIComponent(rest.join('/')) };
}

function show() {
  for (const name of Object.keys(views)) {
    byId(name).hidden = name !== current().view;
    const link = document.querySelector(`nav a[href="#${name}"]`);
    if (name === current().view) link.setAttribute('aria-current', 'page');
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
    decisions === 0 ? 'no event yet' : `events of ${span(range.fromMs, range.toMs)}`;
  complain(ready ? '' : notReady.join('; '));
}

function complain(text) {
  byId('problem').textContent = text;
  byId('problem').hidden = text === '';
}

async function refresh() {
  clearTimeout(timer);
  const asked = location.hash;
  const { view, id } = current();
  const range = byId('range').value;
  try {
    const paths = views[view].ask(range, id);
    const answers = await Promise.all(paths.map((path) => ask(path)));
    // Whoever went elsewhere meanwhile has asked anew.
    if (asked !== location.hash || range !== byId('range').value) return;
    const whole = Object.assign({}, ...answers, { answers });
    status(whole);
    views[view].draw(whole, id);
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
addEventListener('chosen', refresh);
byId('range').addEventListener('change', refresh);
document.addEventListener('visibilitychange', () => document.hidden || refresh());
show();
refresh();
