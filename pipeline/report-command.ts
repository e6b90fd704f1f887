/** `report`: reads the record of a stopped worker, or that of a cluster, where a reader's rights are enough. */

import { writeFile } from 'node:fs/promises';
import { readEnvironment } from '../config/environment.ts';
import type { Campaign } from '../config/campaign-schema.ts';
import { loadConfig, type LoadedConfig } from '../config/load.ts';
import type { ReportFlags } from './command-report.ts';
import { holdUsedDataFolder } from './data-folder.ts';
import { discoverDetectors } from './detect/discover.ts';
import { Failure, messageOf } from './failure.ts';
import { AnalyticsError, type Analytics } from './record/analytics.ts';
import { openAnalytics } from './record/clickhouse.ts';
import { migrate } from './record/migrate.ts';
import { reportPage } from './report/html.ts';
import { campaignReport } from './report/report.ts';

/** @throws Failure when there is no such campaign, the record is held by a worker, or a file cannot be written. */
export async function writeReport(flags: ReportFlags): Promise<void> {
  const config = await loadConfig(flags.config, await discoverDetectors());
  const campaign = campaignIn(config, flags.campaign);
  const report = await withRecord(flags, config, (analytics) =>
    campaignReport(analytics, campaign, {
      marginBp: flags.marginBp,
      placeholders: config.placeholders,
      configVersion: config.version,
    }),
  );
  if (flags.out !== undefined) await write(flags.out, reportPage(report).html);
  const json = flags.json ?? (flags.out === undefined ? '-' : undefined);
  if (json !== undefined) await write(json, `${JSON.stringify(report, null, 2)}\n`);
}

function campaignIn({ campaigns }: LoadedConfig, id: string): Campaign {
  const found = campaigns.find((campaign) => campaign.id === id);
  if (found !== undefined) return found;
  const known = campaigns.map((campaign) => campaign.id).join(', ');
  throw new Failure(
    `there is no campaign "${id}": ${known === '' ? 'none is configured' : `the configured ones are ${known}`}`,
    { exitCode: 2 },
  );
}

/** The record alone: neither Redis nor the worker's other parts are needed. */
async function withRecord<Value>(
  flags: ReportFlags,
  config: LoadedConfig,
  read: (analytics: Analytics) => Promise<Value>,
): Promise<Value> {
  const { clickhouseUrl } = readEnvironment();
  if (flags.profile === 'cluster' && clickhouseUrl === undefined) {
    throw new Failure('the cluster profile needs CLICKHOUSE_URL', { exitCode: 2 });
  }
  if (clickhouseUrl !== undefined) {
    return readAndClose(await openAnalytics({ url: clickhouseUrl }), read);
  }
  const folder = await holdUsedDataFolder(flags.data).catch((error: unknown) => {
    throw askTheWorker(error, flags, config);
  });
  try {
    const analytics = await openAnalytics({ path: `${folder.path}/clickhouse` });
    return await readAndClose(analytics, async () => {
      await migrate(analytics);
      return read(analytics);
    });
  } finally {
    await folder.release();
  }
}

/** The embedded record has one process at a time; the one that has it gives the same report. */
function askTheWorker(error: unknown, { campaign }: ReportFlags, config: LoadedConfig): unknown {
  if (!(error instanceof Failure) || !error.message.includes('is in use by')) return error;
  const { host, port } = config.system.http;
  return new Failure(
    `${error.message}; or ask the running worker for the same report: ` +
      `curl -H 'accept: text/html' http://${host}:${port}/v1/campaigns/${encodeURIComponent(campaign)}/report`,
    { cause: error },
  );
}

async function readAndClose<Value>(
  analytics: Analytics,
  read: (analytics: Analytics) => Promise<Value>,
): Promise<Value> {
  try {
    return await read(analytics);
  } catch (error) {
    if (!(error instanceof AnalyticsError)) throw error;
    throw new Failure(
      `${analytics.place}: the record cannot be read: ${messageOf(error)}; a record of an older version needs \`sheepdog migrate\` first`,
      { cause: error },
    );
  } finally {
    await analytics.close();
  }
}

async function write(path: string, text: string): Promise<void> {
  if (path === '-') {
    await new Promise<void>((resolve) => process.stdout.write(text, () => resolve()));
    return;
  }
  try {
    await writeFile(path, text);
  } catch (error) {
    throw new Failure(`${path}: the report cannot be written: ${messageOf(error)}`);
  }
}
