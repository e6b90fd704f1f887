/** A running worker takes up changes of its folder: written, linked as a ConfigMap does, or asked for by a signal. */

import { cp, mkdir, readFile, rename, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import type { ConfigStatus } from '../../pipeline/reload/config-status.ts';
import { configWith, endAll, newFolder, run, startIn, type Cli } from '../support/cli.ts';

afterAll(endAll);

const BANDS = 'payments: { review: 8, block: 20, conclusive: 40 }';

async function statusOf(address: string): Promise<ConfigStatus> {
  return (await (await fetch(`${address}/v1/config`)).json()) as ConfigStatus;
}

/** The status once it passes. */
function until(
  worker: Cli,
  address: string,
  passes: (status: ConfigStatus) => boolean,
): Promise<ConfigStatus> {
  return worker.until(async () => {
    const status = await statusOf(address);
    return passes(status) ? status : undefined;
  });
}

async function edit(folder: string, from: string, to: string): Promise<void> {
  const path = join(folder, 'detectors.yaml');
  const text = await readFile(path, 'utf8');
  expect(text).toContain(from);
  // Linked in whole: a file that is written in place may be read while it is empty.
  const whole = join(await newFolder(), 'detectors.yaml');
  await writeFile(whole, text.replace(from, to));
  await rename(whole, path);
}

test('an edit judges, a bad one is refused and shown, SIGHUP asks again, and a word goes back', async () => {
  const config = await configWith({});
  const data = await newFolder();
  const worker = startIn(data, ['--config', config]);
  const address = await worker.ready();
  const first = await statusOf(address);

  await edit(config, BANDS, 'payments: { review: 7 }');
  const second = await until(worker, address, ({ version }) => version !== first.version);
  expect(second).toMatchObject({ actor: 'watch', needsRestart: [] });

  await edit(config, 'payments: { review: 7 }', 'payments: [');
  const refused = await until(worker, address, (status) => status.refused !== undefined);
  expect(refused.version).toBe(second.version);
  const shown = await run(['config', 'show', '--data', data, '--config', config]);
  expect(shown.stdout).toContain(`running:\n  version: ${second.version}`);
  expect(shown.stdout).toContain('refused:');
  expect(shown.code).toBe(2);

  await edit(config, 'payments: [', 'payments: { review: 7 }');
  await until(worker, address, (status) => status.refused === undefined);
  process.kill(worker.pid, 'SIGHUP');
  const back = await run(['config', 'rollback', '--data', data, '--reason', 'tried it']);
  expect(back.stdout).toContain(`${second.version} is rolled back: ${first.version} judges once`);
  await until(worker, address, ({ version }) => version === first.version);
  expect((await worker.stop()).code).toBe(0);
});

test('a generation that is linked in, as Kubernetes does, judges', async () => {
  const shipped = await configWith({});
  const mounted = await newFolder();
  const generation = async (name: string): Promise<void> => {
    await cp(shipped, join(mounted, name), { recursive: true });
    await symlink(name, join(mounted, `${name}.link`));
    await rename(join(mounted, `${name}.link`), join(mounted, '..data'));
  };
  await mkdir(join(mounted, '..one'), { recursive: true });
  await generation('..one');
  for (const name of ['sheepdog.yaml', 'detectors.yaml', 'lists', 'rules', 'campaigns']) {
    await symlink(join('..data', name), join(mounted, name));
  }
  const worker = startIn(await newFolder(), ['--config', mounted]);
  const address = await worker.ready();
  const { version } = await statusOf(address);
  await edit(shipped, BANDS, 'payments: { review: 7 }');
  await generation('..two');
  const after = await until(worker, address, (status) => status.version !== version);
  expect(after.refused).toBeUndefined();
});
