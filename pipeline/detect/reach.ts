/** A measure that reached a band, and how that is told as a finding. */

import type { Finding } from '../decide/decision.ts';
import type { EventView } from '../event.ts';
import { keyColumn } from '../event-fields.ts';
import type {
  Bands,
  Detector,
  Evidence,
  FeatureValues,
  Measure,
  MeasureError,
} from './detector.ts';
import type { ExclusionRegistry } from './exclusion.ts';
import type { Screen } from './feature-columns.ts';
import { lenientBands, type HubGuard, type Lenience } from './hub.ts';
import type { Section } from './section.ts';
import type { SharedField } from './shared-value.ts';

/** One armed measure. All are of one shape, so that the loop over them stays fast. */
export interface Armed {
  readonly of: Measure['of'];
  readonly features: FeatureValues<string>;
  readonly config: Section;
  /** 1 when larger is worse, −1 when smaller is. */
  readonly sign: number;
  /** The weakest band that holds for anybody, times the sign: nothing below it needs a second look. */
  reach: number;
  /** What `reach` is where no excluded value has a weaker limit of its own. */
  readonly usualReach: number;
  /** Spares most calls of `of`. */
  readonly screen: Screen;
  readonly name: string;
  readonly measure: Measure;
  readonly bands: Bands;
  /** The fields that its findings are about, where their values can be shared. */
  readonly shared: readonly SharedField[];
  readonly detectorName: string;
  readonly detector: Detector;
  /** A source shows what one of its features was measured on. */
  readonly isExplained: boolean;
}

/** A measure that reached a band, before it is told as a finding. */
export interface Reached {
  readonly armed: Armed;
  readonly value: number;
  /** Index in LEVELS, or −1 when the measure could not be taken. */
  readonly level: number;
  readonly threshold: number;
  readonly error: MeasureError | undefined;
  readonly lenience: Lenience | undefined;
}

/** What an engine has beside its configuration. */
export interface Surroundings {
  readonly exclusions: ExclusionRegistry;
  /** What a feature source has to show of the event of a row; undefined: nothing. */
  explain(row: number): Evidence | undefined;
}

const LEVELS = ['review', 'block', 'conclusive'] as const;

/**
 * The worst band that the value reached, under the event's own bands where it has any. Where the subject is
 * missing or a placeholder there is nobody to suspect, even if a band of 0 is reached by an empty window.
 */
export function weigh(
  armed: Armed,
  value: number,
  event: EventView,
  guard: HubGuard | undefined,
): Reached | undefined {
  const { batch, row } = event;
  const at = keyColumn(armed.measure.subject) * batch.capacity + row;
  if (batch.keyLo[at] === 0 && batch.keyHi[at] === 0) return undefined;
  const given = armed.measure.bandsFor?.(event, armed.config);
  // Who gave a network limits of its own has said how many are usual there.
  const byHubs = given === undefined && armed.measure.countsNew !== true;
  const lenience = guard?.about(event, armed.shared, byHubs);
  const bands = lenientBands(lenience, armed.detectorName, armed.name, given ?? armed.bands);
  for (let level = LEVELS.length - 1; level >= 0; level--) {
    const threshold = bands[LEVELS[level]!];
    if (threshold !== undefined && armed.sign * value >= armed.sign * threshold) {
      const tempered = level > 0 && lenience?.reviewAtMost === true;
      // A finding that would have reviewed anyway owes nothing to the lenience.
      const owed = lenience?.reviewAtMost === true && !tempered ? undefined : lenience;
      const told = tempered ? 0 : level;
      return { armed, value, level: told, threshold, error: undefined, lenience: owed };
    }
  }
  return undefined;
}

/** One finding a detector: its measure that reached the worst band; among equals the one declared first. */
export function tell(
  reached: readonly Reached[],
  event: EventView,
  surroundings: Surroundings | undefined,
): readonly Finding[] {
  const findings: Finding[] = [];
  let from = 0;
  while (from < reached.length) {
    const { detectorName } = reached[from]!.armed;
    let to = from;
    let worst = reached[from]!;
    while (to < reached.length && reached[to]!.armed.detectorName === detectorName) {
      if (reached[to]!.level > worst.level) worst = reached[to]!;
      to++;
    }
    findings.push(findingOf(worst, reached.slice(from, to), event, surroundings));
    from = to;
  }
  return findings;
}

function findingOf(
  worst: Reached,
  all: readonly Reached[],
  event: EventView,
  surroundings: Surroundings | undefined,
): Finding {
  const { armed, value, level, threshold } = worst;
  const { config, measure } = armed;
  return {
    detector: armed.detectorName,
    mode: config.mode === 'shadow' ? 'shadow' : 'live',
    band: level === -1 ? 'error' : level === 0 ? 'review' : 'block',
    conclusive: level === 2,
    measure: value,
    threshold,
    unit: measure.unit,
    windowMs: measure.windowMs(config),
    subject: measure.subject,
    subjectValue: event[measure.subject] ?? '',
    evidence: evidenceOf(worst, all, event, surroundings),
  };
}

/** Written for objects of few keys that are made at every suspicious event. */
function evidenceOf(
  { armed, error, lenience }: Reached,
  all: readonly Reached[],
  event: EventView,
  surroundings: Surroundings | undefined,
): Evidence {
  const { detector, config, features } = armed;
  const evidence: Record<string, Evidence[string]> = { measure: armed.name };
  let others = '';
  for (const one of all) {
    if (one.armed !== armed) others += `${others === '' ? '' : ', '}${one.armed.name}`;
  }
  if (others !== '') evidence['alsoReached'] = others;
  if (error !== undefined) evidence['error'] = error.message;
  const details = error === undefined ? detector.evidence?.(event, features, config) : undefined;
  for (const name in details) {
    const value = details[name]!;
    // An absent feature is no evidence, and NaN has no place in JSON.
    if (!Number.isNaN(value)) evidence[name] = value;
  }
  const explained = armed.isExplained ? surroundings?.explain(event.row) : undefined;
  return Object.assign(evidence, explained, lenience?.evidence);
}
