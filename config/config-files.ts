/**
 * The files of a configuration, wherever they stand: a folder, or the texts that were stored with a version.
 * One loader reads both, so that a version of the past is checked and compiled as it was then.
 */

import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { messageOf } from '../pipeline/failure.ts';
import { brokenOff, parseYaml, type YamlFile } from './yaml-file.ts';

/** A parsed entry takes a hundred times its text in memory while it is checked: a million of them ended the process. */
const MAX_YAML_CHARACTERS = 4 * 1024 * 1024;

/** Paths are below the configuration's root, with `/`. */
export interface ConfigFiles {
  /** What problems are told under: a folder as a person would name it. */
  readonly name: string;
  exists(): Promise<boolean>;
  /** Rejects, as the file system does, where there is no such file. */
  text(path: string): Promise<string>;
  /** Names of the files of a folder, in no order; none where it is not there. */
  namesIn(folder: string): Promise<readonly string[]>;
  /** Waited for between two pieces of work, where something else must have its turn. */
  pause?(): Promise<unknown>;
  /** They judged before, and are taken as they are: nobody edits them, so nobody is told what to write instead. */
  readonly areRecorded?: boolean;
  /** Sound files of an earlier reading by the name they were told under: a text that is the same is not parsed again. */
  readonly parsed?: Map<string, YamlFile>;
}

/** The files of a folder as they are at each reading. @param directory as a person names it: problems are told under it. */
export function folderFiles(directory: string): ConfigFiles {
  return {
    name: directory,
    exists: async () => (await stat(directory).catch(() => undefined))?.isDirectory() === true,
    text: (path) => readFile(join(directory, path), 'utf8'),
    namesIn: (folder) => readdir(join(directory, folder)).catch(() => []),
  };
}

/** @param texts by path, as `LoadedConfig.files` holds them. */
export function storedFiles(name: string, texts: Readonly<Record<string, string>>): ConfigFiles {
  return {
    name,
    exists: () => Promise.resolve(true),
    text: (path) =>
      Object.hasOwn(texts, path)
        ? Promise.resolve(texts[path]!)
        : Promise.reject(new Error(`ENOENT: ${name} has no file ${path}`)),
    namesIn: (folder) =>
      Promise.resolve(
        Object.keys(texts)
          .filter((path) => path.slice(0, path.lastIndexOf('/')) === folder)
          .map((path) => path.slice(folder.length + 1)),
      ),
  };
}

/** As `storedFiles`, of texts that judged before, or were checked as parts of other configurations. */
export function recordedFiles(name: string, texts: Readonly<Record<string, string>>): ConfigFiles {
  return { ...storedFiles(name, texts), areRecorded: true };
}

/** The same files, with a pause before each and before each is checked. @param parsed of an earlier reading. */
export function pacedFiles(
  files: ConfigFiles,
  pause: () => Promise<unknown>,
  parsed: Map<string, YamlFile>,
): ConfigFiles {
  const text = async (path: string): Promise<string> => {
    await pause();
    return files.text(path);
  };
  return { ...files, text, pause, parsed };
}

/** One reading of a configuration: what is read through it becomes part of the version that is stored. */
export class ConfigReading {
  readonly files: ConfigFiles;
  /** Where every problem that is found goes, as `file:line:column: message`. */
  readonly problems: string[];
  /** Every text that was read, by its path. */
  readonly texts: Record<string, string> = {};
  /** Every YAML file that was read, in that order. */
  readonly yamls: YamlFile[] = [];

  constructor(files: ConfigFiles, problems: string[] = []) {
    this.files = files;
    this.problems = problems;
  }

  /** The name by which a person finds the file. */
  nameOf(...path: readonly string[]): string {
    return join(this.files.name, ...path);
  }

  /** Names of the files of a folder that end in one of the endings, sorted; none where it is not there. */
  async namesIn(folder: string, ending: RegExp): Promise<readonly string[]> {
    return (await this.files.namesIn(folder)).filter((name) => ending.test(name)).sort();
  }

  /** Parses one file; a missing one and syntax errors are problems. */
  async yaml(...path: readonly string[]): Promise<YamlFile> {
    const name = this.nameOf(...path);
    let file: YamlFile;
    try {
      const text = await this.text(...path);
      if (text.length > MAX_YAML_CHARACTERS) {
        throw new Error(
          `${text.length} characters are more than the ${MAX_YAML_CHARACTERS} of a file; entries of long lists go in by \`sheepdog list import\``,
        );
      }
      file = await this.#parse(name, text);
    } catch (error) {
      this.problems.push(`${name}: cannot be read: ${messageOf(error)}`);
      file = brokenOff(name);
    }
    this.yamls.push(file);
    return file;
  }

  async #parse(name: string, text: string): Promise<YamlFile> {
    const known = this.files.parsed?.get(name);
    if (known?.text === text) return known;
    const file = parseYaml(name, text, this.problems);
    if (file.content !== undefined) this.files.parsed?.set(name, file);
    await this.files.pause?.();
    return file;
  }

  /** As `yaml`, but a file that is not there is undefined. */
  async optionalYaml(...path: readonly string[]): Promise<YamlFile | undefined> {
    const text = await this.optionalText(...path);
    return text === undefined ? undefined : this.yaml(...path);
  }

  /** Rejects where there is no such file. */
  async text(...path: readonly string[]): Promise<string> {
    const at = path.join('/');
    return (this.texts[at] ??= await this.files.text(at));
  }

  /** The text of a file that need not be there. */
  optionalText(...path: readonly string[]): Promise<string | undefined> {
    return this.text(...path).catch(() => undefined);
  }
}
