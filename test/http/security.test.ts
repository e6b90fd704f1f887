import { createServer as createNetServer, type AddressInfo } from 'node:net';
import { request } from 'node:http';
import { describe, expect, it } from 'vitest';
import { Failure } from '../../pipeline/failure.ts';
import { isLoopback } from '../../pipeline/http/security.ts';
import { payment, start } from './running.ts';

const TOKEN = 'a-token-of-sufficient-length';

/** `fetch` sets Host itself, so this goes a level lower. */
function ask(
  url: string,
  method: string,
  headers: Record<string, string>,
  body = '',
): Promise<number> {
  return new Promise((resolve, reject) => {
    const sent = request(url, { method, headers }, (answer) => {
      answer.resume().on('end', () => resolve(answer.statusCode!));
    });
    sent.on('error', reject);
    sent.end(body);
  });
}

describe('the address', () => {
  it('other than loopback wants a token, before anything listens', async () => {
    const open = start({}, { host: '0.0.0.0' });
    await expect(open).rejects.toThrow(/0\.0\.0\.0.*SHEEPDOG_API_TOKEN/);
    await expect(open).rejects.toMatchObject({ exitCode: 2, name: 'Failure' });
    await expect(start({ apiToken: 'short' })).rejects.toThrow(/at least 16 characters/);
  });

  it.each([
    ['127.0.0.1', true],
    ['127.8.9.1', true],
    ['::1', true],
    ['localhost', true],
    ['0.0.0.0', false],
    ['::', false],
    ['10.0.0.1', false],
    ['127.evil.example', false],
  ])('%s is loopback: %s', (host, expected) => {
    expect(isLoopback(host)).toBe(expected);
  });

  it('in use is one failure that names the port and the option', async () => {
    const other = createNetServer();
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    const { port } = other.address() as AddressInfo;
    const taken = start({}, { port });
    await expect(taken).rejects.toThrow(Failure);
    await expect(taken).rejects.toThrow(new RegExp(`port ${port} on 127.0.0.1 is in use.*--port`));
    await new Promise((resolve) => other.close(resolve));
  });

  it('that this machine does not have is one failure', async () => {
    await expect(start({ apiToken: TOKEN }, { host: '192.0.2.1' })).rejects.toThrow(
      /cannot listen on 192\.0\.2\.1/,
    );
  });
});

describe('the token', () => {
  it('is wanted by every route but the probes', async () => {
    await using api = await start({ apiToken: TOKEN }, { host: '0.0.0.0' });
    const base = api.url.replace('0.0.0.0', '127.0.0.1');
    for (const path of [
      '/',
      '/v1/config',
      '/metrics',
      '/v1/console/overview',
      '/v1/decisions/d',
      '/nowhere',
    ]) {
      const answer = await fetch(`${base}${path}`);
      expect(answer.status, path).toBe(401);
      expect(answer.headers.get('www-authenticate'), path).toMatch(/^(Basic|Bearer)/);
      expect(
        (await fetch(`${base}${path}`, { headers: { authorization: `Bearer ${TOKEN}` } })).status,
        path,
      ).not.toBe(401);
    }
    expect((await fetch(`${base}/healthz`)).status).toBe(200);
    expect((await fetch(`${base}/readyz`)).status).toBe(200);
    const post = (authorization: string) =>
      fetch(`${base}/v1/events`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization },
        body: payment('e1'),
      });
    expect((await post(`Bearer ${TOKEN}x`)).status).toBe(401);
    expect((await post(`Bearer ${TOKEN.slice(1)}`)).status).toBe(401);
    expect((await post(`Basic ${btoa(`user:${TOKEN}`)}`)).status).toBe(401);
    expect((await post('Bearer ')).status).toBe(401);
    expect((await post(`bearer ${TOKEN}`)).status).toBe(200);
  });

  it('may be given to the console as a password, since a browser can send no bearer token', async () => {
    await using api = await start({ apiToken: TOKEN });
    const authorization = `Basic ${btoa(`anyone:${TOKEN}`)}`;
    expect((await fetch(`${api.url}/`, { headers: { authorization } })).status).toBe(200);
    expect(
      (await fetch(`${api.url}/v1/grants?state=held`, { headers: { authorization } })).status,
    ).toBe(200);
    expect((await fetch(`${api.url}/metrics`, { headers: { authorization } })).status).toBe(401);
    const asked = await fetch(`${api.url}/v1/console/campaigns?range=1h`);
    expect(asked.headers.get('www-authenticate')).toMatch(/^Basic/);
  });

  it('as a password gives orders only from the page itself, which names its origin', async () => {
    await using api = await start({ apiToken: TOKEN });
    const authorization = `Basic ${btoa(`anyone:${TOKEN}`)}`;
    const order = (path: string, headers: Record<string, string>) =>
      api.post(path, '{"actor":"li","reason":"r"}', { authorization, ...headers });
    expect((await order('/v1/grants/g_1/approve', { origin: api.url })).status).toBe(200);
    expect((await order('/v1/grants/g_1/approve', {})).status).toBe(401);
    expect((await order('/v1/grants/g_1/reject', { origin: 'https://evil.example' })).status).toBe(
      403,
    );
    expect((await order('/v1/accounts/a/freeze', { origin: api.url })).status).toBe(401);
    expect((await order('/v1/proposals/p_1/approve', { origin: api.url })).status).toBe(200);
    expect((await order('/v1/config/promote', { origin: api.url })).status).toBe(200);
    // These paths are read by password too: an order on them still names its origin.
    expect((await order('/v1/lists/block', {})).status).toBe(401);
    expect((await order('/v1/lists/block', { origin: api.url })).status).toBe(400);
  });
});

