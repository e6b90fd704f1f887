/** Who may speak to the API: the token, and on loopback the defence against pages that rebind their name. */

import { createHash, timingSafeEqual } from 'node:crypto';
import { isIPv4 } from 'node:net';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Failure } from '../failure.ts';
import type { ApiError } from './answer.ts';

const FEWEST_TOKEN_CHARACTERS = 16;
/** Asked by load balancers and orchestrators, which carry no token and name the host as they like. */
const OPEN_PATHS = new Set(['/healthz', '/readyz']);
/** Read by people in a browser, which can send a password but no bearer token. */
const BROWSER_READS = pathsLike(
  '/',
  '/v1/campaigns',
  '/v1/config',
  '/v1/console/overview',
  '/v1/console/campaigns',
  '/v1/console/configuration',
  '/v1/console/status',
  '/v1/console/changes/*',
  '/v1/decisions/*',
  '/v1/exclusions',
  '/v1/grants',
  '/v1/grants/*',
  '/v1/lists/*',
  '/v1/lists/*/*/*',
  '/v1/proposals',
);
/**
 * Ordered from the console. The browser adds the password to these too, so the request must name the console's own
 * origin: a page of another site cannot.
 */
const BROWSER_ORDERS = pathsLike(
  '/v1/accounts/*/review',
  '/v1/campaigns/*/changes',
  '/v1/config/promote',
  '/v1/config/rollback',
  '/v1/exclusions/add',
  '/v1/exclusions/dismiss',
  '/v1/grants/*/approve',
  '/v1/grants/*/reject',
  '/v1/lists/*',
  '/v1/lists/*/*/*',
  '/v1/proposals/*/approve',
  '/v1/proposals/*/dismiss',
);

/** Whether only this machine can reach the address. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIPv4(host) && host.startsWith('127.'));
}

/** @throws Failure when the API would stand open to others without a token. */
export function assertGuarded(host: string, token: string | undefined): void {
  if (token === undefined && !isLoopback(host)) {
    throw new Failure(
      `http.host ${host} can be reached from other machines: set SHEEPDOG_API_TOKEN, or bind to 127.0.0.1`,
      { exitCode: 2 },
    );
  }
  if (token !== undefined && token.length < FEWEST_TOKEN_CHARACTERS) {
    throw new Failure(
      `SHEEPDOG_API_TOKEN is too short: use at least ${FEWEST_TOKEN_CHARACTERS} characters, such as the output of openssl rand -hex 32`,
      { exitCode: 2 },
    );
  }
}

export interface Refusal {
  readonly status: 401 | 403;
  readonly error: ApiError;
}

/** Judges each request before its body is read: undefined lets it pass. */
export function createGuard(
  host: string,
  token: string | undefined,
): (request: Pick<FastifyRequest, 'headers' | 'method' | 'url'>) => Refusal | undefined {
  const secret = token === undefined ? undefined : digest(token);
  return ({ headers, method, url }) => {
    const path = pathOf(url);
    if (OPEN_PATHS.has(path)) return undefined;
    if (isLoopback(host) && !namesLoopback(headers.host)) {
      return forbidden('ask for this machine as 127.0.0.1 or localhost');
    }
    if (method !== 'GET' && method !== 'HEAD' && isForeign(headers.origin, headers.host)) {
      return forbidden('a page of another site may not do this');
    }
    if (secret === undefined) return undefined;
    const passwordToo =
      method === 'GET' || method === 'HEAD'
        ? BROWSER_READS.test(path)
        : BROWSER_ORDERS.test(path) && headers.origin !== undefined;
    const given = credential(headers.authorization, passwordToo);
    // Digests have one length, so the comparison tells nothing about the token's own.
    if (given !== undefined && timingSafeEqual(digest(given), secret)) return undefined;
    const message = 'send the header Authorization: Bearer followed by the API token';
    return { status: 401, error: { code: 'unauthorised', message } };
  };
}

/** Answers a refusal; a browser that asked for a page is told to ask its user for the token as the password. */
export function sendRefusal(reply: FastifyReply, url: string, refusal: Refusal): FastifyReply {
  if (refusal.status === 401) {
    const basic = BROWSER_READS.test(pathOf(url));
    reply.header('www-authenticate', basic ? 'Basic realm="sheepdog", charset="UTF-8"' : 'Bearer');
  }
  return reply.code(refusal.status).send({ error: refusal.error });
}

/** Matches whole paths; a star is one part. */
function pathsLike(...paths: readonly string[]): RegExp {
  return new RegExp(`^(?:${paths.map((path) => path.replaceAll('*', '[^/]+')).join('|')})$`);
}

function pathOf(url: string): string {
  const query = url.indexOf('?');
  return query === -1 ? url : url.slice(0, query);
}

function credential(header: string | undefined, basicToo: boolean): string | undefined {
  const match = /^(bearer|basic) +(\S+) *$/i.exec(header ?? '');
  if (match === null) return undefined;
  if (match[1]!.toLowerCase() === 'bearer') return match[2];
  if (!basicToo) return undefined;
  const pair = Buffer.from(match[2]!, 'base64').toString('utf8');
  return pair.slice(pair.indexOf(':') + 1);
}

/** A name under an attacker's control may be made to point here; the browser then sends that name as the host. */
function namesLoopback(host: string | undefined): boolean {
  const match = /^(?:\[([0-9a-f:]+)\]|([^:]+))(?::\d+)?$/i.exec(host ?? '');
  return match !== null && isLoopback((match[1] ?? match[2]!).toLowerCase());
}

function isForeign(origin: string | undefined, host: string | undefined): boolean {
  if (origin === undefined) return false;
  return !URL.canParse(origin) || new URL(origin).host !== host?.toLowerCase();
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

function forbidden(message: string): Refusal {
  return { status: 403, error: { code: 'forbidden_host', message } };
}
