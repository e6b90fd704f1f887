/** Finds detectors: the listing of `detectors/` is the catalogue, and a file's name is the detector's. */

import { readdir } from 'node:fs/promises';
import { Failure, messageOf } from '../failure.ts';
import type { Detector, NamedDetector } from './detector.ts';

/** Beside this file in the sources and in a build alike. */
const DETECTORS = new URL('../../detectors/', import.meta.url);

const NAME = /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/;

/**
 * Loads every detector of a directory, in the order of their names.
 * @throws Failure (exit code 2) naming the file that is not a detector.
 */
export async function discoverDetectors(
  directory: URL = DETECTORS,
): Promise<readonly NamedDetector[]> {
  const files = (await readdir(directory)).filter(
    (file) => !file.endsWith('.d.ts') && !file.endsWith('.map'),
  );
  return Promise.all(files.sort().map((file) => load(directory, file)));
}

async function load(directory: URL, file: string): Promise<NamedDetector> {
  const name = file.replace(/\.(ts|js)$/, '');
  if (name === file || !NAME.test(name)) {
    throw refused(
      file,
      'a detector is one file named like-this.ts, and the folder holds nothing else',
    );
  }
  let module: { readonly default?: unknown };
  try {
    module = (await import(new URL(file, directory).href)) as typeof module;
  } catch (error) {
    throw refused(file, `it cannot be loaded: ${messageOf(error)}`, error);
  }
  const detector = module.default as Partial<Detector> | null | undefined;
  for (const part of [
    'summary',
    'cannotSee',
    'on',
    'config',
    'features',
    'measures',
    'examples',
  ] as const) {
    if (detector?.[part] === undefined) {
      throw refused(
        file,
        `its default export has no "${part}": export default defineDetector({…})`,
      );
    }
  }
  return { name, detector: detector as Detector };
}

function refused(file: string, why: string, cause?: unknown): Failure {
  return new Failure(`detectors/${file}: ${why}`, { exitCode: 2, cause });
}
