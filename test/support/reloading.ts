/** A path whose configuration is a folder of its own, with what takes up its changes; nothing watches by itself. */

import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadConfig, type LoadedConfig } from '../../config/load.ts';
import { assembleDecoder, assembleHistoryDecoder } from '../../pipeline/assemble.ts';
import type { Decision } from '../../pipeline/decide/decision.ts';
import { discoverDetectors } from '../../pipeline/detect/discover.ts';
import type { Analytics } from '../../pipeline/record/analytics.ts';
import { Reloader } from '../../pipeline/reload/reloader.ts';
import { BENCH_KEYS, openPath, type BenchPath } from '../bench/path.ts';
import { at, paymentOf, type PlainEvent } from './events.ts';
import { ROOT } from './cli.ts';

export const catalogue = await discoverDetectors();

export interface Reloading extends BenchPath {
  readonly folder: string;
  readonly config: LoadedConfig;
  readonly reloader: Reloader;
  /** Replaces a text of a file, and looks at the folder. */
  edit(file: string, from: string, to: string): Promise<void>;
  write(file: string, text: string): Promise<void>;
  look(): Promise<void>;
  /** Decides events, each one after the others; `undefined` for one that was not decided. */
  decide(events: readonly PlainEvent[]): Promise<readonly (Decision | undefined)[]>;
}

/** The shipped configuration with texts of its files replaced. @returns the folder. */
async function folderWith(edits: readonly (readonly [string, string, string])[] = []) {
  const folder = await mkdtemp(join(tmpdir(), 'sheepdog-reload-'));
  await cp(join(ROOT, 'config'), folder, {
    recursive: true,
    filter: (path) => !path.endsWith('.ts'),
  });
  for (const edit of edits) await replaceIn(folder, ...edit);
  return folder;
}

async function replaceIn(folder: string, file: string, from: string, to: string): Promise<void> {
  const text = await readFile(join(folder, file), 'utf8');
  if (!text.includes(from)) throw new Error(`${file} does not hold ${from}`);
  await writeFile(join(folder, file), text.replace(from, to));
}

export async function startReloading(
  analytics: Analytics,
  edits: readonly (readonly [string, string, string])[] = [],
): Promise<Reloading> {
  const folder = await folderWith(edits);
  const config = await loadConfig(folder, catalogue);
  const path = openPath({ config }, analytics);
  const reloader = new Reloader(
    {
      ...path.shared,
      ...{ directory: folder, catalogue, live: path.live, pipeline: path.pipeline, analytics },
      ...{ recorder: path.recorder, history: path.history, system: config.system },
      ...{ engine: path.assembled.engine, layers: path.assembled.layers },
      allowedLatenessMs: config.system.windows.allowedLatenessMs,
      decoderOf: (each) => assembleDecoder(each, BENCH_KEYS),
      historyDecoderOf: (each) => assembleHistoryDecoder(each, BENCH_KEYS),
    },
    '',
  );
  await path.pipeline.change(() =>
    path.live.begin({
      ...{ active: config, before: { version: '', files: {} } },
      ...{ trial: undefined, dropped: undefined, rolledBack: undefined },
    }),
  );
  const look = (): Promise<void> => reloader.look({ actor: 'test', reason: 'edited' });
  return {
    ...path,
    ...{ folder, config, reloader, look },
    edit: async (file, from, to) => {
      await replaceIn(folder, file, from, to);
      await look();
    },
    write: (file, text) => writeFile(join(folder, file), text),
    decide: async (events) => {
      const records = events.map((event) => ({
        bytes: Buffer.from(JSON.stringify(event)),
        receivedAtMs: Date.parse(String(event['occurredAt'])),
        position: '',
      }));
      const outcomes = await path.pipeline.decide({ source: 'test', records });
      return outcomes.map((each) => (each.kind === 'decided' ? each.decision : undefined));
    },
    close: async () => {
      await path.close();
      await rm(folder, { recursive: true });
    },
  };
}

/** The bands of payments of the shipped `account-velocity`, as its file has them. */
export const PAYMENTS = 'payments: { review: 8, block: 20, conclusive: 40 }';

/** Payments of one account, an hour apart, that no other detector speaks of. */
export function payments(account: string, count: number, fromHour = 0): PlainEvent[] {
  return Array.from({ length: count }, (_, n) =>
    paymentOf({
      id: `${account}-${fromHour + n}`,
      accountId: account,
      customerId: account,
      cardId: account,
      deviceId: account,
      ip: undefined,
      occurredAt: at((fromHour + n) * 3_600_000),
    }),
  );
}

/** Every step that is on record but the start, in order. */
export async function changesOf({
  recorder,
  analytics,
}: Reloading): Promise<readonly Record<string, unknown>[]> {
  await recorder.flush();
  return analytics.query(`SELECT * FROM config_changes WHERE kind != 'start' ORDER BY arrival`);
}
