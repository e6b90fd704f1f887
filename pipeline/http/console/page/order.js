/* The one form that every order goes through: who gives it, why, and what it is judged by. */

const { byId, element, ask } = globalThis.draw;

let order;

/**
 * Asks for name and reason, then sends the order; its answer, or what went wrong, is said in words.
 * Order: {title, action, facts: element, path, method?, change?, more?: fields beside (read when it is sent), done?: called when it was obeyed}.
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
  byId('order-do').disabled = true;
  try {
    const beside = typeof more === 'function' ? more() : more;
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

globalThis.orders = { openOrder };
