/** Puts engine and campaigns together from a configuration: the same ones for live, backtest and replay. */

import type { LoadedConfig } from '../config/load.ts';
import { operatorSets } from '../config/asn-needs.ts';
import { unpublishable } from '../config/publishing-check.ts';
import { Engine } from './decide/engine.ts';
import { FreezeState } from './decide/freezing.ts';
import { Lists, SubjectList, type FileLists } from './decide/lists.ts';
import { LiveLists } from './decide/live-lists.ts';
import type { Ruling } from './decide/ruling.ts';
import { AsnReader, openAsnDatabase, type AsnDatabase } from './detect/asn.ts';
import { basesOf } from './detect/evidence-basis.ts';
import { compileDetectors } from './detect/evaluate.ts';
import { ExclusionRegistry } from './detect/exclusion.ts';
import type { HubSettings } from './detect/hub.ts';
import type { AsnOf } from './detect/networks.ts';
import { NOTHING_STANDING, withRequests, type StandingFeatures } from './detect/feature-columns.ts';
import { FeatureLayers } from './detect/feature-layers.ts';
import { Decoder, type DecodeLimits } from './ingest/decode.ts';
import { IdTable } from './ingest/id-table.ts';
import { Placeholders } from './ingest/placeholders.ts';
import type { Keys } from './keys.ts';
import { CustomerBook } from './reward/customer-book.ts';
import { LiveCampaigns } from './reward/live-campaigns.ts';
import type { Logger } from './telemetry.ts';

/** The release. */
const ENGINE_VERSION = '0.1.0';

/** Ids are remembered a day beyond the longest window, so that a repeat cannot enter a window twice. */
const ID_MARGIN_MS = 86_400_000;
const MAX_IDS = 32_000_000;

export interface AssembledEngine {
  readonly engine: Engine;
  readonly layers: FeatureLayers;
  readonly ids: IdTable;
  /** Names of the detectors that are on. */
  readonly detectors: readonly string[];
  /** Compiled, for the engine to try out once it is restored. */
  readonly trial: Ruling | undefined;
  /** What made a decision, beside the configuration; recorded with it: the release, and the day of its file of networks. */
  readonly engineVersion: string;
  /** How far back a restart has to read: everything older can neither enter a window nor be taken for new. */
  readonly horizonMs: number;
}

/** Reads events as they come: the limits of `ingest` hold. */
export function assembleDecoder(config: LoadedConfig, keys: Keys): Decoder {
  const { ingest } = config.system;
  return decoderWith(config, keys, {
    maxRecordBytes: ingest.maxRecordBytes,
    maxDepth: ingest.maxDepth,
    maxAmountMinor: ingest.maxAmountMinor,
    earliestMs: Date.parse(ingest.earliest),
    maxFutureMs: ingest.maxFutureMs,
  });
}

/** As `assembleDecoder`, for recorded events: limits that were tightened since do not refuse history. */
export function assembleHistoryDecoder(config: LoadedConfig, keys: Keys): Decoder {
  return decoderWith(config, keys, {
    // Escapes can make the recorded JSON longer than what came.
    maxRecordBytes: 512 * 1024 * 1024,
    maxDepth: 64,
    maxAmountMinor: Number.MAX_SAFE_INTEGER,
    earliestMs: -Infinity,
    maxFutureMs: Infinity,
    anyCurrencyCode: true,
  });
}

function decoderWith(config: LoadedConfig, keys: Keys, limits: DecodeLimits): Decoder {
  return new Decoder({
    ...keys,
    placeholders: config.placeholders,
    limits,
  });
}

/** @param trial a configuration that is to judge a share of the accounts: its features are measured too. */
export function assembleEngine(config: LoadedConfig, trial?: LoadedConfig): AssembledEngine {
  const { rulings, ...assembled } = assembleVersions([config, ...(trial ? [trial] : [])]);
  return { ...assembled, detectors: rulings[0]!.detectors.names, trial: rulings[1] };
}

export interface AssembledVersions extends Omit<AssembledEngine, 'detectors' | 'trial'> {
  /** In the order of the configurations. */
  readonly rulings: readonly Ruling[];
}

/**
 * One engine that measures what any of the configurations asks for.
 * @param configs the first one judges, and says what is built into an engine: lateness, bounds, bursts, networks.
 * @throws Failure (exit code 2) where its file of autonomous systems cannot be read: whoever judges needs it.
 */
