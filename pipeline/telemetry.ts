/**
 * Every metric that leaves the process, in one table, and the log. Names are a contract with dashboards.
 */

import { pino, type Logger } from 'pino';
import { Counter, Gauge, Histogram, Registry } from 'prom-client';

export type { Logger } from 'pino';

const SECONDS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10];

/** One set per process (per test): nothing is registered globally. */
export class Metrics {
  readonly registry = new Registry();
  readonly events = this.counter('sheepdog_events_total', 'Events decided, by source.', ['source']);
  readonly verdicts = this.counter('sheepdog_decisions_total', 'Decisions, by verdict.', [
    'verdict',
  ]);
  readonly findings = this.counter('sheepdog_findings_total', 'Findings, by detector and band.', [
    'detector',
    'band',
    'mode',
  ]);
  readonly duplicates = this.counter('sheepdog_duplicates_total', 'Repeated events dropped.');
  readonly lateEvents = this.counter(
    'sheepdog_late_events_total',
    'Events after the allowed lateness.',
  );
  readonly deadLetters = this.counter(
    'sheepdog_dead_letters_total',
    'Records refused, by reason.',
    ['reason'],
  );
  readonly mistakenValues = this.counter(
    'sheepdog_mistaken_values_total',
    'Values that join no events because they are none of their kind, by field.',
    ['field'],
  );
  readonly grants = this.counter('sheepdog_grants_total', 'Grants, by offer and state.', [
    'offer',
    'state',
  ]);
  readonly expressionErrors = this.counter(
    'sheepdog_expression_errors_total',
    'Expressions of campaigns that an event could not answer: what hangs on them was not given.',
    ['campaign'],
  );
  readonly ineligible = this.counter(
    'sheepdog_ineligible_total',
    'Offers that events did not qualify for, by campaign and the first reason.',
    ['campaign', 'reason'],
  );
  readonly exclusionProposals = this.counter(
    'sheepdog_exclusion_proposals_total',
    'Values that join more accounts than any honest one, by kind: a person has to look.',
    ['kind'],
  );
  readonly accountActions = this.counter(
    'sheepdog_account_actions_total',
    'Account actions, by kind.',
    ['kind'],
  );
  readonly rescored = this.counter(
    'sheepdog_rewards_rescored_total',
    'Rewards looked at again because of what came to be known, by cause and what became of them.',
    ['cause', 'outcome'],
  );
  readonly automaticFreezes = this.gauge(
    'sheepdog_automatic_freezes_hour',
    'Automatic freezes within the last hour of event time.',
  );
  readonly freezeCap = this.gauge(
    'sheepdog_automatic_freezes_cap',
    'Automatic freezes allowed within an hour of event time; 0 while they are off.',
  );
  readonly openCases = this.gauge(
    'sheepdog_open_cases',
    'Proposals, orders that want a second person and appeals that wait for people, by kind.',
    ['kind'],
  );
  readonly casesDropped = this.gauge(
    'sheepdog_cases_dropped',
    'Cases that made room for newer ones although nobody had judged them.',
  );
  readonly switchedOff = this.gauge(
    'sheepdog_switched_off',
    '1 while people have stopped an automatic action.',
    ['name'],
  );
  readonly decisionSeconds = this.histogram('sheepdog_decision_seconds', 'Arrival to decision.');
  readonly stageSeconds = this.histogram('sheepdog_stage_seconds', 'Time of a batch in a stage.', [
    'stage',
  ]);
  readonly flushSeconds = this.histogram('sheepdog_flush_seconds', 'Time to make a batch durable.');
  readonly recordRetries = this.counter('sheepdog_record_retries_total', 'Inserts tried again.');
  readonly rowsRecorded = this.counter('sheepdog_rows_recorded_total', 'Rows written, by table.', [
    'table',
  ]);
  readonly journalWaiting = this.gauge(
    'sheepdog_journal_waiting',
    'Ledger entries that are not on record yet.',
  );
  readonly bufferedRows = this.gauge('sheepdog_buffered_rows', 'Rows waiting to be durable.');
  readonly windowKeys = this.gauge('sheepdog_window_keys', 'Keys with window state.');
  readonly windowBytes = this.gauge('sheepdog_window_bytes', 'Bytes of window state.');
  readonly windowCapped = this.gauge(
    'sheepdog_window_capped',
    'Events a cap kept out of a window.',
  );
  readonly windowCutShort = this.gauge(
    'sheepdog_window_cut_short',
    'Measures that looked at the newest events of a key alone, since it has so many.',
  );
  readonly featureKeys = this.gauge(
    'sheepdog_feature_keys',
    'Keys with state beside the windows, by kind of feature; of rings accounts and values.',
    ['kind'],
  );
  readonly featureBytes = this.gauge(
    'sheepdog_feature_bytes',
    'Bytes of state beside the windows, by kind of feature.',
    ['kind'],
  );
  readonly featureCapped = this.gauge(
    'sheepdog_feature_capped',
    'What a cap kept out of the state beside the windows, by kind of feature; of rings links and texts.',
    ['kind'],
  );
  readonly watermarkSeconds = this.gauge(
    'sheepdog_watermark_seconds',
    'Largest event time seen, Unix seconds.',
  );
  readonly lag = this.gauge('sheepdog_source_lag', 'Records waiting at the source.', ['source']);
  readonly sourceUp = this.gauge('sheepdog_source_up', '1 while the source answers.', ['source']);
  readonly paused = this.gauge('sheepdog_paused', '1 while back-pressure holds the source.');
  readonly ledgerUp = this.gauge('sheepdog_ledger_up', '1 while the ledger answers.');
  readonly rewardsWaiting = this.gauge(
    'sheepdog_rewards_waiting',
    'Reward operations waiting for the ledger.',
  );
  readonly queueJobs = this.gauge('sheepdog_queue_jobs', 'Jobs of act, by state.', ['state']);
  readonly deliveries = this.counter(
    'sheepdog_deliveries_total',
    'Changes of deliveries, by kind and the state they led to.',
    ['kind', 'state'],
  );
  readonly deliveriesOpen = this.gauge(
    'sheepdog_deliveries_open',
    'Deliveries that are not acknowledged, by state.',
    ['state'],
  );
  readonly deliveriesOldestSeconds = this.gauge(
    'sheepdog_deliveries_oldest_seconds',
    'Age of the oldest delivery that is not acknowledged, by state.',
    ['state'],
  );
  readonly frozenAccounts = this.gauge('sheepdog_frozen_accounts', 'Accounts frozen now.');
  readonly secondsSinceFinding = this.gauge(
    'sheepdog_seconds_since_finding',
    'Event time since the last finding.',
  );
  readonly detectorSilence = this.gauge(
    'sheepdog_detector_seconds_since_finding',
    'Event time since the last finding, by detector.',
    ['detector'],
  );
  readonly detectorDrift = this.gauge(
    'sheepdog_detector_drift',
    '1 while a detector finds more often than its band allows, -1 while it finds less, by detector.',
    ['detector'],
  );
  readonly featuresWarming = this.gauge(
    'sheepdog_features_warming',
    'Share of its history that a feature knows, while it does not know all of it.',
    ['feature'],
  );
  readonly linesDropped = this.counter(
    'sheepdog_log_lines_dropped_total',
    'Lines of log and summary that were left out because nobody read those before.',
  );
  readonly httpRequests = this.counter('sheepdog_http_requests_total', 'Answers, by status.', [
    'route',
    'status',
  ]);
  readonly httpSeconds = this.histogram('sheepdog_http_seconds', 'Request to answer.', ['route']);
  readonly inboxSyncSeconds = this.histogram(
    'sheepdog_inbox_sync_seconds',
    'Time to write and sync a group of events that came by HTTP.',
  );
  readonly configInfo = this.gauge('sheepdog_config_info', '1 for the active configuration.', [
    'version',
  ]);
  readonly configReloads = this.counter(
    'sheepdog_config_reload_total',
    'Looks at changed configuration files, by what came of them.',
    ['result'],
  );
  readonly configRefused = this.gauge(
    'sheepdog_config_refused_seconds',
    'When a configuration was refused last, Unix seconds; 0: never.',
  );
  readonly configCanaryShare = this.gauge(
    'sheepdog_config_canary_share',
    'Share of the accounts that a configuration on trial judges; 0: none is.',
  );

