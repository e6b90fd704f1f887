/** `config_versions`: every configuration that was ever active, whole, under its content hash. */

import type { RowWriter } from '../row-writer.ts';
import { defineTable, instant, text, textMap } from '../table.ts';

export const configVersions = defineTable('config_versions', {
  version: text,
  files: textMap,
  activated_at: instant,
});

export interface ConfigVersion {
  readonly version: string;
  /** Path → content. */
  readonly files: Readonly<Record<string, string>>;
  readonly activatedAtMs: number;
}

export function encodeConfigVersion(out: RowWriter, config: ConfigVersion): void {
  configVersions.encode(out, {
    version: config.version,
    files: config.files,
    activated_at: config.activatedAtMs,
  });
}
