import type { App } from '@baton/core';
import { assembleApp, chooseEnvironment } from './app/index.ts';
import { type ReadFiles, readFiles } from './read-files.ts';
import { Problems } from './source/index.ts';

export interface LoadAppOptions {
  /** Path of baton.yaml. */
  readonly file: string;
  /** Which environment is meant; it may be left out where only one is declared. */
  readonly environment?: string;
  /** Variables of the shell; they win over those of `.env`. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The command line so far, for the line to copy where an environment must be named. */
  readonly command?: string;
}

/**
 * Reads baton.yaml and the compose files that it names into one app for one environment. Nothing is written.
 * @throws BatonError `config-missing`, `config-invalid` (every fault with its place), `environment-unknown`,
 * `environment-required`
 */
export function loadApp(options: LoadAppOptions): App {
  const problems = new Problems();
  const read = readFiles(options, problems);
  const environmentName = environmentOf(options, read, problems);
  const app = assembleApp({ ...read, environmentName, problems });
  problems.throwIfAny();
  return app;
}

/**
 * The environments that a baton.yaml declares, for completion and for commands that go over all of them.
 * @throws BatonError `config-missing`, `config-invalid`
 */
export function readEnvironments(options: Omit<LoadAppOptions, 'environment'>): readonly string[] {
  const problems = new Problems();
  const { file } = readFiles(options, problems);
  problems.throwIfAny();
  return file.environmentNames;
}

function environmentOf(options: LoadAppOptions, read: ReadFiles, problems: Problems): string {
  const { command = 'baton plan', environment: asked } = options;
  const { environmentNames: declared, source } = read.file;
  if (declared.length === 0) throw problems.toError();
  try {
    return chooseEnvironment({ asked, declared, file: source.file, command });
  } catch (error) {
    // Faults in the files come first: they hold for every environment.
    problems.throwIfAny();
    throw error;
  }
}