  private counter<L extends string = never>(
    name: string,
    help: string,
    labelNames: readonly L[] = [],
  ): Counter<L> {
    return new Counter({ name, help, labelNames: [...labelNames], registers: [this.registry] });
  }

  private gauge<L extends string = never>(
    name: string,
    help: string,
    labelNames: readonly L[] = [],
  ): Gauge<L> {
    return new Gauge({ name, help, labelNames: [...labelNames], registers: [this.registry] });
  }

  private histogram<L extends string = never>(
    name: string,
    help: string,
    labelNames: readonly L[] = [],
  ): Histogram<L> {
    return new Histogram({
      name,
      help,
      labelNames: [...labelNames],
      buckets: SECONDS,
      registers: [this.registry],
    });
  }
}

/** What waits for a reader who has stopped reading, such as a paused pager; about a hundred thousand lines. */
const MAX_UNREAD_BYTES = 16 * 1024 * 1024;

/** Writes to a stream as long as it is read; what comes while too much waits is dropped and counted. */
export function writeUnlessUnread(
  stream: Pick<NodeJS.WriteStream, 'write' | 'writableLength'>,
  metrics: Pick<Metrics, 'linesDropped'>,
): { readonly write: (text: string) => void } {
  return {
    write: (text) => {
      if (stream.writableLength > MAX_UNREAD_BYTES) metrics.linesDropped.inc();
      else stream.write(text);
    },
  };
}

/**
 * Structured log on stderr: stdout belongs to results.
 * @param to where a line goes instead.
 */
export function createLogger(
  level: string,
  to?: { readonly write: (line: string) => void },
): Logger {
  const options = { level, base: null, timestamp: pino.stdTimeFunctions.isoTime };
  return pino(options, to ?? pino.destination(2));
}

/** For tests and runs whose log nobody reads. */
export function silentLogger(): Logger {
  return pino({ level: 'silent' });
}
