/**
 * `report`: from the record of a stopped worker, or that of a cluster, where a reader's rights are enough; a running
 * worker that holds the record is asked for it.
 */

import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Campaign } from '../../config/campaign-schema.ts';
import { loadConfig, type LoadedConfig } from '../../config/load.ts';
import type { ReportFlags } from './command-report.ts';
import { discoverDetectors } from '../detect/discover.ts';
import { Failure, messageOf } from '../failure.ts';
import { print } from '../terminal/print.ts';
import { requireWritable } from './paths.ts';
import { isForEyes } from '../terminal/print-rows.ts';
import type { CampaignReport } from '../report/document.ts';
import { reportPage } from '../report/html.ts';
import { campaignReportText } from '../report/report-text.ts';
import { campaignReport } from '../report/report.ts';
import { TRY_AGAIN, withRecord, workerBeside } from './with-record.ts';

/** @throws Failure when there is no such campaign, the record is held by a worker, or a file cannot be written. */
export async function writeReport(flags: ReportFlags): Promise<void> {
  for (const path of [flags.out, flags.json]) {
    if (path !== undefined && path !== '-') await requireWritable(path, 'report');
  }
  const worker = await workerBeside(flags);
  const report =
    worker === undefined
      ? await reportFrom(flags)
      : ((await worker.ask(pathOf(flags))) as CampaignReport);
  const { out, json } = flags;
  if (out !== undefined) await write(out, reportPage(report).html);
  if (out === undefined && json === undefined && isForEyes({})) {
    await write('-', campaignReportText(report, process.stdout.columns));
    process.stderr.write('\n--out FILE.html gives the whole report as a page, --json - as JSON\n');
  } else if (json !== undefined || out === undefined) {
    await write(json ?? '-', `${JSON.stringify(report, null, 2)}\n`);
  }
}

async function reportFrom(flags: ReportFlags): Promise<CampaignReport> {
  const config = await loadConfig(flags.config, await discoverDetectors());
  const campaign = campaignIn(config, flags.campaign);
  return withRecord(flags, TRY_AGAIN, (analytics) =>
    campaignReport(analytics, campaign, {
      marginBp: flags.marginBp,
      placeholders: config.placeholders,
      configVersion: config.version,
    }),
  );
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

function pathOf({ campaign, marginBp }: ReportFlags): string {
  return `/v1/campaigns/${encodeURIComponent(campaign)}/report?marginBp=${marginBp}`;
}

async function write(path: string, text: string): Promise<void> {
  if (path === '-') {
    await print(text);
    return;
  }
  try {
    await writeFile(path, text);
    // Beside a report on the standard output it must not stand in it.
    process.stderr.write(`the report is in ${resolve(path)}\n`);
  } catch (error) {
    throw new Failure(`${path}: the report cannot be written: ${messageOf(error)}`);
  }
}
