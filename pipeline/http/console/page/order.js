/* The one form that every order goes through: who gives it, why, and what it is judged by. */

const { byId, element, ask, workersNow } = globalThis.draw;

let order;

/**
 * Asks for name and reason, then sends the order; its answer, or what went wrong, is said in words.
 * Order: {title, action, facts: element, path, method?, change?, more?: fields beside (read when it is sent; what it throws is said), done?: called when it was obeyed}.
 */
function openOrder(next) {
  order = next;
  byId('order-title').textContent = next.title;
  byId('order-do').textContent = next.action;
  byId('order-facts').replaceChildren(next.facts);
  byId('order-reason').value = '';
  refuse('');
  byId('order').showModal();
  // The name stays from the order before.
  byId(byId('order-actor').value === '' ? 'order-actor' : 'order-reason').focus();
}

function refuse(text) {
  byId('order-problem').textContent = text;
  byId('order-problem').hidden = text === '';
}

async function send() {
  const { path, method, change, more, done } = order;
  const actor = byId('order-actor').value.trim();
  const reason = byId('order-reason').value.trim();
  if (actor === '' || reason === '') {
    refuse('Write your name and the reason: both are kept with the order.');
    return;
  }
  let beside;
  try {
    beside = typeof more === 'function' ? more() : more;
  } catch (error) {
    refuse(`Nothing was sent: ${error.message}.`);
    return;
  }
  byId('order-do').disabled = true;
  try {
    const body = { actor, reason, ...(change && { change }), ...beside };
    const { message } = await ask(path, body, method);
    byId('order').close();
    byId('notice').replaceChildren(element('span', {}, message));
    done?.();
    dispatchEvent(new Event('ordered'));
  } catch (error) {
    refuse(
      error.refused
        ? `Nothing was changed: ${error.message}`
        : `No word came back (${error.message}): look whether it was done before you try again.`,
    );
  } finally {
    byId('order-do').disabled = false;
  }
}

byId('order-form').addEventListener('submit', (event) => {
  event.preventDefault();
  send();
});
byId('order-cancel').addEventListener('click', () => byId('order').close());

const DAYS = { '1 day': 1, '7 days': 7, '30 days': 30, '90 days': 90, 'for ever': undefined };

/** Until when, chosen in the form: {choice: element, expires: → the field of an order}. */
function expiry(usual) {
  const select = element('select', { id: 'order-expiry' });
  for (const name of Object.keys(DAYS)) select.append(element('option', {}, name));
  select.value = usual;
  const expires = () => {
    const days = DAYS[select.value];
    if (days === undefined) return {};
    return { expires: new Date(workersNow() + days * 86_400_000).toISOString() };
  };
  return { choice: element('label', {}, 'Ends after', select), expires };
}

globalThis.orders = { openOrder, expiry };
