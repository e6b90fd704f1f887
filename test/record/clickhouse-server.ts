/**
 * A real HTTP server that speaks as much of ClickHouse's interface as a recorder needs: it answers pings,
 * selects nothing, and takes RowBinary inserts, which it decodes and keeps. It can go away and come back.
 */

import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { once } from 'node:events';
import { RowBuffers } from '../../pipeline/record/row-buffers.ts';
import { progress } from '../../pipeline/record/tables/progress.ts';
import { freePort } from '../support/free-port.ts';
import { decodeRows, type DecodedRow } from './row-binary.ts';

export type Answer = { readonly status: number; readonly code: number; readonly text: string };

const TABLES = new Map(
  [...new RowBuffers().tables.map(({ table }) => table), progress].map((table) => [
    table.name,
    table,
  ]),
);

export class ClickHouseServer {
  /** Every insert that was taken, in the order in which it ended. */
  readonly inserts: { readonly table: string; readonly rows: readonly DecodedRow[] }[] = [];
  /** Inserts that reached the server, refused ones too. */
  attempts = 0;
  /** What an insert is answered with instead of being taken. */
  refuse: ((table: string) => Answer | undefined) | undefined;
  /** Takes the rows and then breaks the connection: the answer is lost. */
  loseAnswers = false;
  /** Answers pings as to a wrong password. */
  refusePing = false;
  /** Writes the answer to a select; without it, selects find nothing. */
  select: ((sql: string, response: ServerResponse) => void) | undefined;
  /** Called at each insert before it is answered. */
  onInsert: (() => void) | undefined;
  #server: Server | undefined;
  #port = 0;

  get url(): string {
    return `http://default:secret@127.0.0.1:${this.#port}/sheepdog`;
  }

  /** Starts, or starts again on the same port. */
  async start(): Promise<void> {
    const server = createServer((request, response) => void this.#answer(request, response));
    if (this.#port === 0) this.#port = await freePort();
    server.listen(this.#port, '127.0.0.1');
    await once(server, 'listening');
    this.#server = server;
  }

  /** Goes away, breaking every connection. */
  async stop(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    if (server === undefined) return;
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  }

  /** Rows of a table over all inserts, each key once as under FINAL. */
  rowsOf(table: string, key: string): readonly DecodedRow[] {
    const rows = this.inserts
      .filter((insert) => insert.table === table)
      .flatMap(({ rows }) => rows);
    return [...new Map(rows.map((row) => [row[key], row])).values()];
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const query = new URL(request.url!, this.url).searchParams.get('query') ?? '';
    const name = /^INSERT INTO (\w+) \(.*\) FORMAT RowBinary$/.exec(query)?.[1];
    if (name === undefined) {
      const sql = query === '' ? String(Buffer.concat(chunks)) : query;
      if (sql === "SELECT 'ping'") this.#pong(response);
      else if (this.select === undefined) response.end();
      else this.select(sql, response);
      return;
    }
    this.attempts++;
    this.onInsert?.();
    const refusal = this.refuse?.(name);
    if (refusal !== undefined) {
      response.writeHead(refusal.status, { 'X-ClickHouse-Exception-Code': refusal.code });
      response.end(`Code: ${refusal.code}. DB::Exception: ${refusal.text}. (${refusal.text})`);
      return;
    }
    const table = TABLES.get(name);
    const body = Buffer.concat(chunks);
    this.inserts.push({ table: name, rows: table === undefined ? [] : decodeRows(table, body) });
    if (this.loseAnswers) response.destroy();
    else response.end();
  }

  #pong(response: ServerResponse): void {
    if (!this.refusePing) {
      response.end('ping\n');
      return;
    }
    response.writeHead(403, { 'X-ClickHouse-Exception-Code': '516' });
    response.end(
      'Code: 516. DB::Exception: default: Authentication failed. (AUTHENTICATION_FAILED)',
    );
  }
}