export function assembleVersions(configs: readonly LoadedConfig[]): AssembledVersions {
  const config = configs[0]!;
  const { windows, bursts, networks, lists } = config.system;
  const database =
    networks.asnDatabase === undefined ? undefined : openAsnDatabase(networks.asnDatabase);
  const asn = new AsnReader(database);
  const asnOf: AsnOf = (ip) => asn.ofText(ip);
  let standing = NOTHING_STANDING;
  const rulings = configs.map((each) => {
    const ruling = rulingOf(each, standing, asnOf);
    standing = withRequests(standing, ruling.detectors.requests);
    return ruling;
  });
  const ruling = rulings[0]!;
  const { allowedLatenessMs, maxKeys, maxEntries } = windows;
  const requests = rulings.flatMap(({ detectors }) => detectors.requests);
  const exclusions = new ExclusionRegistry(ruling.exclusions);
  const layers = new FeatureLayers(requests, {
    exclusions,
    allowedLatenessMs,
    maxKeys,
    maxEntries,
    bursts,
    asn,
  });
  const horizonMs = layers.longestWindowMs + allowedLatenessMs + ID_MARGIN_MS;
  const ids = new IdTable({ horizonMs, maxEntries: MAX_IDS });
  const engine = new Engine({
    layers,
    ids,
    lists: new Lists(ruling.lists, new LiveLists(lists.maxEntries), exclusions),
    ruling,
    exclusions,
    freezing: new FreezeState(ruling.freezing),
  });
  return { engine, layers, ids, horizonMs, rulings, engineVersion: engineVersionWith(database) };
}

/** The file of autonomous systems is no part of the configuration, and can change an answer. */
function engineVersionWith(database: AsnDatabase | undefined): string {
  if (database === undefined) return ENGINE_VERSION;
  const builtOn = new Date(database.builtAtMs).toISOString().slice(0, 10);
  return `${ENGINE_VERSION}+asn.${builtOn.replaceAll('-', '')}`;
}

/**
 * @param standing features that are measured already; what else the configuration needs is in the detectors' requests.
 * @param asnOf tells operators, as the engine's features do; left out: the configuration has been told before.
 */
export function rulingOf(
  config: LoadedConfig,
  standing: StandingFeatures = NOTHING_STANDING,
  asnOf?: AsnOf,
): Ruling {
  const { policy, freezing } = config.system;
  if (asnOf !== undefined) for (const set of operatorSets(config.sections)) set.know(asnOf);
  return {
    version: config.version,
    judging: config.judging,
    detectors: compileDetectors(config.catalogue, config.sections, standing, hubsOf(config)),
    policy,
    freezing,
    lists: assembleFileLists(config),
    exclusions: { ...config.exclusions, asnOf },
  };
}

/** Kinds whose least limit is 0 have no hubs. */
function hubsOf({ system: { hubs } }: LoadedConfig): HubSettings {
  const { window: windowMs, quantile, values, times, ...least } = hubs;
  const set = Object.entries(least).filter(([, limit]) => limit > 0);
  return { windowMs, quantile, values, times, least: Object.fromEntries(set) };
}

/** The lists of a configuration's files, for an engine to start with or to adopt. */
export function assembleFileLists({
  system,
  catalogue,
  sections,
  blockList,
  allowList,
  watchList,
}: LoadedConfig): FileLists {
  return {
    block: new SubjectList(blockList),
    allow: new SubjectList(allowList),
    watch: new SubjectList(watchList),
    automatic: {
      ...system.lists.automatic,
      latenessMs: system.windows.allowedLatenessMs,
      bases: basesOf(catalogue, sections),
    },
  };
}

export interface AssembledCampaigns {
  readonly campaigns: LiveCampaigns;
  /** What is known of the customers that the campaigns ask about. */
  readonly customers: CustomerBook;
}

/** @throws Failure (exit code 2) on campaigns that cannot be compiled. */
export function assembleCampaigns(
  config: LoadedConfig,
  drawKey: Buffer,
  options: {
    readonly onExpressionError: (campaignId: string) => void;
    readonly log: Pick<Logger, 'warn'>;
  },
): AssembledCampaigns {
  const placeholders = new Placeholders(config.placeholders);
  const campaigns = new LiveCampaigns(config.campaigns, {
    isPlaceholder: (value) => {
      const bytes = Buffer.from(value);
      return placeholders.matches(bytes, 0, bytes.length, false);
    },
    drawKey,
    onExpressionError: options.onExpressionError,
    unpublishable: unpublishable(config),
  });
  const { readsFacts: needed, factPeriods: periods } = campaigns.compiled;
  const { maxCustomers } = config.system.reward;
  const customers = new CustomerBook({ needed, periods, maxCustomers, log: options.log });
  return { campaigns, customers };
}
