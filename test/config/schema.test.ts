import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { systemSchema } from '../../config/schema.ts';

const read = (path: string): unknown =>
  parse(readFileSync(new URL(`../../config/${path}`, import.meta.url), 'utf8'));
const defaults = systemSchema.parse({});

/** Every setting of a file by its dotted name. */
function settingsOf(value: unknown, name = ''): Map<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return new Map([[name, value]]);
  }
  return new Map(
    Object.entries(value).flatMap(([key, child]) => [
      ...settingsOf(child, name === '' ? key : `${name}.${key}`),
    ]),
  );
}

describe('the shipped configuration of the running', () => {
  it('holds the defaults, as it says', () => {
    expect(systemSchema.parse(read('sheepdog.yaml'))).toEqual(defaults);
  });

  it('differs for the cluster only where the worker listens, whom a change meets first and where dead letters go', () => {
    const cluster = settingsOf(read('cluster/sheepdog.yaml'));
    expect([...cluster.keys()]).toEqual(['http.host', 'rollout.share', 'kafka.deadLetterTopic']);
    expect(systemSchema.parse(read('cluster/sheepdog.yaml'))).toEqual({
      ...defaults,
      http: { ...defaults.http, host: '0.0.0.0' },
      rollout: { ...defaults.rollout, share: 0.05 },
      kafka: { ...defaults.kafka, deadLetterTopic: 'payments.dead-letters' },
    });
  });

  it('lets an automatic freeze end after a week, or never when it says so', () => {
    expect(defaults.freezing.expiresAfterMs).toBe(7 * 86_400_000);
    const never = systemSchema.parse({ freezing: { expiresAfterMs: 'never' } });
    expect(never.freezing.expiresAfterMs).toBeUndefined();
  });

  it('says what is too long for what in lengths that differ as they do', () => {
    const settings = { windows: { allowedLatenessMs: '36h' }, hubs: { window: '25h' } };
    const [issue] = systemSchema.safeParse(settings).error!.issues;
    expect(issue!.message).toMatch(
      /^hubs\.window \(25h\) must .* windows\.allowedLatenessMs \(36h\): /,
    );
  });

  it('takes no event so far ahead that it could make all present ones late', () => {
    expect(defaults.ingest.maxFutureMs).toBeLessThan(defaults.windows.allowedLatenessMs);
  });
});
