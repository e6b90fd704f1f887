/** Reads config/detectors.yaml and the lists that detectors name, checked whole, every error located. */

import { join } from 'node:path';
import { z } from 'zod';
import type { NamedDetector } from '../pipeline/detect/detector.ts';
import { detectorsSchema, type Sections } from '../pipeline/detect/section.ts';
import { check, readYaml, type YamlFile } from './yaml-file.ts';

export interface DetectorSections {
  /** Parsed sections by detector, or undefined when there were problems. */
  readonly sections: Sections | undefined;
  /** Every file that was read, for the configuration's version. */
  readonly files: readonly YamlFile[];
}

/**
 * @param directory the configuration folder.
 * @param problems every error found is added, as `file:line:column: message`.
 */
export async function readDetectorSections(
  directory: string,
  detectors: readonly NamedDetector[],
  problems: string[],
): Promise<DetectorSections> {
  const before = problems.length;
  const main = await readYaml(join(directory, 'detectors.yaml'), problems);
  const files = [main];
  const raw = isMapping(main.content) ? { ...main.content } : (main.content ?? {});
  for (const { name, detector } of detectors) {
    for (const [setting, file] of Object.entries(detector.lists ?? {})) {
      const list = await readYaml(join(directory, 'lists', `${file}.yaml`), problems);
      files.push(list);
      const schema = z.strictObject({ networks: detector.config.shape[setting] as z.ZodType });
      if (check(list, schema, problems) !== undefined) fill(raw, name, setting, list.content);
    }
  }
  const sections = check({ ...main, content: raw }, detectorsSchema(detectors), problems);
  return { sections: problems.length > before ? undefined : sections, files };
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
