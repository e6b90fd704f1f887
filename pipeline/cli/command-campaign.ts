/** Changes to running campaigns, and what their draws are bound to. */

import { Option, type Command } from 'commander';
import {
  audited,
  configOption,
  dataOption,
  integer,
  type AnalystFlags,
} from './command-options.ts';
import type { CampaignChange } from '../reward/adjustments.ts';

export interface DrawSeedFlags {
  readonly config: string;
  readonly data: string;
  readonly disclose?: boolean;
}

interface OfferFlags extends AnalystFlags {
  readonly offer?: string;
}

export function addCampaign(root: Command): void {
  const campaign = root
    .command('campaign')
    .description(
      'change a running campaign: in force from the next event on, never retroactive; what takes from customers wants a --reason that begins with "risk:"',
    );
  const change: Change = (name, description) =>
    audited(campaign.command(name).description(description).argument('<campaign>'));
  addHalts(change);
  addRaises(change);
  addInstruments(change);
  addDrawSeed(campaign);
  change('merchant-list', 'replace a list of merchants')
    .argument('<list>')
    .argument('<merchants...>')
    .action((campaignId: string, list: string, merchants: string[], options: AnalystFlags) =>
      orderChange({ kind: 'merchant_list', campaignId, list, merchants }, options),
    );
}

/** Declares an order about the campaign that its first argument names. */
type Change = (name: string, description: string) => Command;

function addHalts(change: Change): void {
  for (const kind of ['pause', 'resume'] as const) {
    change(kind, `${kind} a campaign, or one offer of it`)
      .option('--offer <id>', 'this offer only')
      .action((campaignId: string, options: OfferFlags) =>
        orderChange({ kind, campaignId, offerId: options.offer }, options),
      );
  }
  change('close', 'end a campaign for good').action((campaignId: string, options: AnalystFlags) =>
    orderChange({ kind: 'close', campaignId }, options),
  );
}

function addRaises(change: Change): void {
  change('add-quota', 'give an offer, or one tier of it, more grants')
    .requiredOption('--offer <id>', 'the offer')
    .addOption(new Option('--tier <n>', 'from 1, the lowest').argParser(integer(1)))
    .addOption(new Option('--by <n>', 'grants').argParser(integer(1)).makeOptionMandatory())
    .action(
      (
        campaignId: string,
        options: AnalystFlags & { offer: string; tier?: number; by: number },
      ) => {
        const { offer: offerId, tier, by } = options;
        return orderChange({ kind: 'add_quota', campaignId, offerId, tier, by }, options);
      },
    );
  change('add-budget', 'give a budget line more money')
    .requiredOption('--line <path>', 'the line, such as total.reward.spend')
    .addOption(new Option('--by <fen>', 'minor units').argParser(integer(1)).makeOptionMandatory())
    .option('--from <path>', 'the line that gives it; without one the lines above grow too')
    .action(
      (campaignId: string, options: AnalystFlags & { line: string; by: number; from?: string }) => {
        const { line, by, from } = options;
        return orderChange({ kind: 'add_budget', campaignId, line, by, from }, options);
      },
    );
}

function addInstruments(change: Change): void {
  for (const kind of ['restrict_instrument', 'allow_instrument'] as const) {
    const word = kind === 'restrict_instrument' ? 'no longer takes part' : 'takes part again';
    change(kind.replace('_', '-'), `an instrument ${word}`)
      .argument('<instrument>')
      .option('--offer <id>', 'this offer only')
      .action((campaignId: string, instrument: string, options: OfferFlags) =>
        orderChange({ kind, campaignId, offerId: options.offer, instrument }, options),
      );
  }
}

function addDrawSeed(campaign: Command): void {
  campaign
    .command('draw-seed')
    .description('the commitment that every draw carries; once the campaign is over, its seed')
    .argument('<campaign>')
    .option('--disclose', 'the seed too, by which everybody can check every draw')
    .addOption(configOption)
    .addOption(dataOption)
    .action(async (campaignId: string, flags: DrawSeedFlags) => {
      const { drawSeed } = await import('./draw-seed.ts');
      await drawSeed(campaignId, flags);
    });
}

async function orderChange(change: CampaignChange, options: AnalystFlags): Promise<void> {
  const { order } = await import('./order.ts');
  await order({ kind: 'campaign', change }, options);
}
