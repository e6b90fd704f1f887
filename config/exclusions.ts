/** Reads lists/exclusions.yaml, and the networks whose addresses never link accounts. */

import { z } from 'zod';
import {
  asRead,
  unknownValue,
  EXCLUSION_KINDS,
  type Exclusion,
  type ExclusionFile,
} from '../pipeline/detect/exclusion.ts';
import { rangeNamedBy } from '../pipeline/detect/address-range.ts';
import { valueProblem } from '../pipeline/decide/list-entry.ts';
import { asn, cidr } from '../pipeline/detect/networks.ts';
import {
  misnamedBands,
  ownBands,
  unmeasuredBands,
  type Limited,
} from '../pipeline/detect/own-bands.ts';
import type { ConfigReading } from './config-files.ts';
import { check } from './yaml-file.ts';

const exclusion = z.strictObject({
  value: z.string().trim().min(1),
  reason: z.string().min(1),
  author: z.string().min(1),
  /** The first instant at which the exclusion no longer holds; left out: it holds for ever. */
  expires: z.iso.datetime({ offset: true }).optional(),
  /** Own limits: detector → measure → bands; what is left out reaches no band. */
  bands: ownBands.optional(),
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
  asns: z
    .never(
      'an operator is a shared network with limits of its own: write it into lists/shared-networks.yaml as asn',
    )
    .optional(),
});

type ExclusionKinds = z.output<typeof exclusionsSchema>;

/** Detector same-ip reads the rest of that file, and tells what is wrong with it. */
const networksSchema = z.looseObject({
  networks: z.array(
    z.looseObject({ cidr: cidr.optional(), asn: asn.optional(), reason: z.string() }),
  ),
});

/** @param areRecorded whether they judged before, so that only what makes no sense is told. */
function checkedAgainst(limited: Limited, areRecorded: boolean): z.ZodType<ExclusionKinds> {
  return exclusionsSchema.check(({ value: kinds, issues }) => {
    for (const kind of EXCLUSION_KINDS) {
      const taken = new Set<string>();
      for (const [index, { value, bands: own = {} }] of kinds[kind].entries()) {
        const tell = (path: readonly string[], message: string): void => {
          issues.push({ code: 'custom', message, path: [kind, index, ...path], input: kinds });
        };
        for (const { path, message } of misnamedBands(own, limited))
          tell(['bands', ...path], message);
        if (areRecorded) continue;
        for (const { path, message } of unmeasuredBands(own, limited))
          tell(['bands', ...path], message);
        const unknown = unknownValue({ kind, value });
        if (unknown !== undefined) tell(['value'], unknown);
        const read = asRead({ kind, value });
        const isPlain = kind === 'ips' && !read.includes('%');
        const name = isPlain ? (rangeNamedBy(read)?.text ?? read) : read;
        // The limits of one of them would silently hold for both.
        if (taken.has(name)) tell(['value'], `${read} stands here twice`);
        taken.add(name);
      }
    }
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
      : check(
          await reading.yaml('lists', exclusions),
          checkedAgainst(limited, reading.files.areRecorded === true),
          reading.problems,
        );
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
        ? shared.data.networks.map(({ cidr: range, asn: number, reason }) =>
            number === undefined ? { cidr: range, reason } : { asn: number, reason },
          )
        : [],
  };
}
