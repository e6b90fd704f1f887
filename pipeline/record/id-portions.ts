/** Many values for one statement each time: what a server takes as a parameter is bounded. */

/** Every statement reads the ids of the whole record, however few it asks for; it is said in a body, not in a URL. */
const VALUES_A_QUERY = 2500;
/** A server takes a parameter of 128 KiB; each value has two quotes and a comma, and may have to be escaped. */
const BYTES_A_QUERY = 100_000;
const ESCAPED = /['\\\t\n\r]/g;

/** Portions of at most 2,500 items whose values fit one parameter together, in their order. */
export function* portionsOf<Item>(
  items: Iterable<Item>,
  valueOf: (item: Item) => string,
): Generator<readonly Item[]> {
  let portion: Item[] = [];
  let bytes = 0;
  for (const item of items) {
    const value = valueOf(item);
    const own = Buffer.byteLength(value) + (value.match(ESCAPED)?.length ?? 0) + 3;
    if (portion.length === VALUES_A_QUERY || (portion.length > 0 && bytes + own > BYTES_A_QUERY)) {
      yield portion;
      portion = [];
      bytes = 0;
    }
    portion.push(item);
    bytes += own;
  }
  if (portion.length > 0) yield portion;
}
