/** Reads config/detectors.yaml and the lists that detectors name, checked whole, every error located. */

import { z } from 'zod';
import type { NamedDetector } from '../pipeline/detect/detector.ts';
import { detectorsSchema, type Sections } from '../pipeline/detect/section.ts';
import type { ConfigReading } from './config-files.ts';
import { check } from './yaml-file.ts';

/** @returns the parsed sections by detector, or undefined when there were problems. */
export async function readDetectorSections(
  reading: ConfigReading,
  detectors: readonly NamedDetector[],
): Promise<Sections | undefined> {
  const { problems } = reading;
  const before = problems.length;
  const main = await reading.yaml('detectors.yaml');
  const raw = isMapping(main.content) ? { ...main.content } : (main.content ?? {});
  for (const { name, detector } of detectors) {
    for (const [setting, file] of Object.entries(detector.lists ?? {})) {
      const list = await reading.yaml('lists', `${file}.yaml`);
      const schema = z.strictObject({ networks: detector.config.shape[setting] as z.ZodType });
      // Several detectors may read one list; its mistakes are told once.
      const wrong: string[] = [];
      if (check(list, schema, wrong) !== undefined) fill(raw, name, setting, list.content);
      problems.push(...wrong.filter((problem) => !problems.includes(problem)));
    }
  }
  const sections = check({ ...main, content: raw }, detectorsSchema(detectors), problems);
  return problems.length > before ? undefined : sections;
}

/** Puts a list's entries into the section, unless the section names its own. A wrong section is told elsewhere. */
function fill(raw: unknown, name: string, setting: string, list: unknown): void {
  if (!isMapping(raw) || !isMapping(list)) return;
  const section = raw[name] ?? {};
  if (!isMapping(section) || setting in section) return;
  raw[name] = { ...section, [setting]: list['networks'] };
}

function isMapping(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
