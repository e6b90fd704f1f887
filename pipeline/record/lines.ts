/** Cuts a stream of bytes into lines without copying the lines that lie within one chunk. */

const NEWLINE = 10;

/** Pages of lines, without their newline; each page is valid for as long as it is held. */
export async function* splitLines(
  chunks: AsyncIterable<Uint8Array>,
): AsyncGenerator<Buffer[], void, undefined> {
  let rest: Buffer = Buffer.alloc(0);
  for await (const chunk of chunks) {
    const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    const page: Buffer[] = [];
    let start = 0;
    for (let end = bytes.indexOf(NEWLINE); end >= 0; end = bytes.indexOf(NEWLINE, start)) {
      const line = bytes.subarray(start, end);
      page.push(rest.length === 0 ? line : Buffer.concat([rest, line]));
      if (rest.length > 0) rest = Buffer.alloc(0);
      start = end + 1;
    }
    if (start < bytes.length) rest = Buffer.concat([rest, bytes.subarray(start)]);
    if (page.length > 0) yield page;
  }
  if (rest.length > 0) yield [rest];
}
