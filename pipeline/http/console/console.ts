/** The built-in console: one page that needs nothing from elsewhere, and the JSON it reads. */

import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { FastifyInstance } from 'fastify';
import type { Clock } from '../../clock.ts';
import type { Analytics } from '../../record/analytics.ts';
import { sendError } from '../answer.ts';
import { readCampaigns } from './campaigns.ts';
import {
  readChanges,
  readConfiguration,
  readJudging,
  readStatus,
  type JudgingParts,
} from './configuration.ts';
import { RANGES, readOverview, type RangeName } from './overview.ts';

/** Many open pages cost the store no more than one. */
const KEEP_MS = 1000;
/** In the order in which they run: each hands its pieces to those after it. */
const MODULES = [
  'draw.js',
  'overview.js',
  'order.js',
  'cases.js',
  'decision.js',
  'configuration.js',
  'lists.js',
  'queue.js',
  'campaigns.js',
  'main.js',
];

const VIEWS = {
  overview: readOverview,
  campaigns: readCampaigns,
  configuration: readConfiguration,
  status: readStatus,
};

export interface ConsoleParts extends JudgingParts {
  readonly config: { readonly zone: string };
  readonly analytics: Pick<Analytics, 'query'>;
  readonly clock: Clock;
  readonly configVersion: () => string;
  readonly notReady: () => readonly string[];
}

export function addConsoleRoutes(app: FastifyInstance, parts: ConsoleParts): void {
  const page = buildPage(parts.config.zone);
  app.get('/', (_request, reply) =>
    reply
      .header('content-type', 'text/html; charset=utf-8')
      .header('content-security-policy', page.policy)
      .header('referrer-policy', 'no-referrer')
      .send(page.html),
  );
  for (const [view, read] of Object.entries(VIEWS)) {
    const answer = shared(parts, read);
    app.get<{ Querystring: { range?: string } }>(`/v1/console/${view}`, async (request, reply) => {
      const range = request.query.range ?? '1h';
      if (!isRange(range)) {
        const known = Object.keys(RANGES).join(', ');
        return sendError(reply, 400, 'bad_request', `range: one of ${known}`);
      }
      return {
        ...(await answer(range)),
        ...(view === 'configuration' && (await readJudging(parts))),
        configVersion: parts.configVersion(),
        notReady: parts.notReady(),
      };
    });
  }
  app.get<{ Params: { version: string } }>('/v1/console/changes/:version', ({ params }) =>
    readChanges(parts.analytics, params.version),
  );
}

function isRange(name: string): name is RangeName {
  return Object.hasOwn(RANGES, name);
}

/** One read at a time for each range, and its answer kept for a moment. */
function shared(
  { analytics, clock }: ConsoleParts,
  read: (analytics: ConsoleParts['analytics'], range: RangeName) => Promise<object>,
): (range: RangeName) => Promise<object> {
  const kept = new Map<RangeName, { readonly untilMs: number; readonly answer: Promise<object> }>();
  return (range) => {
    const now = clock.monotonic();
    const last = kept.get(range);
    if (last !== undefined && now < last.untilMs) return last.answer;
    const answer = read(analytics, range);
    kept.set(range, { untilMs: Infinity, answer });
    const settle = (): void => {
      kept.set(range, { untilMs: clock.monotonic() + KEEP_MS, answer });
    };
    answer.then(settle, () => kept.delete(range));
    return answer;
  };
}

/**
 * The page with its styles and scripts inside, and the policy that allows exactly these and nothing else.
 * @param zone in which it writes times, an IANA name.
 */
function buildPage(zone: string): { readonly html: string; readonly policy: string } {
  const asset = (name: string): string =>
    readFileSync(join(import.meta.dirname, 'page', name), 'utf8');
  const library = (name: string): string =>
    readFileSync(fileURLToPath(import.meta.resolve(`uplot/dist/${name}`)), 'utf8');
  const styles = [
    library('uPlot.min.css'),
    asset('style.css'),
    asset('campaigns.css'),
    asset('judging.css'),
  ];
  const charts = library('uPlot.iife.min.js');
  const modules = MODULES.map(asset);
  const html = asset('index.html')
    .replace('data-zone="UTC"', `data-zone="${zone}"`)
    .replace('<!-- styles -->', () => styles.map((text) => `<style>${text}</style>`).join(''))
    .replace('<!-- scripts -->', () =>
      [
        `<script>${charts}</script>`,
        ...modules.map((text) => `<script type="module">${text}</script>`),
      ].join(''),
    );
  const hashes = (texts: readonly string[]): string =>
    texts.map((text) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`).join(' ');
  const policy = [
    "default-src 'none'",
    `script-src ${hashes([charts, ...modules])}`,
    `style-src ${hashes(styles)}`,
    "connect-src 'self'",
    'img-src data:',
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ');
  return { html, policy };
}
