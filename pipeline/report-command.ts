/** `report`: reads the record of a stopped worker, or that of a cluster, where a reader's rights are enough. */

import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Campaign } from '../config/campaign-schema.ts';
import { loadConfig, type LoadedConfig } from '../config/load.ts';
import type { ReportFlags } from './command-report.ts';
import { discoverDetectors } from './detect/discover.ts';
import { Failure, messageOf } from './failure.ts';
import { requireWritable } from './paths.ts';
import { reportPage } from './report/html.ts';
import { campaignReport } from './report/report.ts';
import { withRecord } from './with-record.ts';

/** @throws Failure when there is no such campaign, the record is held by a worker, or a file cannot be written. */
export async function writeReport(flags: ReportFlags): Promise<void> {
  for (const path of [flags.out, flags.json]) {
    if (path !== undefined && path !== '-') await requireWritable(path, 'report');
  }
  const config = await loadConfig(flags.config, await discoverDetectors());
  const campaign = campaignIn(config, flags.campaign);
  const report = await withRecord(flags, elsewhere(flags, config), (analytics) =>
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

/** The embedded record has one process at a time; the one that has it gives the same report. */
function elsewhere({ campaign }: ReportFlags, { system }: LoadedConfig): string {
  const { host, port } = system.http;
  return (
    'ask the running worker for the same report: ' +
    `curl -H 'accept: text/html' http://${host}:${port}/v1/campaigns/${encodeURIComponent(campaign)}/report`
  );
}

async function write(path: string, text: string): Promise<void> {
  if (path === '-') {
    await new Promise<void>((resolve) => process.stdout.write(text, () => resolve()));
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
