/** Metrics and log of what is done to accounts: who hurts many people at once must be heard. */

import type { FreezeCapNews } from './cap-news.ts';
import type { AccountAction } from '../decide/account-action.ts';
import type { FreezeState } from '../decide/freezing.ts';
import { POLICY } from '../decide/freezing.ts';
import type { Logger, Metrics } from '../telemetry.ts';

export interface TellActionsParts {
  readonly engine: { readonly freezing: FreezeState };
  readonly log: Logger;
  readonly metrics: Metrics;
}

/** @param actions of one batch or order; those of people are log lines, all are counted. */
export function tellActions(
  { engine: { freezing }, log, metrics }: TellActionsParts,
  capNews: FreezeCapNews,
  actions: readonly AccountAction[],
): void {
  for (const { id, kind, accountId, actor, reason, detail } of actions) {
    metrics.accountActions.inc({ kind });
    if (actor !== POLICY) log.info({ actionId: id, kind, accountId, actor, reason }, 'case work');
    if (kind === 'switch')
      log.warn({ actor, reason, to: detail }, 'an automatic action was switched');
  }
  const { automatic, perHour } = freezing.settings;
  const isOn = automatic && freezing.cases.isOn('freezing') && freezing.cases.isOn('blocking');
  capNews.tell(log, isOn ? perHour : undefined, actions);
}

/** What the log has been told of. */
export interface ToldCases {
  /** Cases that made room. */
  dropped: number;
}

/** Sets the gauges; a line is logged when cases have made room since the last time. */
export function gaugeCases(
  { engine: { freezing }, log, metrics, told }: TellActionsParts & { readonly told: ToldCases },
  watermarkMs: number,
  rewardProposals: number,
): void {
  const { cases, settings } = freezing;
  const isOn = settings.automatic && cases.isOn('freezing') && cases.isOn('blocking');
  metrics.frozenAccounts.set(freezing.size);
  metrics.automaticFreezes.set(freezing.automaticWithin(watermarkMs));
  metrics.freezeCap.set(isOn ? settings.perHour : 0);
  for (const [kind, open] of Object.entries({ ...cases.open, reward: rewardProposals })) {
    metrics.openCases.set({ kind }, open);
  }
  metrics.casesDropped.set(cases.dropped);
  if (cases.dropped > told.dropped) {
    const open = { ...cases.open };
    log.warn(
      { dropped: cases.dropped - told.dropped, open },
      'open cases made room for newer ones',
    );
    told.dropped = cases.dropped;
  }
  for (const name of ['freezing', 'blocking'] as const) {
    metrics.switchedOff.set({ name }, Number(!cases.isOn(name)));
  }
}
