/** Reads lists/exclusions.yaml, and the networks whose addresses never link accounts. */

import { z } from 'zod';
import {
  EXCLUSION_KINDS,
  type Exclusion,
  type ExclusionFile,
  type OwnBands,
} from '../pipeline/detect/exclusion.ts';
import { valueProblem } from '../pipeline/decide/list-entry.ts';
import type { NamedDetector } from '../pipeline/detect/detector.ts';
import { cidr } from '../pipeline/detect/networks.ts';
import { wrongBands, type Sections } from '../pipeline/detect/section.ts';
import type { ConfigReading } from './config-files.ts';
import { check } from './yaml-file.ts';

const limit = z.number().min(0).optional();
const bands = z.strictObject({ review: limit, block: limit, conclusive: limit });

const exclusion = z.strictObject({
  value: z.string().trim().min(1),
  reason: z.string().min(1),
  author: z.string().min(1),
  /** The first instant at which the exclusion no longer holds; left out: it holds for ever. */
  expires: z.iso.datetime({ offset: true }).optional(),
  /** Own limits: detector → measure → bands; what is left out reaches no band. */
  bands: z.record(z.string(), z.record(z.string(), bands)).optional(),
});

/** Of addresses, a range too. */
const addressExclusion = exclusion.check(({ value: { value }, issues }) => {
  const problem = valueProblem('ips', value);
  if (problem === undefined) return;
  issues.push({ code: 'custom', message: problem, path: ['value'], input: value });
});

export const exclusionsSchema = z.strictObject({
  devices: z.array(exclusion).default([]),
  cards: z.array(exclusion).default([]),
  ips: z.array(addressExclusion).default([]),
  merchants: z.array(exclusion).default([]),
  phones: z.array(exclusion).default([]),
  payees: z.array(exclusion).default([]),
  inviters: z.array(exclusion).default([]),
});

type ExclusionKinds = z.output<typeof exclusionsSchema>;

/** Detector same-ip reads the rest of that file, and tells what is wrong with it. */
const networksSchema = z.looseObject({
  networks: z.array(z.looseObject({ cidr, reason: z.string() })),
});

/** What the own limits of exclusions may name. */
export interface Limited {
  readonly catalogue: readonly NamedDetector[];
  /** Those of detectors whose settings were wrong are left out, and their bands are not looked at. */
  readonly sections: Sections;
}

interface Misnamed {
  readonly path: readonly (string | number)[];
  readonly message: string;
}

/** What is left out reaches no band: a name that nothing has would exempt the value from everything. */
function checkedAgainst(limited: Limited): z.ZodType<ExclusionKinds> {
  return exclusionsSchema.check(({ value: kinds, issues }) => {
    const wrong = EXCLUSION_KINDS.flatMap((kind) =>
      kinds[kind].flatMap(({ bands: own = {} }, index) =>
        Object.entries(own).flatMap(([name, measures]) =>
          misnamed([kind, index, 'bands', name], name, measures, limited),
        ),
      ),
    );
    for (const { path, message } of wrong) {
      issues.push({ code: 'custom', message, path: [...path], input: kinds });
    }
  });
}

function misnamed(
  path: Misnamed['path'],
  name: string,
  own: OwnBands[string],
  { catalogue, sections }: Limited,
): Misnamed[] {
  const detector = catalogue.find((each) => each.name === name)?.detector;
  if (detector === undefined) return [{ path, message: `there is no detector or rule ${name}` }];
  const section = sections[name];
  return Object.entries(own).flatMap(([measureName, limits]): Misnamed[] => {
    const at = [...path, measureName];
    const measure = detector.measures[measureName];
    if (measure === undefined) {
      const known = Object.keys(detector.measures).join(', ');
      return [{ path: at, message: `${name} measures no ${measureName}: write one of ${known}` }];
    }
    if (section === undefined) return [];
    return wrongBands(measure, limits, section).map(({ band, message }) => ({
      path: [...at, band],
      message,
    }));
  });
}

/** A folder without the files excludes nothing. Problems are added to the reading's. */
export async function readExclusions(
  reading: ConfigReading,
  limited: Limited,
): Promise<ExclusionFile> {
  const [exclusions] = await reading.namesIn('lists', /^exclusions\.yaml$/);
  const file =
    exclusions === undefined
      ? undefined
      : check(await reading.yaml('lists', exclusions), checkedAgainst(limited), reading.problems);
  const [networks] = await reading.namesIn('lists', /^shared-networks\.yaml$/);
  const shared =
    networks === undefined
      ? undefined
      : networksSchema.safeParse((await reading.yaml('lists', networks)).content);
  return {
    entries:
      file === undefined
        ? []
        : EXCLUSION_KINDS.flatMap((kind) =>
            file[kind].map(({ value, reason, author, expires, bands: own }): Exclusion => ({
              kind,
              value,
              reason,
              author,
              expiresAtMs: expires === undefined ? undefined : Date.parse(expires),
              ...(own === undefined ? {} : { bands: own }),
            })),
          ),
    sharedNetworks:
      shared?.success === true
        ? shared.data.networks.map(({ cidr: range, reason }) => ({ cidr: range, reason }))
        : [],
  };
}