describe('a page of another site', () => {
  it('cannot reach loopback under a name of its own', async () => {
    await using api = await start();
    const { port } = new URL(api.url);
    const json = { 'content-type': 'application/json' };
    for (const host of ['evil.example', `evil.example:${port}`, '127.0.0.1.evil.example']) {
      expect(
        await ask(`${api.url}/v1/events`, 'POST', { ...json, host }, payment('e1')),
        host,
      ).toBe(403);
      expect(await ask(`${api.url}/v1/console/overview`, 'GET', { host }), host).toBe(403);
    }
    for (const host of ['localhost', `localhost:${port}`, `[::1]:${port}`, 'LOCALHOST']) {
      expect(
        await ask(`${api.url}/v1/events`, 'POST', { ...json, host }, payment('e1')),
        host,
      ).toBe(200);
    }
    expect(await ask(`${api.url}/healthz`, 'GET', { host: 'probe.cluster' })).toBe(200);
    expect(api.decider.batches.length).toBe(4);
  });

  it('cannot change anything by a request of its own origin', async () => {
    await using api = await start();
    const send = (origin: string) =>
      api.post('/v1/accounts/a/freeze', '{"actor":"li","reason":"r"}', { origin });
    expect((await send('https://evil.example')).status).toBe(403);
    expect((await send('null')).status).toBe(403);
    expect((await send(api.url)).status).toBe(200);
  });
});

describe('what is not there', () => {
  it('is 404 for a path and 405 for a method, in JSON, without a trace of the inside', async () => {
    await using api = await start();
    const missing = await fetch(`${api.url}/v1/nothing`);
    expect(missing.status).toBe(404);
    expect(await missing.json()).toEqual({
      error: {
        code: 'not_found',
        message:
          'no such path: under /v1/ there are accounts, campaigns, config, console, decisions, events, exclusions, grants, lists, proposals, quote, switches; the console is at /',
      },
    });
    const wrong = await fetch(`${api.url}/v1/events`);
    expect(wrong.status).toBe(405);
    expect(wrong.headers.get('allow')).toBe('POST');
    expect(
      (await fetch(`${api.url}/v1/decisions/d`, { method: 'DELETE' })).headers.get('allow'),
    ).toBe('GET, HEAD');
    expect(await ask(`${api.url}/v1/decisions/%zz`, 'GET', {})).toBe(400);
  });

  it('nor is a stack trace when something fails here', async () => {
    await using api = await start({
      analytics: { query: () => Promise.reject(new Error('secret table missing')) },
    });
    const answer = await fetch(`${api.url}/v1/decisions/dec_1`);
    expect(answer.status).toBe(500);
    expect(await answer.json()).toEqual({
      error: { code: 'internal', message: 'this failed here; the log says why' },
    });
  });
});
