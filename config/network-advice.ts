/** Entries of shared networks that say something else than whoever wrote them believes. */

import { z } from 'zod';
import { rangeNamedBy } from '../pipeline/detect/address-range.ts';
import type { NamedDetector } from '../pipeline/detect/detector.ts';
import type { ConfigReading } from './config-files.ts';
import type { YamlFile } from './yaml-file.ts';

/** What is wrong with the rest of an entry is told by the detectors that read it. */
const networks = z.array(
  z.looseObject({
    cidr: z.string().optional(),
    asn: z.number().optional(),
    bands: z.record(z.string(), z.record(z.string(), z.number())).default({}),
  }),
);

/** The list whose entries have limits, in its file and in sections that name their own. */
export function doubtfulNetworks(
  reading: Pick<ConfigReading, 'yamls' | 'nameOf'>,
  detectors: readonly NamedDetector[],
): string[] {
  const problems = detectors.flatMap(({ name, detector: { lists = {} } }) =>
    Object.entries(lists).flatMap(([setting, list]) => {
      if (list !== 'shared-networks') return [];
      const find = (...path: string[]): YamlFile | undefined =>
        reading.yamls.find((file) => file.path === reading.nameOf(...path));
      return [
        ...problemsAt(find('lists', `${list}.yaml`), ['networks']),
        ...problemsAt(find('detectors.yaml'), [name, setting]),
      ];
    }),
  );
  // Several detectors may read one list.
  return [...new Set(problems)];
}

function problemsAt(file: YamlFile | undefined, path: readonly string[]): string[] {
  const written = path.reduce<unknown>(
    (content, key) => (content as Readonly<Record<string, unknown>> | null | undefined)?.[key],
    file?.content,
  );
  const { data = [] } = networks.safeParse(written);
  const taken = new Set<string>();
  return data.flatMap(({ cidr = '', asn, bands }, index) => {
    const tell = (key: string, message: string): string => {
      const at = [...path, index, key];
      return `${file!.locate(at)}: ${at.join('.')}: ${message}`;
    };
    const problems: string[] = [];
    // Left without limits, one line would stop judging by addresses for the customers of half a country.
    if (
      asn !== undefined &&
      Object.keys({ ...bands['accounts'], ...bands['newAccounts'] }).length === 0
    ) {
      problems.push(
        tell(
          'bands',
          'an operator has no limits unless they are written: write bands.accounts or bands.newAccounts, such as newAccounts: { review: 200 }',
        ),
      );
    }
    const name = asn === undefined ? (rangeNamedBy(cidr)?.text ?? cidr) : `AS${asn}`;
    // The limits of one of them would silently hold for both.
    if (taken.has(name)) {
      problems.push(tell(asn === undefined ? 'cidr' : 'asn', `${name} stands here twice`));
    }
    taken.add(name);
    return problems;
  });
}
