/** A real Chromium without a window, driven through its own pipe: the DevTools protocol, no library between. */

import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable, Writable } from 'node:stream';

const PLACES = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];
/** Where it is installed; undefined where it is not. */
export const chromium = PLACES.find((path) => existsSync(path));

const FLAGS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--no-first-run',
  '--disable-background-networking',
  '--remote-debugging-pipe',
  '--window-size=1400,1100',
];

type Message = Readonly<Record<string, unknown>>;

export interface Page extends AsyncDisposable {
  goto(url: string): Promise<void>;
  /** The value of an expression of the page, waited for when it is a promise. */
  value<T>(expression: string): Promise<T>;
  /** Resolves once the expression is true of the page, looked at whenever it is redrawn; fails after 100 s. */
  until(expression: string): Promise<void>;
  /** Types as a keyboard does: the text, or a key by its name. */
  type(text: string): Promise<void>;
  press(key: 'Enter' | 'Tab' | 'Escape'): Promise<void>;
  darken(): Promise<void>;
  /** A picture of the whole page, PNG in base64. */
  picture(): Promise<string>;
  /** Every address it asked, and every error and refusal that it noted. */
  readonly asked: readonly string[];
  readonly complaints: readonly string[];
}

export async function openPage(): Promise<Page> {
  const profile = await mkdtemp(join(tmpdir(), 'sheepdog-browser-'));
  const browser = spawn(chromium!, [...FLAGS, `--user-data-dir=${profile}`, 'about:blank'], {
    stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'],
  });
  const wire = new Wire(browser);
  const { targetInfos } = await wire.send('Target.getTargets');
  const target = (targetInfos as Message[]).find(({ type }) => type === 'page');
  const attached = { targetId: target!['targetId'], flatten: true };
  wire.session = (await wire.send('Target.attachToTarget', attached))['sessionId'] as string;
  for (const domain of ['Page', 'Runtime', 'Network', 'Log']) await wire.send(`${domain}.enable`);
  const value = async <T>(expression: string): Promise<T> => {
    const asked = { expression, awaitPromise: true, returnByValue: true };
    const { result, exceptionDetails } = await wire.send('Runtime.evaluate', asked);
    if (exceptionDetails !== undefined) throw new Error(JSON.stringify(exceptionDetails));
    return (result as { value: T }).value;
  };
  return {
    goto: async (url) => {
      const loaded = wire.next('Page.loadEventFired');
      await wire.send('Page.navigate', { url });
      await loaded;
    },
    value,
    until: async (expression) => {
      const found = await value<boolean>(untilTrue(expression));
      if (!found) throw new Error(`never true: ${expression}`);
    },
    type: async (text) => {
      await wire.send('Input.insertText', { text });
    },
    press: async (key) => {
      const text = key === 'Enter' ? { text: '\r' } : {};
      const code = { Enter: 13, Tab: 9, Escape: 27 }[key];
      const pressed = { key, code: key, windowsVirtualKeyCode: code, ...text };
      await wire.send('Input.dispatchKeyEvent', { type: 'keyDown', ...pressed });
      await wire.send('Input.dispatchKeyEvent', { type: 'keyUp', ...pressed });
    },
    darken: async () => {
      const features = [{ name: 'prefers-color-scheme', value: 'dark' }];
      await wire.send('Emulation.setEmulatedMedia', { features });
    },
    picture: async () => {
      const how = { captureBeyondViewport: true };
      return (await wire.send('Page.captureScreenshot', how))['data'] as string;
    },
    asked: wire.asked,
    complaints: wire.complaints,
    [Symbol.asyncDispose]: async () => {
      const ended = once(browser, 'exit');
      wire.close();
      await ended;
      await rm(profile, { recursive: true, force: true, maxRetries: 3 });
    },
  };
}

/** A page that changes is looked at when it does. */
function untilTrue(expression: string): string {
  return `new Promise((resolve) => {
    const holds = () => { try { return Boolean(${expression}); } catch { return false; } };
    if (holds()) return resolve(true);
    const watch = new MutationObserver(() => { if (holds()) { watch.disconnect(); resolve(true); } });
    watch.observe(document, { subtree: true, childList: true, attributes: true, characterData: true });
    setTimeout(() => resolve(holds()), 100000);
  })`;
}

/** Commands and their answers, matched by number; each ends with a zero byte. */
class Wire {
  session: string | undefined;
  readonly asked: string[] = [];
  readonly complaints: string[] = [];
  readonly #out: Writable;
  readonly #waiting = new Map<unknown, (answer: Message) => void>();
  #last = 0;
  #held = '';

  constructor(browser: ChildProcess) {
    this.#out = browser.stdio[3] as Writable;
    (browser.stdio[4] as Readable).setEncoding('utf8').on('data', (text: string) => {
      const parts = `${this.#held}${text}`.split('\0');
      this.#held = parts.pop()!;
      for (const part of parts) this.#take(JSON.parse(part) as Message);
    });
  }

  async send(method: string, params: Message = {}): Promise<Message> {
    const id = ++this.#last;
    const answer = this.#answerTo(id);
    const session = this.session === undefined ? {} : { sessionId: this.session };
    this.#out.write(`${JSON.stringify({ id, method, params, ...session })}\0`);
    const { result, error } = await answer;
    if (error !== undefined) throw new Error(`${method}: ${JSON.stringify(error)}`);
    return result as Message;
  }

  /** The next event of this name. */
  async next(name: string): Promise<void> {
    await this.#answerTo(name);
  }

  close(): void {
    this.session = undefined;
    this.#out.write(`${JSON.stringify({ id: ++this.#last, method: 'Browser.close' })}\0`);
  }

  #answerTo(key: unknown): Promise<Message> {
    return new Promise((resolve) => this.#waiting.set(key, resolve));
  }

  #take(message: Message): void {
    const { id, method, params } = message;
    if (method === 'Network.requestWillBeSent') {
      this.asked.push((params as { request: { url: string } }).request.url);
    }
    if (method === 'Log.entryAdded' || method === 'Runtime.exceptionThrown') {
      this.complaints.push(JSON.stringify(params));
    }
    const key = id ?? method;
    this.#waiting.get(key)?.(message);
    this.#waiting.delete(key);
  }
}
